import type { ByteReader } from './bytes';
import { MalformedModule } from './malformed-module';
import { instructionOf, type Instruction } from './opcodes';

/** An instruction of a function body with what follows its opcode. Positions are those of the file. */
export interface Operation {
  readonly instruction: Instruction;
  readonly start: number;
  readonly end: number;
  /** The label, function, type, local, global or memory index; of a constant its value; of a block its type. */
  readonly operand: bigint;
  /** Of a table of labels: all of them, the last for every other case. */
  readonly labels: readonly number[];
  /** Of a memory argument. */
  readonly offset: bigint;
  /** Of a memory argument: log2 of the alignment. */
  readonly align: number;
}

/** A block type by its binary code: a negative number is a value type or none, another one the index of a type. */
export const NO_BLOCK_TYPE = -64n;

/** Bit 6 of an alignment says that a memory index follows. */
const ALIGN_NAMES_MEMORY = 0x40;

/** Decodes a body's instructions. Throws a `MalformedModule` naming the first that is not supported. */
export function decodeOperations(reader: ByteReader): Operation[] {
  const operations: Operation[] = [];
  while (!reader.isAtEnd) {
    operations.push(decodeOperation(reader));
  }
  if (operations.at(-1)?.instruction.name !== 'end') {
    throw new MalformedModule(`has a function without an end at byte ${reader.position}`);
  }
  return operations;
}

type Argument = { -readonly [part in 'operand' | 'labels' | 'offset' | 'align']: Operation[part] };
const NO_LABELS: readonly number[] = [];

function decodeOperation(reader: ByteReader): Operation {
  const start = reader.position;
  const first = reader.byte();
  const code = first === 0xfc || first === 0xfe ? first * 0x100 + reader.u32() : first;
  const instruction = instructionOf(code);
  if (instruction === undefined) {
    throw new MalformedModule(`${unsupported(code)} at byte ${start}`);
  }
  const argument: Argument = { operand: 0n, labels: NO_LABELS, offset: 0n, align: 0 };
  readImmediate(reader, instruction, argument);
  return { instruction, start, end: reader.position, ...argument };
}

function readImmediate(reader: ByteReader, { immediate, name }: Instruction, argument: Argument): void {
  switch (immediate) {
    case 'none':
      return;
    case 'block type':
    case 'i32':
    case 'i64':
      argument.operand = reader.signed();
      return;
    case 'label':
    case 'function':
    case 'local':
    case 'global':
    case 'data':
    case 'reference type':
      argument.operand = BigInt(reader.u32());
      return;
    case 'label table':
      argument.labels = [...reader.vector(() => reader.u32()), reader.u32()];
      return;
    case 'indirect':
      argument.operand = BigInt(reader.u32());
      reader.u32();
      return;
    case 'memory argument':
      argument.align = reader.u32();
      requireFirstMemory((argument.align & ALIGN_NAMES_MEMORY) !== 0 && reader.u32() !== 0, name);
      argument.align &= ALIGN_NAMES_MEMORY - 1;
      argument.offset = reader.u64();
      return;
    case 'memory':
      requireFirstMemory(reader.u32() !== 0, name);
      return;
    case 'two memories':
      requireFirstMemory(reader.u32() + reader.u32() !== 0, name);
      return;
    case 'data and memory':
      argument.operand = BigInt(reader.u32());
      requireFirstMemory(reader.u32() !== 0, name);
      return;
    case 'f32':
      reader.take(4);
      return;
    case 'f64':
      reader.take(8);
      return;
    case 'types':
      reader.vector(() => reader.byte());
      return;
    case 'fence':
      reader.byte();
      return;
  }
}

function requireFirstMemory(isOther: boolean, name: string): void {
  if (isOther) {
    throw new MalformedModule(`touches a second memory (${name})`);
  }
}

function unsupported(code: number): string {
  const hex = `0x${code.toString(16)}`;
  if (code === 0xfd) {
    return 'uses SIMD (compile without -msimd128)';
  }
  if (code >= 0xfe00) {
    return `uses the thread instruction ${hex}, which waits or notifies or is none`;
  }
  if (code === 0xfb) {
    return 'uses garbage-collected types';
  }
  if ((code >= 0x06 && code <= 0x0a) || code === 0x18 || code === 0x19 || code === 0x1f) {
    return 'uses exceptions (compile with -fno-exceptions)';
  }
  if (code === 0x12 || code === 0x13) {
    return 'uses tail calls (compile with -mno-tail-call)';
  }
  return `uses the instruction ${hex}, which is not supported,`;
}
