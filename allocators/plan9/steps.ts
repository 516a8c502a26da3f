import type { Step, StepDefinitions } from '../../harness/machine/steps';

/**
 * Instructions of the pool's steps: gcc build of the original under callgrind, lp64.
 *
 * Measured: a visit of the search loops, from the ordered chain of 2,000 free sizes (10,016,000 visits in 117.9 M
 * instructions of allocation, two thirds of them `find`; 8,003,000 visits of `find` alone in 99.0 M of freeing). The
 * other steps are apportioned by what the code does in them, so that the totals agree with the measured instructions
 * per call: near-page storm 569 alloc, 310 free; small churn 332 alloc, 312 free, at 1,000 live objects. Their sum is
 * measured, their shares are not. The search loops are short and their branches learnable: the cycles measured leave
 * no room for a mispredicted branch a visit.
 */
export const POOL_STEPS = {
  /** Entry and exit of a public routine: lock, unlock, the tests of the flags. */
  call: { instructions: 46 },
  allocate: { instructions: 53 },
  /** Two neighbours looked at, the counters, the call of `add`. */
  free: { instructions: 24 },
  reallocate: { instructions: 60 },
  allocateAligned: { instructions: 60 },
  usableSize: { instructions: 30 },
  /** From a user's pointer to its block. */
  resolve: { instructions: 14 },
  fillerWord: { instructions: 4 },

  /** A node of the best-fit search. */
  fitVisit: { instructions: 10, event: 'searchSteps' },
  /** A node on the way to a size, its magic asserted. */
  findVisit: { instructions: 12, event: 'searchSteps' },
  successorHop: { instructions: 5, event: 'searchSteps' },
  /** The tree loses a node, the ring its only member. */
  nodeRemove: { instructions: 50 },
  /** The next member of a ring becomes the tree's node. */
  headChange: { instructions: 15 },
  nodeInsert: { instructions: 24 },
  ringInsert: { instructions: 24 },
  ringRemove: { instructions: 30 },

  trim: { instructions: 30 },
  split: { instructions: 20, event: 'splits' },
  merge: { instructions: 60, event: 'merges' },
  setSize: { instructions: 20 },
  /** Gap and assertions; the red zone counts by the byte. */
  setData: { instructions: 45 },
  redZoneWrite: { instructions: 8 },

  /** What every check begins with, enough for a free block or an arena. */
  checkBlock: { instructions: 20 },
  /** What an allocated block has besides. */
  checkData: { instructions: 42 },
  redZoneCheck: { instructions: 9 },
  deadByteCheck: { instructions: 5 },
  checkNode: { instructions: 40 },
  markWord: { instructions: 5 },

  newArena: { instructions: 160 },
  arenaHop: { instructions: 4, event: 'searchSteps' },
  arenaMerge: { instructions: 180, event: 'merges' },
  sourceCall: { instructions: 60 },
  /** A page of a new chunk, which is counted only: sbrk's page faults come later, with the program's own touch. */
  sourcePage: { instructions: 0, event: 'pagesTaken' },
  sourceMerge: { instructions: 22 },

  /** The call of the move callback; the copy counts by the line. */
  moveBlock: { instructions: 25, event: 'moves' },
  compactBlock: { instructions: 12 },
  /** Formatting and writing a line out; an estimate, nobody measured it. */
  printLine: { instructions: 500 },
} as const satisfies StepDefinitions;

export type PoolSteps = { readonly [name in keyof typeof POOL_STEPS]: Step };
