import { KIND_COUNT } from '../machine/access-stream';

/**
 * What can become of an access, as indices of the cost tables. Every access is found at a level, alone or beside
 * others, or was prefetched; translations, locks and waiting stores come on top.
 */

/** Where a line was found. A level that the processor lacks never occurs. */
export const LEVELS = ['l1', 'l2', 'l3', 'dram'] as const;
export const L1 = 0;
export const L2 = 1;
export const L3 = 2;
export const DRAM = 3;

const LEVEL_STRIDE = 8;
const OVERLAPPED = KIND_COUNT;
const DEEPENED = KIND_COUNT + 1;
const DRAINED = KIND_COUNT + 3;

/**
 * A line found at `level` by an access of `kind` that bears the latency alone. At L1, where most are found, the
 * outcome is the kind itself.
 */
export function found(level: number, kind: number): number {
  return level * LEVEL_STRIDE + kind;
}

/** An independent load that ran beside a miss at least as slow. */
export function overlapped(level: number): number {
  return level * LEVEL_STRIDE + OVERLAPPED;
}

/** An independent load that ran beside a faster miss, from L2 or L3, and bears the difference. */
export function deepened(level: number, from: number): number {
  return level * LEVEL_STRIDE + DEEPENED + from - L2;
}

/** A locked update waited for a store that was still fetching its line from `level`. */
export function drained(level: number): number {
  return level * LEVEL_STRIDE + DRAINED;
}

const PREFETCHED = LEVELS.length * LEVEL_STRIDE;

/** A load whose line the stride prefetcher had fetched in time from `level`. */
export function prefetched(level: number): number {
  return PREFETCHED + level;
}

/** The page was found in the second-level TLB, by an access of: `+ kind`. */
export const SECOND_TLB = PREFETCHED + LEVELS.length;
/** The page tables were walked, for an access of: `+ kind`. */
export const WALKED = SECOND_TLB + KIND_COUNT;
/** What a locked update costs as such. */
export const LOCKED = WALKED + KIND_COUNT;
export const OUTCOME_COUNT = LOCKED + 1;
