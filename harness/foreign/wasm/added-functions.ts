import { NULL_ZONE_BYTES } from '../../machine/linear-memory';
import { HEAP_BASE } from '../../machine/memory-layout';
import { CONTROL, CONTROL_WORDS, WASM_PAGE_BYTES } from '../memory-map';
import { ByteWriter } from './bytes';
import { NO_RESULT, OP, WORD_ALIGN } from './emitted';
import { MalformedModule } from './malformed-module';
import { EXPORTED_GLOBAL, type FunctionType, type ModuleImage } from './module';
import { F64, I32, I64 } from './opcodes';

/**
 * The functions that a recording module has beside the original's: bodies without their variables and their last
 * `end`. Calls from JavaScript and to it go through some of them, because its numbers are doubles and no 64-bit
 * integers; addresses and sizes below 2^53 pass unchanged, and what is larger stays larger than any memory.
 */

export const addressType = ({ memory }: ModuleImage): number => (memory.is64 ? I64 : I32);

/** The shadow-stack pointer of LLVM's linkers: named so, or the first variable that starts inside the memory. */
export function stackPointerOf(image: ModuleImage): number | undefined {
  const { globals, globalNames } = image;
  const named = [...globalNames].find(([, name]) => name === '__stack_pointer')?.[0];
  const exported = image.exports.find(
    ({ name, kind }) => kind === EXPORTED_GLOBAL && name === '__stack_pointer',
  );
  const likely = globals.findIndex(
    ({ isMutable, type, initial }) =>
      isMutable && type === addressType(image) && initial.kind === 'integer' && initial.value > 0n,
  );
  return named ?? exported?.index ?? (likely < 0 ? undefined : likely);
}

/** The type of a function with numbers in the place of 64-bit integers. */
export function importedType({ params, results }: FunctionType): FunctionType {
  const number = (type: number): number => (type === I64 ? F64 : type);
  return { params: params.map(number), results: results.map(number) };
}

/** Calls an import of `importedType`. */
export function importShim(type: FunctionType, index: number): ByteWriter {
  const body = new ByteWriter();
  type.params.forEach((param, place) => {
    body.byte(OP.localGet).unsigned(place);
    if (param === I64) {
      body.byte(OP.f64ConvertI64S);
    }
  });
  body.byte(OP.call).unsigned(index);
  if (type.results[0] === I64) {
    body.byte(OP.saturating).unsigned(OP.truncSatF64S);
  }
  return body;
}

/** The type of a function with numbers in the place of all integers. */
export function entryType({ params, results }: FunctionType): FunctionType {
  const number = (type: number): number => (type === I32 || type === I64 ? F64 : type);
  return { params: params.map(number), results: results.map(number) };
}

/** Calls a function of the original with numbers. Throws a `MalformedModule` where it returns more than one. */
export function entryPoint(type: FunctionType, index: number): ByteWriter {
  if (type.results.length > 1) {
    throw new MalformedModule(`exports a function of ${type.results.length} results`);
  }
  const body = new ByteWriter();
  type.params.forEach((param, place) => {
    body.byte(OP.localGet).unsigned(place);
    if (param === I32 || param === I64) {
      body.byte(OP.saturating).unsigned(OP.truncSatF64S);
    }
    if (param === I32) {
      body.byte(OP.i32WrapI64);
    }
  });
  body.byte(OP.call).unsigned(index);
  if (type.results[0] === I32) {
    body.byte(OP.f64ConvertI32U);
  } else if (type.results[0] === I64) {
    body.byte(OP.f64ConvertI64S);
  }
  return body;
}

/** Hands a bulk operation on memory to the harness. */
export function bulkBody(
  params: readonly number[],
  hookParams: readonly number[],
  hookIndex: number,
): ByteWriter {
  const body = new ByteWriter();
  params.forEach((type, place) => {
    body.byte(OP.localGet).unsigned(place);
    if (hookParams[place] === F64) {
      body.byte(type === I64 ? OP.f64ConvertI64U : OP.f64ConvertI32U);
    }
  });
  return body.byte(OP.call).unsigned(hookIndex);
}

/**
 * Says of an address outside the heap how much of the ring to take back: nothing for global data, an entry for the
 * frame; of any other the harness knows whether the engine may touch it.
 */
export function outsideBody(
  image: ModuleImage,
  stackPointer: number | undefined,
  hookIndex: number,
): ByteWriter {
  const { is64, pages } = image.memory;
  const body = new ByteWriter();
  const frame = frameRange(image, stackPointer);
  if (frame !== undefined) {
    ifWithin(body, is64, frame.start, frame.end);
    addToWord(body, CONTROL_WORDS.frameAccesses, 1);
    body.byte(OP.i32Const).signed32(4).byte(OP.return).byte(OP.end);
  }
  ifWithin(body, is64, NULL_ZONE_BYTES, Math.max(pages * WASM_PAGE_BYTES, NULL_ZONE_BYTES));
  body.byte(OP.i32Const).signed32(0).byte(OP.return).byte(OP.end);
  body.byte(OP.localGet).unsigned(0);
  body.byte(is64 ? OP.f64ConvertI64U : OP.f64ConvertI32U);
  body.byte(OP.call).unsigned(hookIndex);
  return body.byte(OP.i32Const).signed32(0);
}

/** Adds a constant to a word of the control block. */
export function addToWord(body: ByteWriter, word: number, count: number): void {
  body.byte(OP.i32Const).signed32(CONTROL).byte(OP.i32Const).signed32(CONTROL);
  body.byte(OP.i32Load).unsigned(WORD_ALIGN).unsigned(word);
  body.byte(OP.i32Const).signed32(count).byte(OP.i32Add);
  body.byte(OP.i32Store).unsigned(WORD_ALIGN).unsigned(word);
}

function ifWithin(body: ByteWriter, is64: boolean, start: number, end: number): void {
  const constant = (value: number): ByteWriter =>
    is64 ? body.byte(OP.i64Const).signed(BigInt(value)) : body.byte(OP.i32Const).signed32(value);
  body.byte(OP.localGet).unsigned(0);
  constant(start).byte(is64 ? OP.i64Sub : OP.i32Sub);
  constant(end - start).byte(is64 ? OP.i64LtU : OP.i32LtU);
  body.byte(OP.if).byte(NO_RESULT);
}

/** The shadow stack: from its pointer's first value down to the data below it, or to the null zone. */
function frameRange(
  image: ModuleImage,
  stackPointer: number | undefined,
): { start: number; end: number } | undefined {
  const initial = stackPointer === undefined ? undefined : image.globals[stackPointer]?.initial;
  if (initial?.kind !== 'integer') {
    return undefined;
  }
  const end = Number(initial.value);
  const below = image.data.map(({ offset, bytes }) =>
    offset?.kind === 'integer' && Number(offset.value) < end ? Number(offset.value) + bytes.length : 0,
  );
  const start = Math.max(NULL_ZONE_BYTES, dataEndBelow(image, end), ...below);
  return start < end && end <= HEAP_BASE ? { start, end } : undefined;
}

/** Where zeroed data ends below an address: the linker says so where the module exports it. */
function dataEndBelow(image: ModuleImage, below: number): number {
  const named = image.exports.find(({ name, kind }) => kind === EXPORTED_GLOBAL && name === '__data_end');
  const initial = named === undefined ? undefined : image.globals[named.index]?.initial;
  const end = initial?.kind === 'integer' ? Number(initial.value) : 0;
  return end < below ? end : 0;
}
