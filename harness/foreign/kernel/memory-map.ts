/**
 * Where things lie in the memory that engine, kernel and harness share: the figures of `../memory-map.ts` and of the
 * access stream, which TypeScript reads and AssemblyScript cannot.
 */

export const HEAP_BASE: i32 = 0x1000_0000;
export const CONTROL: i32 = HEAP_BASE - 0x80_0000;
export const ENTRIES: i32 = HEAP_BASE - 0x40_0000;

export const POSITION: i32 = CONTROL;
export const FUEL: i32 = CONTROL + 4;
export const BIT_SCANS: i32 = CONTROL + 8;
export const OBSERVING: i32 = CONTROL + 16;
export const SEGMENT_COUNT: i32 = CONTROL + 20;
export const LOCKS_HELD: i32 = CONTROL + 24;
export const OPERATION_COUNT: i32 = CONTROL + 28;
export const SEGMENT_BIT_SCANS: i32 = CONTROL + 32;
export const VISIT_COUNT: i32 = CONTROL + 36;
export const LOCK_NAME_COUNT: i32 = CONTROL + 40;
export const OPERATION: i32 = CONTROL + 44;
export const OPERATION_START: i32 = CONTROL + 48;
export const PHASE: i32 = CONTROL + 52;
export const STOP: i32 = CONTROL + 56;
export const ENTRIES_MAX: i32 = CONTROL + 60;
export const ENTRIES_BUDGET_END: i32 = CONTROL + 64;
export const TOUCHED: i32 = CONTROL + 68;
export const HELD_GRANULES: i32 = CONTROL + 72;
export const HELD_GRANULE_SHIFT: i32 = CONTROL + 76;
export const JOURNAL_COUNT: i32 = CONTROL + 80;
export const INSTRUCTIONS: i32 = CONTROL + 128;
export const UNITS: i32 = CONTROL + 136;
export const UNITS_GIVEN: i32 = CONTROL + 144;
export const HELD_NOW: i32 = CONTROL + 152;
export const HEAP_END: i32 = CONTROL + 160;
export const GRANULE_BYTES: i32 = CONTROL + 168;
export const REQUEST_BYTES_MAX: i32 = CONTROL + 176;

export const FUEL_UNITS: i32 = 1 << 30;
export const UNITS_PER_INSTRUCTION: f64 = 16;

export const LOCK_NAMES: i32 = CONTROL + 0x1000;
export const LOCK_NAME_STRIDE: i32 = 64;
/** Of a row: the address of the name, its lock's bit, and its bytes, zero and all, from `LOCK_NAME_TEXT` on. */
export const LOCK_NAME_BIT: i32 = 4;
export const LOCK_NAME_BYTES: i32 = 8;
export const LOCK_NAME_TEXT: i32 = 16;

export const SEGMENT_ENDS: i32 = CONTROL + 0x1_0000;
export const SEGMENT_FLAGS: i32 = CONTROL + 0x1_4000;
export const SEGMENT_PRICED: i32 = CONTROL + 0x2_0000;
/** From one column of counts to the next. */
export const SEGMENT_PRICED_STRIDE: i32 = (1 << 12) * 8;
export const OPERATION_NOTED: i32 = CONTROL + 0x5_0000;
export const OPERATION_NOTED_STRIDE: i32 = (1 << 10) * 8;
export const NOTED_LOCK_ACQUIRES: i32 = 6;
export const END_OF_OPERATION: i32 = 0x100;
export const SEGMENT_LAST: i32 = (1 << 12) - 1;
export const OPERATION_LAST: i32 = (1 << 10) - 1;
export const ENTRIES_ENOUGH: i32 = 1 << 16;

/** The columns of a block of operations; not a multiple of a page apart, or they would all want one set of a cache. */
const COLUMNS: i32 = CONTROL + 0x7_0000;
const COLUMN_STRIDE: i32 = 0x2080;
export const VERBS: i32 = COLUMNS;
export const BYTES: i32 = COLUMNS + COLUMN_STRIDE;
export const ALIGNS: i32 = COLUMNS + 2 * COLUMN_STRIDE;
export const OBJECTS: i32 = COLUMNS + 3 * COLUMN_STRIDE;
export const PLACEMENTS: i32 = COLUMNS + 4 * COLUMN_STRIDE;
export const GRANTED_BYTES: i32 = COLUMNS + 5 * COLUMN_STRIDE;
export const HEADER_BYTES: i32 = COLUMNS + 6 * COLUMN_STRIDE;
export const HELD_BYTES: i32 = COLUMNS + 7 * COLUMN_STRIDE;
export const JOURNAL_AFTER: i32 = COLUMNS + 8 * COLUMN_STRIDE;

export const VISITS: i32 = CONTROL + 0xa_0000;
export const VISIT_STRIDE: i32 = 24;
export const VISITS_MAX: i32 = 1 << 10;

export const HELD: i32 = CONTROL + 0x10_0000;

export const JOURNAL: i32 = CONTROL + 0x20_0000;
export const JOURNAL_ROW_BYTES: i32 = 16;
export const JOURNAL_ROWS: i32 = 1 << 15;
