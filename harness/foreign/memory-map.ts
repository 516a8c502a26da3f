import { ENTRY_CAPACITY } from '../machine/access-stream';
import type { StreamAddresses } from '../machine/linear-memory';
import { HEAP_BASE } from '../machine/memory-layout';
import type { OperationColumns } from '../replay/operation-block';

/**
 * Where things lie in a foreign engine's linear memory. Its addresses are the machine's own, so a pointer in C is a
 * placement as it stands, and heap offsets compare with the models':
 *
 *     0 … MODULE_END        the module's data and its shadow stack, wherever its linker put them
 *     CONTROL               what the recording code, the kernel and the harness tell each other
 *     … ENTRIES             the other arrays of the access stream, the kernel's columns
 *     ENTRIES               the ring: the entries of the access stream
 *     HEAP_BASE … end       the heap, to the last byte of the linear memory: what lies beyond traps by itself
 */

export const WASM_PAGE_BYTES = 0x1_0000;

/** 8 MiB below the heap: engines have 248 MiB for data and stack, far more than an allocator's tables need. */
export const CONTROL = HEAP_BASE - 0x80_0000;
export const MODULE_END = CONTROL;

/** Words of the control block, as offsets from `CONTROL`. `kernel/memory-map.ts` has these figures too. */
export const CONTROL_WORDS = {
  /** Address in the ring of the next entry. */
  position: 0,
  /** Instructions that may still run before the harness is asked, in units of 1 / `UNITS_PER_INSTRUCTION`. */
  fuel: 4,
  bitScans: 8,
  /** Accesses to the shadow stack: the machine code of the real engine has registers for most of it. */
  frameAccesses: 12,
  /** Where the ring was when an observer began; 0 while the engine runs for the program. */
  observing: 16,
  /** Where the stream stands while the engine has it. */
  segmentCount: 20,
  locksHeld: 24,
  operationCount: 28,
  segmentBitScans: 32,
  /** Rows of the tables below that are filled. */
  visitCount: 36,
  lockNameCount: 40,
  /** The row of the block that is under way, or the next one; where the ring was when it began; who is at work. */
  operation: 44,
  operationStart: 48,
  phase: 52,
  /** When a run shall end: see `STOPS`. */
  stop: 56,
  /** Entries that one operation may append, and where in the ring all of them together have to end, as bytes. */
  entriesMax: 60,
  entriesBudgetEnd: 64,
  /** How many granules of the heap can be held, and how many bytes each is, as a power of two. */
  heldGranules: 72,
  heldGranuleShift: 76,
  /** Rows that were ever written to the journal. */
  journalCount: 80,
} as const;

export const STOPS = { never: 0, behindOperation: 1, withinOperation: 2 } as const;
export const PHASES = { engine: 1, observer: 2 } as const;

/** Numbers of the control block, 64 bits each, likewise. */
export const CONTROL_NUMBERS = {
  /** Of the segment under way. */
  instructions: 128,
  /** Units of the call under way, and the instructions of them that the segments have. */
  units: 136,
  unitsGiven: 144,
  /** What the loop over a block has to know of machine and engine. */
  heldNow: 152,
  heapEnd: 160,
  granuleBytes: 168,
  requestBytesMax: 176,
} as const;

/** Where these stand in the control block as an array of words, and as one of numbers. */
export const WORD = indicesOf(CONTROL_WORDS, 4);
export const NUMBER = indicesOf(CONTROL_NUMBERS, 8);

/** Where the columns of a block begin; not a multiple of a page apart, or all would want the same lines of a cache. */
const COLUMNS = CONTROL + 0x7_0000;
const COLUMN_STRIDE = 0x2080;
export const COLUMN_ADDRESSES = {
  verbs: COLUMNS,
  bytes: COLUMNS + COLUMN_STRIDE,
  aligns: COLUMNS + 2 * COLUMN_STRIDE,
  objects: COLUMNS + 3 * COLUMN_STRIDE,
  placements: COLUMNS + 4 * COLUMN_STRIDE,
  grantedBytes: COLUMNS + 5 * COLUMN_STRIDE,
  headerBytes: COLUMNS + 6 * COLUMN_STRIDE,
  heldBytes: COLUMNS + 7 * COLUMN_STRIDE,
} as const satisfies Readonly<Record<keyof OperationColumns, number>>;
/** After each operation of a block, how many rows the journal had; words. */
export const JOURNAL_AFTER = COLUMNS + 8 * COLUMN_STRIDE;
export const CONTROL_BYTES = 0x1000;

/** The names of locks, as the engine gave them: where, the lock's bit, how many bytes, and these themselves. */
export const LOCK_NAMES = CONTROL + 0x1000;
export const LOCK_NAME_STRIDE = 64;
export const LOCK_NAME_FIELDS = { bit: 4, bytes: 8, text: 16 } as const;
export const LOCK_NAMES_MAX = 16;
export const LOCK_NAME_BYTES_MAX = LOCK_NAME_STRIDE - LOCK_NAME_FIELDS.text;

/** What a walk over the heap visits, rows of `VISIT_NUMBERS`; few enough for the first cache of the host. */
export const VISITS = CONTROL + 0xa_0000;
export const VISITS_MAX = 1 << 10;

/** What of the heap is held, a byte a granule: of granules as small as a word there are more than have room here. */
export const HELD = CONTROL + 0x10_0000;
export const HELD_GRANULES_MAX = 1 << 20;

/**
 * The journal: what stood where something else is about to be written, as rows of four words: the address, how many
 * bytes, these bytes.
 */
export const JOURNAL = CONTROL + 0x20_0000;
export const JOURNAL_ROW_WORDS = 4;
export const JOURNAL_ROWS = 1 << 15;

export const ENTRIES = HEAP_BASE - 0x40_0000;

export const STREAM_ADDRESSES: StreamAddresses = {
  entries: ENTRIES,
  segmentEnds: CONTROL + 0x1_0000,
  segmentFlags: CONTROL + 0x1_4000,
  segmentPriced: CONTROL + 0x2_0000,
  operationNoted: CONTROL + 0x5_0000,
};

export const ENTRIES_END = ENTRIES + 4 * ENTRY_CAPACITY;

/** Instruction weights are fractions: what compilers fold into one instruction of a processor differs. */
export const UNITS_PER_INSTRUCTION = 16;
/** What the fuel is filled up to: it must stay a positive 32-bit number, and a stretch may weigh thousands. */
export const FUEL_UNITS = 1 << 30;

function indicesOf<Name extends string>(
  offsets: Readonly<Record<Name, number>>,
  bytes: number,
): Readonly<Record<Name, number>> {
  const entries = Object.entries<number>(offsets).map(([name, offset]) => [name, offset / bytes]);
  return Object.fromEntries(entries) as Record<Name, number>;
}
