import type { Placement, TraceEvent } from '../../traces/trace';
import type { PerformedRows } from '../replay/block-rows';
import type { Past } from '../machine/past';
import type { ReplayObserver, ReplayState } from '../replay/replay';
import type { Stack } from '../replay/stack';
import { seeHeap, type HeapSight } from './checkpoints';
import { HeapWalkRecorder } from './heap-walk';
import type { LookedFor, SecondLook } from './second-look';

/**
 * What it takes to look at moments of a replay that is over, on an engine whose memory can be put back: the moment
 * after every operation, and the block that it placed. It comes to the same as another pass.
 */
export class HeapHistory implements ReplayObserver {
  /** By event; −1 where it did not reach the engine. */
  private readonly moments: Int32Array;
  private readonly placements: Float64Array;
  private readonly sizes: Float64Array;
  private readonly aligns: Float64Array;

  /** @param events how many there will be */
  constructor(
    private readonly stack: Stack,
    private readonly past: Past,
    events: number,
  ) {
    this.moments = new Int32Array(events).fill(-1);
    this.placements = new Float64Array(events);
    this.sizes = new Float64Array(events);
    this.aligns = new Float64Array(events);
  }

  operation({ eventIndex }: ReplayState, event: TraceEvent, placement: Placement): void {
    this.moments[eventIndex] = this.past.now ?? -1;
    this.placements[eventIndex] = placement;
    this.sizes[eventIndex] = event.size;
    this.aligns[eventIndex] = event.align;
  }

  performed(_state: ReplayState, rows: PerformedRows, from: number, until: number): void {
    const { moments, past } = this;
    const first = rows.firstEvent;
    for (let row = from; row < until; row++) {
      moments[first + row] = past.after(row);
    }
    this.placements.set(rows.placements.subarray(from, until), first + from);
    this.sizes.set(rows.sizes.subarray(from, until), first + from);
    this.aligns.set(rows.aligns.subarray(from, until), first + from);
  }

  /** Whether the past has been kept as a whole. */
  get isWhole(): boolean {
    return this.past.now !== undefined;
  }

  /** What another pass would see. */
  lookBack({ operations, walkAt, lastOperation }: LookedFor): SecondLook {
    const { stack, past, moments, placements, sizes, aligns } = this;
    const walker = walkAt && new HeapWalkRecorder(walkAt);
    const sights = new Map<number, HeapSight | null>();
    for (let event = 0; event <= lastOperation; event++) {
      if (moments[event]! < 0) {
        continue;
      }
      past.standAt(moments[event]!);
      const placement = placements[event]! as Placement;
      walker?.step(event, stack.engine, placement, sizes[event]!, aligns[event]!);
      if (event === operations[sights.size]) {
        stack.machine.ledger.recount();
        sights.set(event, seeHeap(stack));
      }
    }
    return { sights, heapWalk: walker?.finish() ?? null };
  }
}
