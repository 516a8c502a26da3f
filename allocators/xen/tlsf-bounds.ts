import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { WorstCaseBound } from '../../harness/replay/port';
import { giveAccessesMax, givePiecesAccessesMax, ORDER_MAX, takeAccessesMax } from './page-bounds';

/**
 * The most memory accesses of TLSF's verbs, derived by following their code. What the pool does is bounded whatever is
 * live; beyond it only the page allocator's work a page counts, and in bulk the lines that are cleared or copied.
 */

/** Head, next block, head; both bitmaps when the list becomes empty; the block's links. */
const POP = 3 + 3 + 2;
/** Head, the block's links, the old first block's link, head, both bitmaps. */
const PUSH = 1 + 2 + 1 + 1 + 2;
/** The block's links, the head, and what becomes empty with it; the links again. */
const REMOVE = 2 + 1 + 4 + 2;
const COUNTER = 2;
const SIZE_WORD = 2;
const FIND_NOTHING = 2;
const FIND_HIGHER = 3;
const LINE_BYTES = 64;
/** Cleared with the pool object of either version. */
const POOL_LINES = 100;
const LARGEST_BYTES = PAGE_BYTES * (1 << ORDER_MAX);

/** The region's first header, its block on a list, its sentinel, used bytes and region count; the lock. */
const REGION = 1 + 2 + PUSH + 2 + 2 * COUNTER;
/** Pointer and lock, a vain search, the lock let go of, a region, the search again, a block cut in two, the lock. */
const POOL_ALLOCATE = 2 + FIND_NOTHING + 1 + REGION + FIND_HIGHER + POP + (1 + 3 + PUSH + 1 + COUNTER) + 1;
/** Pointer and lock, size word, counter, links; both neighbours joined; the page given back; the lock. */
const POOL_FREE =
  2 + SIZE_WORD + COUNTER + 2 + (1 + REMOVE + SIZE_WORD) + (2 + REMOVE + SIZE_WORD) + 3 + 2 * COUNTER + 1;

/** xmalloc below a page, the pool being there: the test for it, the pool's work, a page, the word of padding. */
export function subpageAllocAccessesMax(takePage: number): number {
  return 1 + POOL_ALLOCATE + takePage + 1;
}

/** xfree below a page: the word before the object and the size word, the pool's work, the page given back. */
export function subpageFreeAccessesMax(givePage: number): number {
  return 2 + POOL_FREE + givePage;
}

const subpageAlloc = subpageAllocAccessesMax(takeAccessesMax(0));
const subpageFree = subpageFreeAccessesMax(giveAccessesMax(0));
/** The first call of all: the pool object, and in 2008 the first region. */
const poolCreation = takeAccessesMax(1) + POOL_LINES + 3 + REGION + 1 + takeAccessesMax(0);
const allocMost = poolCreation + subpageAlloc + takeAccessesMax(ORDER_MAX);

/** The bounds of V2008: whole pages cost what the page allocator does a page. */
export const TLSF_2008_BOUNDS: readonly WorstCaseBound[] = [
  {
    verb: 'alloc',
    unit: 'accesses',
    most: allocMost,
    statement: `below a page at most ${subpageAlloc} whatever is live (${poolCreation} more to make the pool); whole pages 5 to 9 each`,
    source: 'derived from xmalloc_tlsf.c and page_alloc.c, step by step',
  },
  {
    verb: 'free',
    unit: 'accesses',
    most: subpageFree + giveAccessesMax(ORDER_MAX),
    statement: `below a page at most ${subpageFree} whatever is live; whole pages 3 to 6 each`,
    source: 'derived from xmalloc_tlsf.c and page_alloc.c, step by step',
  },
];

const tailMost = givePiecesAccessesMax();
const clearMost = LARGEST_BYTES / LINE_BYTES + 1;

/** The bounds of today: whole pages come and go in pieces, some calls clear, xrealloc copies. */
export const TLSF_BOUNDS: readonly WorstCaseBound[] = [
  {
    verb: 'alloc',
    unit: 'accesses',
    most: allocMost + tailMost + clearMost,
    statement: `below a page at most ${subpageAlloc} whatever is live (${poolCreation} more to make the pool); whole pages 5 to 9 each and a give for each piece of the tail; a line each 64 bytes to clear`,
    source: 'derived from xmalloc_tlsf.c and page_alloc.c, step by step',
  },
  {
    verb: 'free',
    unit: 'accesses',
    most: subpageFree + tailMost,
    statement: `below a page at most ${subpageFree} whatever is live; whole pages 3 to 6 each, in at most one piece an order`,
    source: 'derived from xmalloc_tlsf.c and page_alloc.c, step by step',
  },
  {
    verb: 'realloc',
    unit: 'accesses',
    most: 2 + allocMost + 2 * tailMost + subpageFree + 2 * clearMost,
    statement: 'an alloc, a free, and two lines each 64 bytes copied',
    source: 'derived from xmalloc_tlsf.c, _xrealloc',
  },
];
