import { UNITS_PER_INSTRUCTION } from '../memory-map';
import type { Instruction } from './opcodes';

/**
 * How many instructions of a processor an instruction of WebAssembly stands for, in units of
 * 1 / `UNITS_PER_INSTRUCTION`.
 *
 * What a processor has an instruction for counts as one. The other three are fitted to callgrind's counts of first-fit
 * and TLSF built by gcc -O2 (`harness/foreign/README.md`): a call is also the return and the registers that are saved
 * around it; of the constants some are operands, others need an instruction; a variable that becomes a copy of another
 * is a move, and what it held often moves first. An assignment of anything else only names a register.
 */
const WEIGHTS = {
  one: UNITS_PER_INSTRUCTION,
  call: 6 * UNITS_PER_INSTRUCTION,
  constant: 6,
  copy: 24,
  none: 0,
} as const;

type WeightClass = keyof typeof WEIGHTS;

/** The first pattern that an instruction's name fits says what it is; what fits none counts as one. */
const CLASSES: readonly (readonly [RegExp, WeightClass])[] = [
  [/^call/, 'call'],
  [/\.const$/, 'constant'],
  [/^(nop|block|loop|end|drop|return|unreachable|data\.drop|atomic\.fence)$/, 'none'],
  [/^(local|global|memory|ref)\.|reinterpret|wrap_i64|extend/, 'none'],
];

/** @param before the instruction in front of it */
export function unitsOf({ name, access }: Instruction, before: Instruction | undefined): number {
  if (access !== undefined) {
    return WEIGHTS.one;
  }
  if (/^local\.(set|tee)$/.test(name) && before?.name === 'local.get') {
    return WEIGHTS.copy;
  }
  return WEIGHTS[CLASSES.find(([pattern]) => pattern.test(name))?.[1] ?? 'one'];
}
