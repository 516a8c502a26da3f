import { EVICTION, FOREIGN_TRAFFIC, hasNarrowTags, UNDISTURBED } from './lru-sets';
import { allocate } from './memory';
import { l1, l2, l3, tlb } from './caches';
import { between, MemoryHierarchy } from './memory-hierarchy';
import { L1, L2, LOCKED, Price } from './outcomes';

/**
 * What `../memory-hierarchy.ts` calls. An instance is one memory hierarchy: it is described once, given room, and
 * then prices batch after batch.
 */

const hierarchy = changetype<MemoryHierarchy>(memory.data(offsetof<MemoryHierarchy>()));

/** Disturbances as the caller knows them. */
export const undisturbed = UNDISTURBED;
export const eviction = EVICTION;
export const foreignTraffic = FOREIGN_TRAFFIC;

/** A cache of `level`; one that is not described does not exist. */
export function describeCache(level: i32, setCount: i32, ways: i32, isHashed: bool, disturbance: i32): void {
  const isNarrow = level != L1 && hasNarrowTags(setCount);
  const cache = level == L1 ? l1 : level == L2 ? l2 : l3;
  cache.configure(setCount, ways, disturbance, isHashed, isNarrow);
}

export function describeFirstTlb(pageShift: i32, entries: i32, ways: i32): void {
  tlb.configureFirst(pageShift, entries, ways);
}

export function describeSecondTlb(entries: i32, ways: i32, disturbance: i32): void {
  tlb.configureSecond(entries, ways, disturbance);
}

export function describeCore(strideLinesMax: i32, trainingStrides: i32, windowAccesses: i32): void {
  hierarchy.strideLinesMax = strideLinesMax;
  hierarchy.trainingStrides = trainingStrides;
  hierarchy.windowAccesses = windowAccesses << 2;
}

export function describeNeighbours(
  l3BytesPerKilocycle: f64,
  costBetweenOperations: f64,
  linesPerL2Line: f64,
): void {
  between.neighbourBytesPerKilocycle = l3BytesPerKilocycle;
  between.costBetweenOperations = costBetweenOperations;
  between.linesPerL2Line = linesPerL2Line;
}

/** Forgets all that has happened, not what was described; the first time once all is described. */
export function restart(): void {
  l1.restart();
  l2.restart();
  l3.restart();
  tlb.restart();
  between.restart();
  hierarchy.restart();
}

/** What happens between operations. */
export function describeState(disturbance: i32, foreignBytes: f64): void {
  between.disturbance = disturbance;
  between.foreignBytes = <i64>foreignBytes;
}

/** Where in the row of an operation the causes of accesses begin, in the order of `outcomes.ts`, and another one. */
export function describeCauses(accesses: i32, lockedUpdates: i32): void {
  hierarchy.accessCauses = accesses << 3;
  hierarchy.lockedCause = lockedUpdates << 3;
}

/** @param cause counted from the first of those that accesses have */
export function describeCost(outcome: i32, cost: f64, cause: i32): void {
  if (outcome == LOCKED) {
    hierarchy.lockedCost = cost;
    return;
  }
  Price.describe(outcome, cost, cause);
}

/**
 * Makes room for the longest batch. Returns where it begins: costs of the segments, rows of causes, entries, ends and
 * flags of the segments, one right after the other.
 */
export function makeRoom(entries: i32, segments: i32, rows: i32, causes: i32): usize {
  const segmentBytes = segments << 3;
  const rowBytes = causes << 3;
  hierarchy.rowBytes = rowBytes;
  hierarchy.segmentCosts = allocate(segmentBytes + rows * rowBytes + (entries << 2) + segmentBytes);
  hierarchy.causeCosts = hierarchy.segmentCosts + segmentBytes;
  hierarchy.moveEntries(hierarchy.causeCosts + rows * rowBytes);
  hierarchy.segmentEnds = hierarchy.entries + (entries << 2);
  hierarchy.segmentFlags = hierarchy.segmentEnds + (segments << 2);
  return hierarchy.segmentCosts;
}

/** Prices the batch; see `PriceAccesses`. */
export function priceAccesses(segmentCount: i32): void {
  hierarchy.priceAccesses(segmentCount);
}
