import { NULL } from '../../traces/trace';
import type { Demonstrated, QuirkDemonstration } from '../../harness/replay/demonstration';
import type { Quirk } from '../../harness/replay/port';
import { LAYOUTS } from './layout';
import { FIELD, POOL_OBJECT_REGION, PoolObject } from './pool-object';
import { PRINT_BUFFER_REGION, PrintBuffer } from './print-buffer';

/** Where the real pool is odd, and where it differs from its manual page (`-o follow=manual` does as the page says). */

/** The pool that the demonstrations are about, whatever options a user has given. */
const AS_BY_DEFAULT = {
  layout: 'ilp32',
  preset: 'sbrkmem',
  shim: 'none',
  follow: 'code',
  quantum: '-1',
  flags: '-1',
  merge: 'on',
  gap: '0',
  descending: 'off',
} as const;

const MANUAL = 'pool(2) against the code';
const OBSERVED = 'the original pool.c, run';

export const POOL_QUIRKS: readonly Quirk[] = [
  {
    name: 'curalloc-drifts',
    summary:
      'aligned allocations never credit what they give back, a realloc beside its own new block charges it twice, blocks that grow over an arena border are not charged, NOREUSE frees are not credited: curalloc may even wrap below zero',
    source: OBSERVED,
    demonstration: {
      options: AS_BY_DEFAULT,
      operations: ['alignedalloc,1,100,1024,0,0', 'free,1,0,0'],
      shows: ({ machine }) => poolObject(machine).peek(FIELD.curalloc) !== 0,
    },
  },
  {
    name: 'curfree-exceeds-cursize',
    summary: 'merging arenas frees the bytes between them, which cursize never counted',
    source: OBSERVED,
    demonstration: {
      options: AS_BY_DEFAULT,
      operations: [...rows(8, (id) => `alloc,${id},4000,0`), ...rows(8, (id) => `free,${id},0,0`)],
      shows: ({ machine }) => {
        const object = poolObject(machine);
        return object.peek(FIELD.curfree) > object.peek(FIELD.cursize);
      },
    },
  },
  {
    name: 'no-compaction-without-memory',
    summary: 'the pool compacts on reaching maxsize, not when its source is dry',
    source: MANUAL,
    demonstration: {
      options: { ...AS_BY_DEFAULT, move: 'on', srclimit: '4200' },
      operations: [...rows(3, (id) => `alloc,${id},1000,0`), 'free,1,0,0', 'alloc,4,1500,0'],
      shows: ({ placements }) => placements[4] === NULL,
    },
  },
  {
    name: 'relative-pattern',
    summary:
      'ANTAGONISM marks words with their distance instead of the block’s address, users’ bytes with DF, DE and DD; under lp64 it writes twice the area and ruins the heap',
    source: MANUAL,
    demonstration: {
      options: { ...AS_BY_DEFAULT, flags: '1' },
      operations: ['alloc,1,400,0', 'alloc,2,16,0', 'free,1,0,0'],
      shows: ({ machine, placements }) => machine.peek(placements[0]! + 64) === 0xf700_0040,
    },
  },
  {
    name: 'log-line-at-the-end-only',
    summary: 'LOGGING prints one line a call, after the work',
    source: MANUAL,
    demonstration: {
      options: { ...AS_BY_DEFAULT, preset: 'mainmem', flags: '16' },
      operations: ['alloc,1,100,0', 'alloc,2,200,0'],
      shows: ({ machine }) => printedText(machine) === 'poolalloc POOL 200 = @168\n',
    },
  },
  {
    name: 'arena-gains-a-quantum',
    summary: 'a request to the source is one to quantum bytes larger than needed, an exact multiple too',
    source: MANUAL,
    demonstration: {
      options: AS_BY_DEFAULT,
      operations: ['alloc,1,16,0'],
      shows: ({ heldBytes }) => heldBytes[0]! > 4096 + 32,
    },
  },
  {
    name: 'two-nuls-tolerated',
    summary:
      'TOLERANCE lets two NULs pass where the data fill their block, and the unrepaired tail of the freed block panics at the next pool check',
    source: MANUAL,
    demonstration: {
      options: { ...AS_BY_DEFAULT, flags: '32' },
      operations: ['alloc,1,112,0', 'alloc,2,16,0', 'overrun,1,2,0,0,0,,,,0', 'free,1,0,0', 'check,1,0,0'],
      shows: stoppedAt(4, 'corrupt tail magic'),
    },
  },
  {
    name: 'msize-hides-overruns',
    summary: 'poolmsize redraws the red zone without looking at it, and counts from the block’s data start',
    source: MANUAL,
    demonstration: {
      options: AS_BY_DEFAULT,
      operations: ['alloc,1,100,0', 'alloc,2,16,0', 'overrun,1,1,0,0,0,,,,65', 'msize,1,0,0', 'free,1,0,0'],
      shows: ({ stopped }) => stopped === undefined,
    },
  },
  {
    name: 'realloc-during-compaction',
    summary: 'a realloc that compacts the pool goes on with the addresses from before',
    source: MANUAL,
    demonstration: compactingRealloc(),
  },
  {
    name: 'realloc-overreads-aligned',
    summary:
      'a realloc of an aligned pointer copies as many bytes as lie behind the block’s data start, so it reads past the block: in the topmost one past the end of memory',
    source: OBSERVED,
    demonstration: {
      options: { ...AS_BY_DEFAULT, descending: 'on' },
      operations: ['alloc,1,4129,128', 'realloc,1,4080,0'],
      shows: ({ stopped }) => stopped?.includes('outside the heap') === true,
    },
  },
  {
    name: 'noreuse-leaves-bytes',
    summary:
      'NOREUSE leaves the first 8 bytes as they were, fills past the block of an aligned pointer, and an arena merge revives the last dead block',
    source: OBSERVED,
    demonstration: {
      options: { ...AS_BY_DEFAULT, flags: '64' },
      operations: ['alloc,1,100,0', 'fill,1,0,0,0,0,,,,85', 'free,1,0,0'],
      shows: ({ machine, placements }) =>
        machine.peek(placements[0]! + 4) === 0x5555_5555 && machine.peek(placements[0]! + 8) === 0xdada_dada,
    },
  },
  {
    name: 'aligned-stumbles-over-old-magic',
    summary:
      'giving back the front of an aligned block sets the size of what remains before its magic: where an old FREE magic lies there, an assertion ends the program',
    source: OBSERVED,
    demonstration: {
      options: AS_BY_DEFAULT,
      operations: [
        ...['alloc,1,400,0', 'alloc,2,16,0'],
        ...[0x11, 0xba, 0x5e, 0xba].map((byte, at) => `overrun,1,1,0,${56 + at - 400},0,,,,${byte}`),
        ...['free,1,0,0', 'alignedalloc,3,100,128,0,0'],
      ],
      shows: stoppedAt(7, 'a free block is resized'),
    },
  },
  {
    name: 'aligned-sum-wraps',
    summary:
      'size and alignment are added up as one word: where it has 32 bits, a request of nearly 4 GiB is granted a block of a few bytes',
    source: OBSERVED,
    demonstration: {
      options: AS_BY_DEFAULT,
      operations: ['alloc,1,100,0', 'alignedalloc,2,4294963200,4096,0,0'],
      shows: stoppedAt(1, 'placed a block of 4294963200 bytes outside the memory it holds'),
    },
  },
  {
    name: 'quantum-is-a-mask',
    summary:
      'sizes are rounded with ~(quantum − 1), so a quantum that is no power of two yields no multiples of it',
    source: MANUAL,
    demonstration: {
      options: { ...AS_BY_DEFAULT, quantum: '48' },
      operations: ['alloc,1,5000,0', 'alloc,2,16,0'],
      shows: ({ placements }) => (placements[1]! - placements[0]!) % 48 !== 0,
    },
  },
  {
    name: 'neighbours-stay-apart',
    summary: 'a fragment that a shrinking or growing block sheds is not joined with a free right neighbour',
    source: OBSERVED,
    demonstration: {
      options: AS_BY_DEFAULT,
      operations: [
        ...['alloc,1,200,0', 'alloc,2,200,0', 'alloc,3,16,0'],
        ...['free,2,0,0', 'realloc,1,8,0', 'alloc,4,380,0'],
      ],
      shows: ({ placements }) => placements[5]! > placements[2]!,
    },
    breaks: { guarantee: 'returned', by: ({ op }) => op === 'realloc' },
  },
];

/** The Pool structure of the default layout on a machine. */
function poolObject(machine: Demonstrated['machine']): PoolObject {
  const region = machine.layout.list().find(({ name }) => name === POOL_OBJECT_REGION)!;
  return new PoolObject(machine, LAYOUTS.ilp32, region.address, false);
}

/** What the last call printed, from the buffer of the kernel's pools. */
function printedText(machine: Demonstrated['machine']): string {
  const region = machine.layout.list().find(({ name }) => name === PRINT_BUFFER_REGION)!;
  return new PrintBuffer(machine, region.address, true).text();
}

function rows(count: number, row: (id: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => row(index + 1));
}

function stoppedAt(operation: number, problem: string): (seen: Demonstrated) => boolean {
  return ({ placements, stopped }) => placements.length === operation && stopped?.includes(problem) === true;
}

/** A pool full of kilobytes, every second one freed, and a block grown past `maxsize`. */
function compactingRealloc(): QuirkDemonstration {
  const blocks = 24;
  return {
    options: { ...AS_BY_DEFAULT, maxsize: '29000', move: 'on' },
    operations: [
      ...rows(blocks, (id) => `alloc,${id},1000,0`),
      ...rows(blocks / 2, (pair) => `free,${2 * pair - 1},0,0`),
      `realloc,${blocks},4500,0`,
    ],
    shows: ({ stopped }) => stopped?.includes('corrupt tail ptr') === true,
  };
}
