/**
 * What an engine does besides touching memory, in the field's words.
 *
 * *Priced* counts enter the cycles of an operation through the profile; they are kept per segment of an operation
 * (a segment is a stretch under the same set of locks), so that the time a lock is held can be priced too.
 * *Noted* counts explain an operation (how long was the search, how many merges) and cost nothing by themselves:
 * the instructions and accesses they stand for are counted where they happen.
 */

/** Domain counts that a profile prices, in the order of their codes. */
export const PRICED_NAMES = [
  'instructions',
  'bitScans',
  'mispredicts',
  'maps',
  'unmaps',
  'tlbFlushes',
] as const;
export type PricedName = (typeof PRICED_NAMES)[number];
export const PRICED = {
  instructions: 0,
  bitScans: 1,
  mispredicts: 2,
  maps: 3,
  unmaps: 4,
  tlbFlushes: 5,
} as const satisfies Record<PricedName, number>;
export const PRICED_COUNT = PRICED_NAMES.length;

/** Domain events that explain an operation, in the order of their codes; `none` swallows steps that are no event. */
export const NOTED_NAMES = [
  'none',
  'searchSteps',
  'splits',
  'merges',
  'pagesTaken',
  'pagesGiven',
  'lockAcquires',
  'prefetches',
  'linesCleared',
  'linesCopied',
  'moves',
  'tableGrowths',
] as const;
export type NotedName = (typeof NOTED_NAMES)[number];
export const NOTED = {
  none: 0,
  searchSteps: 1,
  splits: 2,
  merges: 3,
  pagesTaken: 4,
  pagesGiven: 5,
  lockAcquires: 6,
  prefetches: 7,
  linesCleared: 8,
  linesCopied: 9,
  moves: 10,
  tableGrowths: 11,
} as const satisfies Record<NotedName, number>;
export const NOTED_COUNT = NOTED_NAMES.length;
