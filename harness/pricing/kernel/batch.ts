import { allocate } from './memory';
import { Price } from './outcomes';

/** Flags of a segment: the locks held, a bit each, and whether the operation ends with it. */
export const LOCK_COUNT: i32 = 8;
export const LOCK_MASK: i32 = (1 << LOCK_COUNT) - 1;
export const END_OF_OPERATION: i32 = 0x100;
/** Counts of domain events that a segment has. */
export const EVENT_COUNT: i32 = 6;

/** The arrays of a batch, as `../../machine/access-stream.ts` lays them out, and those of what it costs. */
@unmanaged
export class Batch {
  entries: usize;
  segmentEnds: usize;
  segmentFlags: usize;
  /** Counts of domain events, a column of segments for each, and from one column to the next. */
  segmentEvents: usize;
  eventColumnBytes: i32;
  segmentCosts: usize;
  /** A row of causes for each operation that ends in the batch, and one for the operation under way at its end. */
  causeCosts: usize;
  rowBytes: usize;
  /** Where in a row the causes of accesses begin, and where that of locked updates is. */
  accessCauses: usize;
  lockedCause: usize;
  cycles: usize;
  heldCycles: usize;

  /** Room for the longest batch, one array right after the other; returns where the first of them begins. */
  makeRoom(entries: i32, segments: i32, operations: i32, causes: i32): usize {
    this.rowBytes = causes << 3;
    this.eventColumnBytes = segments << 3;
    const eventBytes = EVENT_COUNT * this.eventColumnBytes;
    const causeBytes = (operations + 1) * this.rowBytes;
    const heldBytes = operations * (LOCK_COUNT << 3);
    const otherBytes = (segments << 4) + (operations << 3) + (entries << 2);
    this.segmentEvents = allocate(eventBytes + causeBytes + heldBytes + otherBytes);
    this.segmentCosts = this.segmentEvents + eventBytes;
    this.causeCosts = this.segmentCosts + (segments << 3);
    this.cycles = this.causeCosts + causeBytes;
    this.heldCycles = this.cycles + (operations << 3);
    this.entries = this.heldCycles + heldBytes;
    this.segmentEnds = this.entries + (entries << 2);
    this.segmentFlags = this.segmentEnds + (segments << 2);
    return this.segmentEvents;
  }

  @inline
  flagsOf(segment: i32): i32 {
    return load<i32>(this.segmentFlags + (segment << 2));
  }

  /** Whether an operation ends with the segment. */
  @inline
  endsAt(segment: i32): bool {
    return (this.flagsOf(segment) & END_OF_OPERATION) != 0;
  }

  @inline
  costOf(segment: i32): usize {
    return this.segmentCosts + (segment << 3);
  }
}

export const batch = changetype<Batch>(memory.data(offsetof<Batch>()));

/** All locked updates of a segment cost the same. */
export function chargeUpdates(updates: i32, row: usize): f64 {
  const cost = <f64>updates * Price.locked();
  const cause = row + batch.lockedCause;
  store<f64>(cause, load<f64>(cause) + cost);
  return cost;
}
