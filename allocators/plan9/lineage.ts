import type { Quirk, WorstCaseBound } from '../../harness/replay/port';

/** What is known of the real pool: where its worst cases lie, and where it is odd. */

const MANUAL = 'pool(2) against the code';
const OBSERVED = 'the original pool.c, run';

export const POOL_BOUNDS: readonly WorstCaseBound[] = [
  {
    verb: 'alloc',
    unit: 'accesses',
    most: undefined,
    statement:
      'the tree is never balanced: a search is as long as there are different free sizes (24,003 visits measured), a new arena walks the list of all arenas above it, and compaction walks and moves the whole pool',
    source: 'the original under adversarial traces',
  },
  {
    verb: 'free',
    unit: 'accesses',
    most: undefined,
    statement: 'up to three searches of the unbalanced tree: two neighbours out, the joint block in',
    source: 'the original under adversarial traces',
  },
  {
    verb: 'realloc',
    unit: 'accesses',
    most: undefined,
    statement: 'an alloc, a copy of the old bytes and a free',
    source: 'the original under adversarial traces',
  },
];

export const POOL_QUIRKS: readonly Quirk[] = [
  {
    name: 'curalloc-drifts',
    summary:
      'aligned allocations never credit what they give back, a realloc beside its own new block charges it twice, blocks that grow over an arena border are not charged, NOREUSE frees are not credited: curalloc may even wrap below zero',
    source: OBSERVED,
  },
  {
    name: 'curfree-exceeds-cursize',
    summary: 'merging arenas frees the bytes between them, which cursize never counted',
    source: OBSERVED,
  },
  {
    name: 'no-compaction-without-memory',
    summary: 'the pool compacts on reaching maxsize, not when its source is dry',
    source: MANUAL,
  },
  {
    name: 'relative-pattern',
    summary:
      'ANTAGONISM marks words with their distance instead of the block’s address, users’ bytes with DF, DE and DD; under lp64 it writes twice the area and ruins the heap',
    source: MANUAL,
  },
  {
    name: 'log-line-at-the-end-only',
    summary: 'LOGGING prints one line a call, after the work',
    source: MANUAL,
  },
  {
    name: 'lock-not-optional',
    summary: 'the lock callbacks are called without looking whether they are nil',
    source: MANUAL,
  },
  {
    name: 'arena-gains-a-quantum',
    summary:
      'a request to the source is one to quantum bytes larger than needed, also when it is an exact multiple',
    source: MANUAL,
  },
  {
    name: 'two-nuls-tolerated',
    summary:
      'TOLERANCE lets two NULs pass where the data fill their block, and the unrepaired tail of the freed block panics at the next pool check',
    source: MANUAL,
  },
  {
    name: 'msize-hides-overruns',
    summary:
      'poolmsize redraws the red zone without looking at it, and counts from the block’s start for aligned pointers',
    source: MANUAL,
  },
  {
    name: 'realloc-during-compaction',
    summary: 'a realloc that compacts the pool goes on with the addresses from before',
    source: MANUAL,
  },
  {
    name: 'noreuse-leaves-bytes',
    summary:
      'NOREUSE leaves the first 8 bytes as they were, fills past the block of an aligned pointer, and an arena merge revives the last dead block',
    source: OBSERVED,
  },
  {
    name: 'neighbours-stay-apart',
    summary: 'fragments from splitting and alignment are not joined with a free right neighbour',
    source: OBSERVED,
  },
];
