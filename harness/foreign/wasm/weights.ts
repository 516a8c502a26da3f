import { UNITS_PER_INSTRUCTION } from '../memory-map';
import type { Instruction } from './opcodes';

/**
 * How many instructions of a processor an instruction of WebAssembly stands for, in units of
 * 1 / `UNITS_PER_INSTRUCTION`.
 *
 * Fitted to callgrind's counts of the allocators of 2008 and of today built by gcc -O2 (`test/measured/xen`), with our
 * engines in C in their place: memory operands fold their address; five constants of eight need a register of their
 * own, the others are operands; one assignment of eight is a move that the compiler could not do without; arithmetic
 * is dearer by the moves that two-operand instructions need. All rows are within 12 %.
 */
const WEIGHTS = {
  arithmetic: 20,
  comparison: UNITS_PER_INSTRUCTION,
  memory: UNITS_PER_INSTRUCTION,
  branch: UNITS_PER_INSTRUCTION,
  /** The call itself and the return. */
  call: 2 * UNITS_PER_INSTRUCTION,
  assignment: 2,
  constant: 10,
  none: 0,
} as const;

type WeightClass = keyof typeof WEIGHTS;

/** The first pattern that an instruction's name fits says what it is; what fits none is arithmetic. */
const CLASSES: readonly (readonly [RegExp, WeightClass])[] = [
  [/^(br|br_if|br_table|if|else)$/, 'branch'],
  [/^call/, 'call'],
  [/^local\.(set|tee)$/, 'assignment'],
  [/\.const$/, 'constant'],
  [/\.(eqz?|ne|[lg][te](_[su])?)$/, 'comparison'],
  [/^(nop|block|loop|end|drop|return|unreachable|local\.get|data\.drop|atomic\.fence)$/, 'none'],
  [/^(global|memory|ref)\.|reinterpret|wrap_i64|extend/, 'none'],
];

export function unitsOf({ name, access }: Instruction): number {
  if (access !== undefined) {
    return WEIGHTS.memory;
  }
  return WEIGHTS[CLASSES.find(([pattern]) => pattern.test(name))?.[1] ?? 'arithmetic'];
}
