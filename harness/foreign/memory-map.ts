import { ENTRY_CAPACITY } from '../machine/access-stream';
import { HEAP_BASE } from '../machine/memory-layout';

/**
 * Where things lie in a foreign engine's linear memory. Its addresses are the machine's own, so a pointer in C is a
 * placement as it stands, and heap offsets compare with the models':
 *
 *     0 … MODULE_END        the module's data and its shadow stack, wherever its linker put them
 *     CONTROL               what the recording code and the harness tell each other
 *     ENTRIES               the ring: the entries of the access stream
 *     HEAP_BASE … end       the heap, to the last byte of the linear memory: what lies beyond traps by itself
 */

export const WASM_PAGE_BYTES = 0x1_0000;

/** 8 MiB below the heap: engines have 248 MiB for data and stack, far more than an allocator's tables need. */
export const CONTROL = HEAP_BASE - 0x80_0000;
export const MODULE_END = CONTROL;

/** Words of the control block, as offsets from `CONTROL`. */
export const CONTROL_WORDS = {
  /** Address in the ring of the next entry. */
  position: 0,
  /** Instructions that may still run before the harness is asked, in units of 1 / `UNITS_PER_INSTRUCTION`. */
  fuel: 4,
  bitScans: 8,
  /** Accesses to the shadow stack: the machine code of the real engine has registers for most of it. */
  frameAccesses: 12,
} as const;

export const ENTRIES = HEAP_BASE - 0x40_0000;
export const ENTRIES_END = ENTRIES + 4 * ENTRY_CAPACITY;

/** Instruction weights are fractions: what compilers fold into one instruction of a processor differs. */
export const UNITS_PER_INSTRUCTION = 16;
/** What the fuel is filled up to: it must stay a positive 32-bit number, and a stretch may weigh thousands. */
export const FUEL_UNITS = 1 << 30;
