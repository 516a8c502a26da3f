import type { WorstCaseBound } from '../../harness/replay/port';

/** Where the pool's worst cases lie. None is bounded: that is the point of measuring it. */

const ADVERSARIAL = 'the original under adversarial traces, tree visits counted';

export const POOL_BOUNDS: readonly WorstCaseBound[] = [
  {
    verb: 'alloc',
    unit: 'accesses',
    most: undefined,
    statement:
      'the tree is never balanced, so a search visits up to as many nodes as there are free sizes, three searches a call (24,003 visits with 8,000 sizes); a new arena walks the list of all arenas above it; compaction walks and moves the whole pool',
    source: ADVERSARIAL,
  },
  {
    verb: 'free',
    unit: 'accesses',
    most: undefined,
    statement:
      'three searches of the unbalanced tree: two neighbours out, the joint block in (16,002 visits)',
    source: ADVERSARIAL,
  },
  {
    verb: 'realloc',
    unit: 'accesses',
    most: undefined,
    statement: 'an alloc, a copy of the old bytes and a free',
    source: ADVERSARIAL,
  },
];
