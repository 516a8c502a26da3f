import { UNITS_PER_INSTRUCTION } from '../memory-map';
import type { Instruction } from './opcodes';

/**
 * How many instructions of a processor an instruction of WebAssembly stands for, in units of
 * 1 / `UNITS_PER_INSTRUCTION`. Constants and local variables become operands, memory operands fold their address,
 * conversions between widths are free on 64-bit processors. The folder's README says how the others were fitted.
 */
const WEIGHTS = {
  arithmetic: UNITS_PER_INSTRUCTION,
  division: UNITS_PER_INSTRUCTION,
  memory: UNITS_PER_INSTRUCTION,
  branch: UNITS_PER_INSTRUCTION,
  call: 2 * UNITS_PER_INSTRUCTION,
} as const;

export type WeightClass = keyof typeof WEIGHTS | 'none';

const FREE =
  /^(nop|block|loop|end|drop|local\..*|.*\.const|global\..*|i32\.wrap_i64|i64\.extend_i32_.|.*reinterpret.*|memory\..*|data\.drop|ref\..*|return|unreachable|atomic\.fence)$/;

export function weightClassOf({ name, access }: Instruction): WeightClass {
  if (access !== undefined) {
    return 'memory';
  }
  if (FREE.test(name)) {
    return 'none';
  }
  if (/^(br|br_if|br_table|if|else)$/.test(name)) {
    return 'branch';
  }
  if (name.startsWith('call')) {
    return 'call';
  }
  return /\.(div|rem)_/.test(name) ? 'division' : 'arithmetic';
}

export function unitsOf(instruction: Instruction): number {
  const weightClass = weightClassOf(instruction);
  return weightClass === 'none' ? 0 : WEIGHTS[weightClass];
}
