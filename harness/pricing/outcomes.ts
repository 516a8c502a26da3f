import { KIND_COUNT } from '../machine/access-stream';

/**
 * What can become of an access, as codes: the counts of these per operation are all that pricing keeps of the stream.
 * Every access has exactly one outcome of the first group; those of the other groups come on top.
 */

/** Where a line was found. A level that the processor lacks never occurs. */
export const LEVELS = ['l1', 'l2', 'l3', 'dram'] as const;
export type Level = (typeof LEVELS)[number];
export const L1 = 0;
export const L2 = 1;
export const L3 = 2;
export const DRAM = 3;

/** The line was found at `level` by an access of `kind`, which bears the latency alone: `level * KIND_COUNT + kind`. */
export const FOUND = 0;
/** An independent load ran beside a miss at least as slow: `+ level`. */
export const OVERLAPPED = FOUND + LEVELS.length * KIND_COUNT;
/** An independent load ran beside a faster miss and bears the difference: `+ DEEPENED_PAIR`. */
export const DEEPENED = OVERLAPPED + LEVELS.length;
/** The stride prefetcher had fetched the line in time, from: `+ level`. */
export const PREFETCHED = DEEPENED + LEVELS.length;

/** A locked update waited for a store that still fetched its line from: `+ level`. */
export const DRAINED = PREFETCHED + LEVELS.length;
/** The page was found in the second-level TLB, by an access of: `+ kind`. */
export const SECOND_TLB = DRAINED + LEVELS.length;
/** The page tables were walked, for an access of: `+ kind`. */
export const WALKED = SECOND_TLB + KIND_COUNT;
export const OUTCOME_COUNT = WALKED + KIND_COUNT;

/** Every access has one outcome below this code. */
export const ACCESS_OUTCOME_COUNT = DRAINED;

/** The pairs of levels (from the faster miss to the slower) behind `DEEPENED`. */
export const DEEPENED_PAIRS = [
  { from: L2, to: L3 },
  { from: L2, to: DRAM },
  { from: L3, to: DRAM },
] as const;

/** Code of the load that deepens a group of overlapping misses; both levels are misses of L1, `from` the faster. */
export function deepened(from: number, to: number): number {
  return DEEPENED + from + to - L2 - L3;
}
