import { BUG, isBlock, isVirtual, NOTHING, NULL, OP_NAMES, VIRTUAL_BASE, ZERO } from '../../traces/trace';
import type { OpName, Placement, TraceEvent } from '../../traces/trace';
import { isEngineFailure } from '../machine/failures';
import { HEAP_BASE } from '../machine/memory-layout';
import type { ReplayObserver, ReplayState } from '../replay/replay';
import { momentOf, type FootprintMoment } from './footprint';
import { SurveyBuilder, type HeapSurvey } from './fragmentation';
import { HeapMapRecorder, type HeapMap } from './heap-map';

/** A sampled moment of a replay. */
export interface Checkpoint extends FootprintMoment {
  /** Null when the heap was not surveyed, or was too broken to be walked. */
  readonly survey: HeapSurvey | null;
}

/** One of the operations that led to the first failed allocation. */
export interface RecentOperation {
  readonly operation: number;
  readonly op: OpName;
  readonly id: number;
  readonly sizeBytes: number;
  /** As in placements files: `0x…` heap offset, `v:0x…` virtual offset, `NULL`, `ZERO`, `BUG`, `-`. */
  readonly returned: string;
}

/** How many operations before the first failed allocation are kept, itself included. */
const RECENT_OPERATIONS = 10;

/**
 * Surveys the heap at operations chosen beforehand. Walking the heap is dear and which moments matter (the peak, the
 * thinned-out checkpoints) is known only after a replay, so a second, unpriced pass does it: exactly there, once each.
 */
export class CheckpointSurveyor implements ReplayObserver {
  private readonly checkpoints: Checkpoint[] = [];
  private readonly recent: RecentOperation[] = [];
  private readonly heapMap = new HeapMapRecorder();
  private next = 0;

  /**
   * @param operations event indices to stop at, ascending
   * @param firstFailure index of the first failed allocation
   */
  constructor(
    private readonly operations: readonly number[],
    private readonly firstFailure: number | undefined,
  ) {}

  operation(state: ReplayState, event: TraceEvent, placement: Placement): void {
    const index = state.eventIndex;
    if (this.firstFailure !== undefined && index <= this.firstFailure) {
      this.remember(index, event, placement);
    }
    if (index === this.operations[this.next]) {
      this.next++;
      this.checkpoints.push({ ...momentOf(state), survey: this.survey(state) });
    }
  }

  finish(): { checkpoints: Checkpoint[]; beforeFailure: RecentOperation[]; heapMap: HeapMap } {
    return { checkpoints: this.checkpoints, beforeFailure: this.recent, heapMap: this.heapMap.finish() };
  }

  private survey({ stack: { engine, machine } }: ReplayState): HeapSurvey | null {
    try {
      const survey = new SurveyBuilder();
      const column = this.heapMap.start(machine);
      engine.walk((start, bytes, state) => {
        survey.block(bytes, state);
        column.block(start, bytes, state);
      });
      this.heapMap.add(column);
      return survey.finish(machine);
    } catch (error) {
      // A program's overrun can break the heap long before the engine notices; the replay itself goes on.
      if (isEngineFailure(error)) {
        return null;
      }
      throw error;
    }
  }

  private remember(operation: number, event: TraceEvent, placement: Placement): void {
    if (this.firstFailure! - operation >= LONGEST_GAP) {
      return;
    }
    this.recent.push({
      operation,
      op: OP_NAMES[event.op]!,
      id: event.id,
      sizeBytes: event.size,
      returned: placementText(placement),
    });
    if (this.recent.length > RECENT_OPERATIONS) {
      this.recent.shift();
    }
  }
}

/** Skipped events lie between operations, so a little more than the last ten indices are looked at. */
const LONGEST_GAP = 4096;

function placementText(placement: Placement): string {
  if (isVirtual(placement)) {
    return `v:0x${(placement - VIRTUAL_BASE).toString(16)}`;
  }
  if (isBlock(placement)) {
    return `0x${(placement - HEAP_BASE).toString(16)}`;
  }
  return WORDS.get(placement) ?? String(placement);
}

const WORDS: ReadonlyMap<Placement, string> = new Map([
  [NULL, 'NULL'],
  [ZERO, 'ZERO'],
  [BUG, 'BUG'],
  [NOTHING, '-'],
]);
