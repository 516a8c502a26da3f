import { EVICTION, FOREIGN_TRAFFIC, hasNarrowTags, UNDISTURBED } from './lru-sets';
import { batch } from './batch';
import { l1, l2, l3, tlb } from './caches';
import { FlatModel } from './flat-model';
import { between, MemoryHierarchy } from './memory-hierarchy';
import { causeTotals, Operations } from './operations';
import { L1, L2, Price } from './outcomes';

/**
 * What `../memory-hierarchy.ts` calls. An instance is one memory hierarchy: it is described once, given room, and
 * then prices batch after batch.
 */

const hierarchy = changetype<MemoryHierarchy>(memory.data(offsetof<MemoryHierarchy>()));
const operations = changetype<Operations>(memory.data(offsetof<Operations>()));

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
  operations.restart();
}

/** What happens between operations. */
export function describeState(disturbance: i32, foreignBytes: f64): void {
  between.disturbance = disturbance;
  between.foreignBytes = <i64>foreignBytes;
}

/** Where in the row of an operation the causes of accesses begin, in the order of `outcomes.ts`, and another one. */
export function describeCauses(accesses: i32, lockedUpdates: i32): void {
  batch.accessCauses = accesses << 3;
  batch.lockedCause = lockedUpdates << 3;
}

/** @param cause counted from the first of those that accesses have */
export function describeCost(outcome: i32, cost: f64, cause: i32): void {
  Price.describe(outcome, cost, cause);
}

/** What a domain event costs, and where in a row its cause is. */
export function describeEvent(event: i32, cost: f64, cause: i32): void {
  operations.describeEvent(event, cost, cause);
}

/** What the first instructions of every operation cost beside that. */
export function describeColdCode(instructionCost: f64, instructionsMax: i32): void {
  operations.coldInstructionCost = instructionCost;
  operations.coldInstructionsMax = instructionsMax;
}

/** See `Batch.makeRoom`. */
export function makeRoom(entryCount: i32, segmentCount: i32, operationCount: i32, causeCount: i32): usize {
  const before = batch.entries;
  const start = batch.makeRoom(entryCount, segmentCount, operationCount, causeCount);
  hierarchy.moveTimes(<i32>(batch.entries - before));
  return start;
}

/** Where the cycles of all operations are, by cause. */
export function totalsOfCauses(): usize {
  return causeTotals;
}

/**
 * Prices a batch in three steps, of which each needs the one before.
 * @param hasRareEvents whether it may have others than instructions and bit scans
 */
export function priceEvents(segmentCount: i32, hasRareEvents: bool): void {
  operations.priceEvents(segmentCount, hasRareEvents);
}

export function priceAccesses(segmentCount: i32): void {
  if (l1.setCount == 0) {
    FlatModel.priceAccesses(segmentCount);
  } else {
    hierarchy.priceAccesses(segmentCount);
  }
}

export function finishOperations(segmentCount: i32): void {
  operations.finish(segmentCount);
}
