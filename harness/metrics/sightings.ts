import { mixed } from '../../traces/ground/integer-hash';
import type { Placement, TraceEvent } from '../../traces/trace';
import type { PerformedRows } from '../replay/block-rows';
import type { ReplayObserver, ReplayState } from '../replay/replay';
import type { Stack } from '../replay/stack';
import { RecentOperations, seeHeap, type HeapSight, type RecentOperation } from './checkpoints';
import { momentOf, type FootprintMoment } from './footprint';

/**
 * Sees the heap in the first pass already, at the moments of which can be told beforehand that they will matter: those
 * that the trace alone shows to be checkpoints, the first failed allocation, the end, and whatever may turn out to be
 * the first of maximal held. A walk over the heap is dear, and while a heap still grows nearly every one of its moments
 * is a new maximum and nearly none stays: so none is looked at that holds less than what will be live, and of the
 * others only as many as a few visits an operation pay for. What nobody saw in time takes a second pass.
 */

/** Visits of blocks that are spent on maxima, by operation. */
const PEAK_VISITS_PER_OPERATION = 2;
const PEAK_VISITS_ALLOWANCE = 100_000;
/** A heap has about as many holes as objects, and a walk something to do before the first of them. */
const BLOCKS_PER_OBJECT = 2;
const VISITS_AT_LEAST = 64;

export interface FirstFailureSeen {
  readonly moment: FootprintMoment;
  readonly before: readonly RecentOperation[];
}

export class Sightings implements ReplayObserver {
  readonly trail = new PlacementTrail();
  failure: FirstFailureSeen | undefined;
  private readonly seen = new Map<number, HeapSight | null>();
  private peak: { readonly operation: number; readonly sight: HeapSight | null } | undefined;
  private readonly recent = new RecentOperations();
  /** No operation that holds as little as this can be the one of maximal held. */
  heldBytesMax: number;
  private peakVisits = 0;
  private nextGuess = 0;
  private nextGuessedOperation: number;

  /**
   * @param guesses operations that will probably be checkpoints, ascending
   * @param heldBytesPeakMin what will probably be held at the peak at least
   */
  constructor(
    private readonly guesses: readonly number[],
    heldBytesPeakMin = 0,
  ) {
    this.heldBytesMax = heldBytesPeakMin - 1;
    this.nextGuessedOperation = guesses[0] ?? Infinity;
  }

  operation(state: ReplayState, event: TraceEvent, placement: Placement): void {
    this.trail.add(placement);
    if (state.eventIndex >= this.nextGuessedOperation) {
      this.meetGuess(state);
    }
    if (state.heldBytes > this.heldBytesMax) {
      this.meetPeak(state);
    }
    if (this.failure === undefined) {
      this.recent.add(state.eventIndex, event, placement);
      if (state.failedAllocations > 0) {
        this.meetFailure(state);
      }
    }
  }

  performed(state: ReplayState, rows: PerformedRows, from: number, until: number): void {
    this.trail.addAll(rows.placements, from, until);
    if (this.failure === undefined) {
      this.recent.addRows(rows, from, until);
    }
    if (state.eventIndex >= this.nextGuessedOperation) {
      this.meetGuess(state);
    }
    if (rows.heldBytes[until - 1]! > this.heldBytesMax) {
      this.meetPeak(state);
    }
  }

  nextLook(event: number): number {
    this.forgetGuessesBefore(event);
    return this.nextGuessedOperation;
  }

  /** What was seen after an operation: null where the heap was broken, undefined where nobody looked. */
  after(operation: number): HeapSight | null | undefined {
    return this.peak?.operation === operation ? this.peak.sight : this.seen.get(operation);
  }

  /** Sees the heap at the end of a replay, of which `operation` was the last to reach the engine. */
  seeEnd(operation: number, stack: Stack): void {
    if (this.after(operation) === undefined) {
      this.seen.set(operation, seeHeap(stack));
    }
  }

  private meetGuess({ eventIndex, stack }: ReplayState): void {
    if (eventIndex === this.nextGuessedOperation) {
      this.seen.set(eventIndex, seeHeap(stack));
    }
    this.forgetGuessesBefore(eventIndex + 1);
  }

  private forgetGuessesBefore(event: number): void {
    while (this.nextGuessedOperation < event) {
      this.nextGuessedOperation = this.guesses[++this.nextGuess] ?? Infinity;
    }
  }

  private meetPeak({ eventIndex, heldBytes, liveObjects, stack }: ReplayState): void {
    this.heldBytesMax = heldBytes;
    this.peak = undefined;
    const visits = VISITS_AT_LEAST + BLOCKS_PER_OBJECT * liveObjects;
    const visitsMax = PEAK_VISITS_ALLOWANCE + PEAK_VISITS_PER_OPERATION * eventIndex;
    if (!this.seen.has(eventIndex) && this.peakVisits + visits <= visitsMax) {
      this.peakVisits += visits;
      this.peak = { operation: eventIndex, sight: seeHeap(stack) };
    }
  }

  private meetFailure(state: ReplayState): void {
    const { eventIndex } = state;
    this.failure = { moment: momentOf(state), before: this.recent.upTo(eventIndex) };
    if (this.after(eventIndex) === undefined) {
      this.seen.set(eventIndex, seeHeap(state.stack));
    }
  }
}

/**
 * What the placements of a replay came to after one operation, two, four, eight and so on: replays with equal trails
 * placed alike.
 */
export class PlacementTrail {
  private sum = 0;
  private operations = 0;
  private readonly marks: number[] = [];

  add(placement: Placement): void {
    this.sum = mixed(this.sum, placement);
    this.operations++;
    if ((this.operations & (this.operations - 1)) === 0) {
      this.marks.push(this.sum);
    }
  }

  addAll(placements: Float64Array, from: number, until: number): void {
    for (let row = from; row < until; row++) {
      this.add(placements[row]! as Placement);
    }
  }

  /** Whether a replay that may have ended earlier went the same way as this one up to there. */
  startsLike({ marks, operations, sum }: PlacementTrail): boolean {
    return (
      marks.every((mark, index) => mark === this.marks[index]) &&
      (operations !== this.operations || sum === this.sum)
    );
  }
}
