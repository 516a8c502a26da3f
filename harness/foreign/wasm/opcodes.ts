import { LOAD, STORE, UPDATE } from '../../machine/access-stream';

/**
 * The instructions of WebAssembly that compilers of C, C++, Rust and Zig emit without SIMD, exceptions and garbage
 * collection: what follows the opcode in the binary, what it takes from and leaves on the operand stack, and what it
 * counts for.
 *
 * Source: WebAssembly Core Specification 3.0, chapter 5.4 (binary format of instructions); threads proposal for 0xfe.
 */

/** Value types by their binary codes. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
const REFERENCE = 0x70;

/** What follows the opcode. */
export type Immediate =
  | 'none'
  | 'block type'
  | 'label'
  | 'label table'
  | 'function'
  | 'indirect'
  | 'local'
  | 'global'
  | 'memory argument'
  | 'memory'
  | 'two memories'
  | 'data and memory'
  | 'data'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'types'
  | 'reference type'
  | 'fence';

/** A touch of memory: how the stream tells it, and how many bytes it moves. */
export interface MemoryAccess {
  readonly kind: typeof LOAD | typeof STORE | typeof UPDATE;
  readonly bytes: number;
  /** Types of the operands above the address, in their order. */
  readonly values: readonly number[];
}

export interface Instruction {
  readonly name: string;
  /** The byte, or 0xfc00 and 0xfe00 plus the number behind these prefixes. */
  readonly code: number;
  readonly immediate: Immediate;
  /** Types taken and left, for the instructions whose types do not depend on where they stand. */
  readonly takes: readonly number[];
  readonly leaves: readonly number[];
  readonly access?: MemoryAccess;
}

const table = new Array<Instruction | undefined>(0x100);
const saturating = new Array<Instruction | undefined>(0x20);
const atomic = new Array<Instruction | undefined>(0x50);

/** The instruction of a code (see `Instruction.code`), or undefined for those that are not supported. */
export function instructionOf(code: number): Instruction | undefined {
  return code < 0x100 ? table[code] : code < 0xfe00 ? saturating[code - 0xfc00] : atomic[code - 0xfe00];
}

const LETTERS: Readonly<Record<string, number>> = { i: I32, I: I64, f: F32, F: F64, r: REFERENCE };
const typesOf = (letters: string): number[] => [...letters].map((letter) => LETTERS[letter]!);

/** `signature` is `taken>left`, a letter a value: i I f F for the 32- and 64-bit integers and floats. */
function define(code: number, name: string, signature: string, immediate: Immediate = 'none'): void {
  const [takes, leaves] = signature.split('>') as [string, string];
  enter({ code, name, immediate, takes: typesOf(takes), leaves: typesOf(leaves) });
}

function enter(instruction: Instruction): void {
  const { code } = instruction;
  if (code < 0x100) {
    table[code] = instruction;
  } else if (code < 0xfe00) {
    saturating[code - 0xfc00] = instruction;
  } else {
    atomic[code - 0xfe00] = instruction;
  }
}

/** The address, whose type is the memory's, is not among `takes`. */
function defineAccess(code: number, name: string, access: MemoryAccess, leaves: readonly number[]): void {
  enter({ code, name, immediate: 'memory argument', takes: access.values, leaves, access });
}

/** A run of opcodes of one signature, in the order of their codes. */
function defineRun(first: number, signature: string, names: string): void {
  names.split(' ').forEach((name, index) => define(first + index, name, signature));
}

define(0x00, 'unreachable', '>');
define(0x01, 'nop', '>');
define(0x02, 'block', '>', 'block type');
define(0x03, 'loop', '>', 'block type');
define(0x04, 'if', 'i>', 'block type');
define(0x05, 'else', '>');
define(0x0b, 'end', '>');
define(0x0c, 'br', '>', 'label');
define(0x0d, 'br_if', 'i>', 'label');
define(0x0e, 'br_table', 'i>', 'label table');
define(0x0f, 'return', '>');
define(0x10, 'call', '>', 'function');
define(0x11, 'call_indirect', '>', 'indirect');
define(0x1a, 'drop', '>');
define(0x1b, 'select', '>');
define(0x1c, 'select', '>', 'types');
define(0x20, 'local.get', '>', 'local');
define(0x21, 'local.set', '>', 'local');
define(0x22, 'local.tee', '>', 'local');
define(0x23, 'global.get', '>', 'global');
define(0x24, 'global.set', '>', 'global');
define(0x3f, 'memory.size', '>', 'memory');
define(0x40, 'memory.grow', '>', 'memory');
define(0x41, 'i32.const', '>i', 'i32');
define(0x42, 'i64.const', '>I', 'i64');
define(0x43, 'f32.const', '>f', 'f32');
define(0x44, 'f64.const', '>F', 'f64');

const loads: readonly (readonly [name: string, bytes: number, type: number])[] = [
  ['i32.load', 4, I32],
  ['i64.load', 8, I64],
  ['f32.load', 4, F32],
  ['f64.load', 8, F64],
  ['i32.load8_s', 1, I32],
  ['i32.load8_u', 1, I32],
  ['i32.load16_s', 2, I32],
  ['i32.load16_u', 2, I32],
  ['i64.load8_s', 1, I64],
  ['i64.load8_u', 1, I64],
  ['i64.load16_s', 2, I64],
  ['i64.load16_u', 2, I64],
  ['i64.load32_s', 4, I64],
  ['i64.load32_u', 4, I64],
];
loads.forEach(([name, bytes, type], index) =>
  defineAccess(0x28 + index, name, { kind: LOAD, bytes, values: [] }, [type]),
);
const stores: readonly (readonly [name: string, bytes: number, type: number])[] = [
  ['i32.store', 4, I32],
  ['i64.store', 8, I64],
  ['f32.store', 4, F32],
  ['f64.store', 8, F64],
  ['i32.store8', 1, I32],
  ['i32.store16', 2, I32],
  ['i64.store8', 1, I64],
  ['i64.store16', 2, I64],
  ['i64.store32', 4, I64],
];
stores.forEach(([name, bytes, type], index) =>
  defineAccess(0x36 + index, name, { kind: STORE, bytes, values: [type] }, []),
);

define(0x45, 'i32.eqz', 'i>i');
defineRun(
  0x46,
  'ii>i',
  'i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u',
);
define(0x50, 'i64.eqz', 'I>i');
defineRun(
  0x51,
  'II>i',
  'i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u',
);
defineRun(0x5b, 'ff>i', 'f32.eq f32.ne f32.lt f32.gt f32.le f32.ge');
defineRun(0x61, 'FF>i', 'f64.eq f64.ne f64.lt f64.gt f64.le f64.ge');
defineRun(0x67, 'i>i', 'i32.clz i32.ctz i32.popcnt');
defineRun(
  0x6a,
  'ii>i',
  'i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr',
);
defineRun(0x79, 'I>I', 'i64.clz i64.ctz i64.popcnt');
defineRun(
  0x7c,
  'II>I',
  'i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr',
);
defineRun(0x8b, 'f>f', 'f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt');
defineRun(0x92, 'ff>f', 'f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign');
defineRun(0x99, 'F>F', 'f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt');
defineRun(0xa0, 'FF>F', 'f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign');
define(0xa7, 'i32.wrap_i64', 'I>i');
defineRun(0xa8, 'f>i', 'i32.trunc_f32_s i32.trunc_f32_u');
defineRun(0xaa, 'F>i', 'i32.trunc_f64_s i32.trunc_f64_u');
defineRun(0xac, 'i>I', 'i64.extend_i32_s i64.extend_i32_u');
defineRun(0xae, 'f>I', 'i64.trunc_f32_s i64.trunc_f32_u');
defineRun(0xb0, 'F>I', 'i64.trunc_f64_s i64.trunc_f64_u');
defineRun(0xb2, 'i>f', 'f32.convert_i32_s f32.convert_i32_u');
defineRun(0xb4, 'I>f', 'f32.convert_i64_s f32.convert_i64_u');
define(0xb6, 'f32.demote_f64', 'F>f');
defineRun(0xb7, 'i>F', 'f64.convert_i32_s f64.convert_i32_u');
defineRun(0xb9, 'I>F', 'f64.convert_i64_s f64.convert_i64_u');
define(0xbb, 'f64.promote_f32', 'f>F');
define(0xbc, 'i32.reinterpret_f32', 'f>i');
define(0xbd, 'i64.reinterpret_f64', 'F>I');
define(0xbe, 'f32.reinterpret_i32', 'i>f');
define(0xbf, 'f64.reinterpret_i64', 'I>F');
defineRun(0xc0, 'i>i', 'i32.extend8_s i32.extend16_s');
defineRun(0xc2, 'I>I', 'i64.extend8_s i64.extend16_s i64.extend32_s');
define(0xd0, 'ref.null', '>r', 'reference type');
define(0xd1, 'ref.is_null', 'r>i');
define(0xd2, 'ref.func', '>r', 'function');

defineRun(0xfc00, 'f>i', 'i32.trunc_sat_f32_s i32.trunc_sat_f32_u');
defineRun(0xfc02, 'F>i', 'i32.trunc_sat_f64_s i32.trunc_sat_f64_u');
defineRun(0xfc04, 'f>I', 'i64.trunc_sat_f32_s i64.trunc_sat_f32_u');
defineRun(0xfc06, 'F>I', 'i64.trunc_sat_f64_s i64.trunc_sat_f64_u');
define(0xfc08, 'memory.init', '>', 'data and memory');
define(0xfc09, 'data.drop', '>', 'data');
define(0xfc0a, 'memory.copy', '>', 'two memories');
define(0xfc0b, 'memory.fill', '>', 'memory');

define(0xfe03, 'atomic.fence', '>', 'fence');
/** The seven widths of every atomic verb, in the order of their codes. */
const widths: readonly (readonly [type: number, bytes: number])[] = [
  [I32, 4],
  [I64, 8],
  [I32, 1],
  [I32, 2],
  [I64, 1],
  [I64, 2],
  [I64, 4],
];
for (const [index, [type, bytes]] of widths.entries()) {
  const named = (verb: string): string => `${type === I32 ? 'i32' : 'i64'}.atomic.${verb} (${bytes} bytes)`;
  defineAccess(0xfe10 + index, named('load'), { kind: LOAD, bytes, values: [] }, [type]);
  defineAccess(0xfe17 + index, named('store'), { kind: STORE, bytes, values: [type] }, []);
  ['add', 'sub', 'and', 'or', 'xor', 'xchg'].forEach((verb, row) =>
    defineAccess(0xfe1e + 7 * row + index, named(verb), { kind: UPDATE, bytes, values: [type] }, [type]),
  );
  defineAccess(0xfe48 + index, named('cmpxchg'), { kind: UPDATE, bytes, values: [type, type] }, [type]);
}

/** Instructions that find a bit: the machine counts them apart, as the profile prices them apart. */
export const isBitScan = ({ name }: Instruction): boolean => /\.c[lt]z$/.test(name);
