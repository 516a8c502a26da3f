import { ByteReader } from './bytes';
import { MalformedModule } from './malformed-module';
import { F32, F64, I32, I64 } from './opcodes';

/**
 * A WebAssembly module as its sections say it is: what there is to rewrite, and no more. Code stays bytes; whoever
 * rewrites it decodes it.
 *
 * Source: WebAssembly Core Specification 3.0, chapter 5.5 (binary format of modules).
 */

export interface FunctionType {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

export interface FunctionImport {
  readonly module: string;
  readonly name: string;
  readonly type: FunctionType;
}

/** The value of a constant expression: everything that initialises globals and places segments. */
export type Constant =
  | { readonly kind: 'integer'; readonly type: number; readonly value: bigint }
  | { readonly kind: 'float'; readonly type: number; readonly bytes: Uint8Array }
  | { readonly kind: 'function'; readonly index: number }
  | { readonly kind: 'null'; readonly type: number }
  | { readonly kind: 'global'; readonly index: number };

export interface Global {
  readonly type: number;
  readonly isMutable: boolean;
  readonly initial: Constant;
}

export interface Table {
  readonly elementType: number;
  readonly is64: boolean;
  readonly min: number;
  readonly max: number | undefined;
}

export interface Export {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

export const EXPORTED_FUNCTION = 0;
export const EXPORTED_GLOBAL = 3;

/** Functions to put into a table; undefined elements are null. */
export interface ElementSegment {
  readonly mode: 'active' | 'passive' | 'declared';
  readonly table: number;
  readonly offset: Constant | undefined;
  readonly functions: readonly (number | undefined)[];
}

export interface DataSegment {
  /** Undefined in a passive segment, which `memory.init` places. */
  readonly offset: Constant | undefined;
  readonly bytes: Uint8Array;
}

export interface FunctionBody {
  /** Types of the declared locals, in runs. */
  readonly locals: readonly { readonly count: number; readonly type: number }[];
  /** The instructions, up to and with the last `end`. Positions are those of the file. */
  readonly code: ByteReader;
}

export interface ModuleImage {
  readonly bytes: Uint8Array;
  readonly types: readonly FunctionType[];
  readonly imports: readonly FunctionImport[];
  /** Type index of every function that the module defines. */
  readonly functions: readonly number[];
  readonly tables: readonly Table[];
  readonly memory: { readonly is64: boolean; readonly pages: number };
  readonly globals: readonly Global[];
  readonly exports: readonly Export[];
  readonly start: number | undefined;
  readonly elements: readonly ElementSegment[];
  readonly dataCount: number | undefined;
  readonly bodies: readonly FunctionBody[];
  /** Where the code section's contents begin in the file: what debug information counts offsets from. */
  readonly codeStart: number;
  readonly data: readonly DataSegment[];
  readonly customs: ReadonlyMap<string, Uint8Array>;
  /** Names of functions and globals, by index, as far as the `name` section gives them. */
  readonly functionNames: ReadonlyMap<number, string>;
  readonly globalNames: ReadonlyMap<number, string>;
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const VALUE_TYPES = new Set([I32, I64, F32, F64, 0x70, 0x6f]);
const FUNCTION_REFERENCE = 0x70;

/** Decodes a module. Throws a `MalformedModule` for what is none, and for what no engine needs. */
export function decodeModule(bytes: Uint8Array): ModuleImage {
  const reader = new ByteReader(bytes);
  if (bytes.length < MAGIC.length || MAGIC.some((byte, index) => bytes[index] !== byte)) {
    throw new MalformedModule('is no WebAssembly module (version 1)');
  }
  reader.take(MAGIC.length);
  const decoder = new Decoder(bytes);
  while (!reader.isAtEnd) {
    const id = reader.byte();
    decoder.section(id, reader.part(reader.u32()));
  }
  return decoder.finish();
}

class Decoder {
  constructor(private readonly bytes: Uint8Array) {}

  private types: FunctionType[] = [];
  private readonly imports: FunctionImport[] = [];
  private functions: number[] = [];
  private tables: Table[] = [];
  private memory: { is64: boolean; pages: number } | undefined;
  private globals: Global[] = [];
  private exports: Export[] = [];
  private start: number | undefined;
  private elements: ElementSegment[] = [];
  private dataCount: number | undefined;
  private bodies: FunctionBody[] = [];
  private codeStart = 0;
  private data: DataSegment[] = [];
  private readonly customs = new Map<string, Uint8Array>();
  private readonly functionNames = new Map<number, string>();
  private readonly globalNames = new Map<number, string>();

  section(id: number, reader: ByteReader): void {
    switch (id) {
      case 0:
        return this.custom(reader);
      case 1:
        this.types = reader.vector(() => functionType(reader));
        return;
      case 2:
        reader.vector(() => this.oneImport(reader));
        return;
      case 3:
        this.functions = reader.vector(() => reader.u32());
        return;
      case 4:
        this.tables = reader.vector(() => table(reader));
        return;
      case 5:
        reader.vector(() => this.oneMemory(memoryLimits(reader)));
        return;
      case 6:
        this.globals = reader.vector(() => {
          const type = valueType(reader);
          return { type, isMutable: reader.byte() === 1, initial: constant(reader) };
        });
        return;
      case 7:
        this.exports = reader.vector(() => ({
          name: reader.name(),
          kind: reader.byte(),
          index: reader.u32(),
        }));
        return;
      case 8:
        this.start = reader.u32();
        return;
      case 9:
        this.elements = reader.vector(() => elementSegment(reader));
        return;
      case 10:
        this.codeStart = reader.position;
        this.bodies = reader.vector(() => functionBody(reader.part(reader.u32())));
        return;
      case 11:
        this.data = reader.vector(() => dataSegment(reader));
        return;
      case 12:
        this.dataCount = reader.u32();
        return;
      default:
        throw new MalformedModule(`has a section ${id}, which no engine needs`);
    }
  }

  finish(): ModuleImage {
    if (this.functions.length !== this.bodies.length) {
      throw new MalformedModule(`declares ${this.functions.length} functions and has ${this.bodies.length}`);
    }
    for (const type of this.functions) {
      this.typeAt(type);
    }
    const { memory } = this;
    if (memory === undefined) {
      throw new MalformedModule('has no memory');
    }
    const { bytes, types, imports, functions, tables, globals, exports, start, elements, dataCount } = this;
    const { bodies, codeStart, data, customs, functionNames, globalNames } = this;
    return {
      ...{ bytes, types, imports, functions, tables, memory, globals, exports, start, elements, dataCount },
      ...{ bodies, codeStart, data, customs, functionNames, globalNames },
    };
  }

  private typeAt(index: number): FunctionType {
    const type = this.types[index];
    if (type === undefined) {
      throw new MalformedModule(`has no type ${index}`);
    }
    return type;
  }

  private oneImport(reader: ByteReader): void {
    const module = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    if (kind === 0) {
      this.imports.push({ module, name, type: this.typeAt(reader.u32()) });
    } else if (kind === 2) {
      this.oneMemory(memoryLimits(reader));
    } else {
      const what = ['function', 'table', 'memory', 'global', 'tag'][kind] ?? `thing of kind ${kind}`;
      throw new MalformedModule(`imports the ${what} "${module}.${name}", which no machine offers`);
    }
  }

  private oneMemory(memory: { is64: boolean; pages: number }): void {
    if (this.memory !== undefined) {
      throw new MalformedModule('has more than one memory');
    }
    this.memory = memory;
  }

  private custom(reader: ByteReader): void {
    const name = reader.name();
    this.customs.set(name, reader.bytes.subarray(reader.position, reader.end));
    if (name === 'name') {
      this.names(reader);
    }
  }

  /** Names are a convenience: where their section is damaged, what could be read is kept. */
  private names(reader: ByteReader): void {
    try {
      while (!reader.isAtEnd) {
        const id = reader.byte();
        const part = reader.part(reader.u32());
        const names = id === 1 ? this.functionNames : id === 7 ? this.globalNames : undefined;
        if (names !== undefined) {
          part.vector(() => names.set(part.u32(), part.name()));
        }
      }
    } catch (error) {
      if (!(error instanceof MalformedModule)) {
        throw error;
      }
    }
  }
}

function functionType(reader: ByteReader): FunctionType {
  const form = reader.byte();
  if (form !== 0x60) {
    throw new MalformedModule(`has a type of form 0x${form.toString(16)}, which no engine needs`);
  }
  return { params: reader.vector(() => valueType(reader)), results: reader.vector(() => valueType(reader)) };
}

function valueType(reader: ByteReader): number {
  const type = reader.byte();
  if (!VALUE_TYPES.has(type)) {
    throw new MalformedModule(
      type === 0x7b
        ? 'uses SIMD vectors (v128): compile without -msimd128'
        : `has a value type 0x${type.toString(16)}, which no engine needs`,
    );
  }
  return type;
}

const LIMITS_HAVE_MAX = 1;
const LIMITS_ARE_SHARED = 2;
const LIMITS_ARE_64 = 4;

function limits(reader: ByteReader): { flags: number; is64: boolean; min: bigint; max: bigint | undefined } {
  const flags = reader.byte();
  if (flags > (LIMITS_HAVE_MAX | LIMITS_ARE_SHARED | LIMITS_ARE_64)) {
    throw new MalformedModule(`has limits of form ${flags}`);
  }
  const min = reader.u64();
  const max = (flags & LIMITS_HAVE_MAX) !== 0 ? reader.u64() : undefined;
  return { flags, is64: (flags & LIMITS_ARE_64) !== 0, min, max };
}

function memoryLimits(reader: ByteReader): { is64: boolean; pages: number } {
  const { is64, min, flags } = limits(reader);
  if ((flags & LIMITS_ARE_SHARED) !== 0) {
    throw new MalformedModule('has a shared memory: compile without threads');
  }
  return { is64, pages: Number(min) };
}

function table(reader: ByteReader): Table {
  const elementType = reader.byte();
  if (elementType !== FUNCTION_REFERENCE) {
    throw new MalformedModule(`has a table of 0x${elementType.toString(16)}, not of functions`);
  }
  const { is64, min, max } = limits(reader);
  return { elementType, is64, min: Number(min), max: max === undefined ? undefined : Number(max) };
}

function constant(reader: ByteReader): Constant {
  const code = reader.byte();
  const found = constantOf(code, reader);
  if (reader.byte() !== 0x0b) {
    throw new MalformedModule(`has a constant of more than one instruction at byte ${reader.position}`);
  }
  return found;
}

function constantOf(code: number, reader: ByteReader): Constant {
  switch (code) {
    case 0x41:
      return { kind: 'integer', type: I32, value: reader.signed() };
    case 0x42:
      return { kind: 'integer', type: I64, value: reader.signed() };
    case 0x43:
      return { kind: 'float', type: F32, bytes: reader.take(4) };
    case 0x44:
      return { kind: 'float', type: F64, bytes: reader.take(8) };
    case 0x23:
      return { kind: 'global', index: reader.u32() };
    case 0xd0:
      return { kind: 'null', type: reader.byte() };
    case 0xd2:
      return { kind: 'function', index: reader.u32() };
    default:
      throw new MalformedModule(`has a constant with the instruction 0x${code.toString(16)}`);
  }
}

/** Bits of an element segment's flags. */
const SEGMENT_IS_PASSIVE_OR_DECLARED = 1;
const SEGMENT_NAMES_TABLE = 2;
const SEGMENT_HAS_EXPRESSIONS = 4;

function elementSegment(reader: ByteReader): ElementSegment {
  const flags = reader.u32();
  if (flags > 7) {
    throw new MalformedModule(`has an element segment of form ${flags}`);
  }
  const isActive = (flags & SEGMENT_IS_PASSIVE_OR_DECLARED) === 0;
  const namesTable = (flags & SEGMENT_NAMES_TABLE) !== 0;
  const hasExpressions = (flags & SEGMENT_HAS_EXPRESSIONS) !== 0;
  const mode = isActive ? 'active' : namesTable ? 'declared' : 'passive';
  const table = isActive && namesTable ? reader.u32() : 0;
  const offset = isActive ? constant(reader) : undefined;
  if (!isActive || namesTable) {
    reader.byte(); // The kind or type of the elements: functions, as tables hold nothing else here.
  }
  const functions = reader.vector(() => {
    if (!hasExpressions) {
      return reader.u32();
    }
    const element = constant(reader);
    return element.kind === 'function' ? element.index : undefined;
  });
  return { mode, table, offset, functions };
}

function dataSegment(reader: ByteReader): DataSegment {
  const flags = reader.u32();
  if (flags > 2) {
    throw new MalformedModule(`has a data segment of form ${flags}`);
  }
  if (flags === 2 && reader.u32() !== 0) {
    throw new MalformedModule('has a data segment for a second memory');
  }
  const offset = flags === 1 ? undefined : constant(reader);
  return { offset, bytes: reader.take(reader.u32()) };
}

function functionBody(code: ByteReader): FunctionBody {
  const locals = code.vector(() => ({ count: code.u32(), type: valueType(code) }));
  return { locals, code };
}
