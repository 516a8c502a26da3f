import type { Placement, TraceEvent } from '../../traces/trace';
import type { PerformedRows } from '../replay/block-rows';
import type { EnginePast } from '../replay/port';
import type { ReplayObserver, ReplayState } from '../replay/replay';
import type { Stack } from '../replay/stack';
import { HeapWalkRecorder, type HeapWalk } from './heap-walk';

/**
 * What a walk of the heap takes that is made when the replay is over, on an engine whose memory can be put back: the
 * moment after every operation, and the block that it placed. It comes to the same as a walk in another pass.
 */
export class HeapHistory implements ReplayObserver {
  /** By event; −1 where it did not reach the engine. */
  private readonly moments: Int32Array;
  private readonly placements: Float64Array;

  /** @param events how many there will be */
  constructor(
    private readonly stack: Stack,
    private readonly past: EnginePast,
    events: number,
  ) {
    this.moments = new Int32Array(events).fill(-1);
    this.placements = new Float64Array(events);
  }

  operation({ eventIndex }: ReplayState, _event: TraceEvent, placement: Placement): void {
    this.moments[eventIndex] = this.past.now ?? -1;
    this.placements[eventIndex] = placement;
  }

  performed(_state: ReplayState, rows: PerformedRows, from: number, until: number): void {
    const { moments, placements, past } = this;
    for (let row = from; row < until; row++) {
      moments[rows.firstEvent + row] = past.after(row);
      placements[rows.firstEvent + row] = rows.placements[row]!;
    }
  }

  /** Undefined where the past has not been kept as a whole. */
  walk(
    pinned: ReadonlySet<number>,
    lastOperation: number,
  ): { readonly heapWalk: HeapWalk | null } | undefined {
    const { stack, past, moments, placements } = this;
    if (past.now === undefined) {
      return undefined;
    }
    const recorder = new HeapWalkRecorder(pinned);
    for (let event = 0; event <= lastOperation; event++) {
      if (moments[event]! >= 0) {
        past.standAt(moments[event]!);
        recorder.step(event, stack.engine, placements[event]! as Placement, 0, 0);
      }
    }
    return { heapWalk: recorder.finish() };
  }
}
