import { MODULE_END, WASM_PAGE_BYTES } from '../memory-map';
import {
  addressType,
  bulkBody,
  entryPoint,
  entryType,
  importedType,
  importShim,
  outsideBody,
  stackPointerOf,
} from './added-functions';
import { ByteWriter } from './bytes';
import { OP } from './emitted';
import { recordFunction, type RecordedFunction, type RecordingPlan } from './function-recorder';
import { MalformedModule } from './malformed-module';
import {
  EXPORTED_FUNCTION,
  EXPORTED_GLOBAL,
  type Constant,
  type ElementSegment,
  type FunctionType,
  type ModuleImage,
} from './module';
import { F64, I32, I64 } from './opcodes';

/**
 * Makes a module that records what it does of one that does not. What the original exports as functions is exported
 * under the same names, with every parameter and result a JavaScript number; what it imports is imported likewise. The
 * memory comes from the harness. Index spaces: imports, hooks of the harness, the original's functions, the functions
 * added here.
 */

/** Functions that the harness gives to every recording module, under `HOOKS_MODULE`. */
export const HOOKS_MODULE = 'alloc-replay';
const HOOKS = ['refresh', 'outside', 'copy', 'fill', 'piece', 'journal'] as const;
export type Hook = (typeof HOOKS)[number];
const HOOK_TYPES: Readonly<Record<Hook, FunctionType>> = {
  refresh: { params: [], results: [] },
  outside: { params: [F64], results: [] },
  copy: { params: [F64, F64, F64], results: [] },
  fill: { params: [F64, I32, F64], results: [] },
  piece: { params: [I32], results: [] },
  journal: { params: [I32, I32], results: [] },
};

/** The shadow-stack pointer is exported under this name: whoever ends a call in the middle sets it back. */
export const STACK_POINTER = 'alloc-replay stack pointer';

export interface RecordedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The instruction of the original (by its position in that file) that stands at a position of `bytes`. */
  originalPosition(position: number): number | undefined;
}

export interface Recording {
  /** The heap of the machine that the module will run on. */
  readonly heapBytes: number;
  /** Whether the hook `journal` is told of every store before it is made, by its address and bytes. */
  readonly isJournaled?: boolean;
  /** Numbers the places in the source, so that every stretch tells the hook `piece` which it was. */
  readonly pieceOf?: (position: number) => number;
}

/** Rewrites a module. Throws a `MalformedModule` for one that cannot stand in the machine's memory. */
export function recordModule(image: ModuleImage, recording: Recording): RecordedModule {
  return new ModuleRecorder(image, recording).record();
}

interface AddedFunction {
  readonly type: FunctionType;
  readonly body: ByteWriter;
}

class ModuleRecorder {
  private readonly types: FunctionType[];
  private readonly typeIndices = new Map<string, number>();
  private readonly added: AddedFunction[] = [];
  /** Where an imported function that takes or gives 64-bit integers is converted. */
  private readonly shims = new Map<number, number>();
  private readonly stackPointer: number | undefined;

  constructor(
    private readonly image: ModuleImage,
    private readonly recording: Recording,
  ) {
    const { memory } = image;
    if (memory.pages * WASM_PAGE_BYTES > MODULE_END) {
      throw new MalformedModule(
        `wants a memory of ${memory.pages} pages of 64 KiB for itself; an engine has ${MODULE_END / WASM_PAGE_BYTES}, its heap aside`,
      );
    }
    this.types = [...image.types];
    image.types.forEach((type, index) => this.typeIndices.set(keyOf(type), index));
    this.stackPointer = stackPointerOf(image);
  }

  record(): RecordedModule {
    const { image, recording } = this;
    const { pieceOf } = recording;
    const addressed = addressType(image);
    image.imports.forEach(({ type }, index) => {
      if (type.params.includes(I64) || type.results.includes(I64)) {
        this.shims.set(index, this.add(type, importShim(type, index)));
      }
    });
    const outside = this.add(
      { params: [addressed], results: [I32] },
      outsideBody(image, this.stackPointer, this.hookIndex('outside')),
    );
    const copy = this.addBulk('copy', [addressed, addressed, addressed]);
    const fill = this.addBulk('fill', [addressed, I32, addressed]);
    const plan: RecordingPlan = {
      image,
      stackPointer: this.stackPointer,
      functionIndex: (original) => this.functionIndex(original),
      refresh: this.hookIndex('refresh'),
      heapBytes: recording.heapBytes,
      ...{ outside, copy, fill },
      journal: recording.isJournaled === true ? this.hookIndex('journal') : undefined,
      resultsType: (results) => this.typeIndex({ params: [], results }),
      pieces: pieceOf === undefined ? undefined : { told: this.hookIndex('piece'), pieceOf },
    };
    const functions = image.bodies.map((body, index) =>
      recordFunction(plan, image.types[image.functions[index]!]!, body),
    );
    const entries = image.exports
      .filter(({ name, kind }) => kind === EXPORTED_FUNCTION && name !== STACK_POINTER)
      .map(({ name, index }) => ({ name, index: this.addEntry(index) }));
    return this.assemble(functions, entries);
  }

  private assemble(
    functions: readonly RecordedFunction[],
    entries: readonly { name: string; index: number }[],
  ): RecordedModule {
    const { image } = this;
    const module = new ByteWriter().bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    const section = (id: number, write: (part: ByteWriter) => void): void => {
      const part = new ByteWriter();
      write(part);
      module.byte(id).sized(part);
    };
    const importTypes = [
      ...image.imports.map(({ type }) => importedType(type)),
      ...HOOKS.map((hook) => HOOK_TYPES[hook]),
    ].map((type) => this.typeIndex(type));
    const addedTypes = this.added.map(({ type }) => this.typeIndex(type));
    section(1, (part) => part.vector(this.types, (type) => writeType(part, type)));
    section(2, (part) => this.writeImports(part, importTypes));
    section(3, (part) => part.vector([...image.functions, ...addedTypes], (type) => part.unsigned(type)));
    if (image.tables.length > 0) {
      section(4, (part) => this.writeTables(part));
    }
    section(6, (part) =>
      part.vector(image.globals, ({ type, isMutable, initial }) => {
        part.byte(type).byte(isMutable ? 1 : 0);
        this.writeConstant(part, initial);
      }),
    );
    section(7, (part) => {
      part.unsigned(entries.length + (this.stackPointer === undefined ? 0 : 1));
      entries.forEach(({ name, index }) => part.name(name).byte(EXPORTED_FUNCTION).unsigned(index));
      if (this.stackPointer !== undefined) {
        part.name(STACK_POINTER).byte(EXPORTED_GLOBAL).unsigned(this.stackPointer);
      }
    });
    if (image.start !== undefined) {
      const { start } = image;
      section(8, (part) => part.unsigned(this.functionIndex(start)));
    }
    if (image.elements.length > 0) {
      section(9, (part) => part.vector(image.elements, (segment) => this.writeElements(part, segment)));
    }
    if (image.dataCount !== undefined) {
      section(12, (part) => part.unsigned(image.data.length));
    }
    const places = this.writeCode(module, functions);
    if (image.data.length > 0) {
      section(11, (part) =>
        part.vector(image.data, ({ offset, bytes }) => {
          part.byte(offset === undefined ? 1 : 0);
          if (offset !== undefined) {
            this.writeAddress(part, offset);
          }
          part.unsigned(bytes.length).bytes(bytes);
        }),
      );
    }
    this.writeNames(module);
    return {
      bytes: module.finish().slice(),
      originalPosition: (position) => originalPosition(places, position),
    };
  }

  private writeTables(part: ByteWriter): void {
    part.vector(this.image.tables, ({ elementType, min, max }) => {
      part
        .byte(elementType)
        .byte(max === undefined ? 0 : 1)
        .unsigned(min);
      if (max !== undefined) {
        part.unsigned(max);
      }
    });
  }

  private writeImports(part: ByteWriter, types: readonly number[]): void {
    const { imports } = this.image;
    const all = [
      ...imports.map(({ module, name }) => ({ module, name })),
      ...HOOKS.map((name) => ({ module: HOOKS_MODULE, name })),
    ];
    part.unsigned(all.length + 1);
    all.forEach(({ module, name }, index) => part.name(module).name(name).byte(0).unsigned(types[index]!));
    part.name(HOOKS_MODULE).name('memory').byte(2).byte(0).unsigned(this.image.memory.pages);
  }

  /** Returns where the functions of the original went. */
  private writeCode(module: ByteWriter, functions: readonly RecordedFunction[]): Placed[] {
    const bodies = [
      ...functions.map(({ body }) => body),
      ...this.added.map(({ body }) => new ByteWriter().byte(0).bytes(body.finish()).byte(OP.end).finish()),
    ];
    const code = new ByteWriter().unsigned(bodies.length);
    const starts = bodies.map((body) => {
      code.unsigned(body.length);
      const start = code.length;
      code.bytes(body);
      return start;
    });
    module.byte(10).sized(code);
    const codeStart = module.length - code.length;
    return functions.map(({ body, origins }, index) => ({
      start: codeStart + starts[index]!,
      end: codeStart + starts[index]! + body.length,
      origins,
    }));
  }

  /** Stack traces name functions by this section. */
  private writeNames(module: ByteWriter): void {
    const names = [...this.image.functionNames]
      .filter(([index]) => index < this.image.imports.length + this.image.functions.length)
      .map(([index, name]) => [this.functionIndex(index), name] as const)
      .sort(([a], [b]) => a - b);
    const functions = new ByteWriter();
    functions.vector(names, ([index, name]) => functions.unsigned(index).name(name));
    module.byte(0).sized(new ByteWriter().name('name').byte(1).sized(functions));
  }

  private writeElements(part: ByteWriter, { mode, table, offset, functions }: ElementSegment): void {
    const references = functions.every((index) => index !== undefined);
    const form = { active: table === 0 ? 0 : 2, passive: 1, declared: 3 }[mode] + (references ? 0 : 4);
    part.unsigned(form);
    if (mode === 'active' && table !== 0) {
      part.unsigned(table);
    }
    if (offset !== undefined) {
      this.writeAddress(part, offset);
    }
    if (form !== 0 && form !== 4) {
      part.byte(references ? 0x00 : 0x70);
    }
    part.vector(functions, (index) => {
      if (references) {
        part.unsigned(this.functionIndex(index!));
      } else if (index === undefined) {
        part.byte(OP.refNull).byte(0x70).byte(OP.end);
      } else {
        part.byte(OP.refFunc).unsigned(this.functionIndex(index)).byte(OP.end);
      }
    });
  }

  /** An offset into memory or table: 32 bits, whatever the original's addresses have. */
  private writeAddress(part: ByteWriter, offset: Constant): void {
    if (offset.kind === 'integer') {
      part
        .byte(OP.i32Const)
        .signed32(Number(BigInt.asIntN(32, offset.value)))
        .byte(OP.end);
    } else {
      this.writeConstant(part, offset);
    }
  }

  private writeConstant(part: ByteWriter, constant: Constant): void {
    switch (constant.kind) {
      case 'integer':
        part.byte(constant.type === I64 ? OP.i64Const : OP.i32Const).signed(constant.value);
        break;
      case 'float':
        part.byte(constant.type === F64 ? OP.f64Const : OP.f32Const).bytes(constant.bytes);
        break;
      case 'function':
        part.byte(OP.refFunc).unsigned(this.functionIndex(constant.index));
        break;
      case 'null':
        part.byte(OP.refNull).byte(constant.type);
        break;
      case 'global':
        part.byte(OP.globalGet).unsigned(constant.index);
        break;
    }
    part.byte(OP.end);
  }

  private addBulk(hook: Hook, params: readonly number[]): number {
    return this.add({ params, results: [] }, bulkBody(params, HOOK_TYPES[hook].params, this.hookIndex(hook)));
  }

  private addEntry(original: number): number {
    const type = this.typeOfFunction(original);
    return this.add(entryType(type), entryPoint(type, this.functionIndex(original)));
  }

  private typeOfFunction(index: number): FunctionType {
    const { imports, functions, types } = this.image;
    const type = imports[index]?.type ?? types[functions[index - imports.length] ?? -1];
    if (type === undefined) {
      throw new MalformedModule(`has no function ${index}`);
    }
    return type;
  }

  private functionIndex(original: number): number {
    const { imports } = this.image;
    return original < imports.length ? (this.shims.get(original) ?? original) : original + HOOKS.length;
  }

  private hookIndex(hook: Hook): number {
    return this.image.imports.length + HOOKS.indexOf(hook);
  }

  private add(type: FunctionType, body: ByteWriter): number {
    this.added.push({ type, body });
    const { imports, functions } = this.image;
    return imports.length + HOOKS.length + functions.length + this.added.length - 1;
  }

  private typeIndex(type: FunctionType): number {
    const key = keyOf(type);
    const known = this.typeIndices.get(key);
    if (known !== undefined) {
      return known;
    }
    this.types.push(type);
    this.typeIndices.set(key, this.types.length - 1);
    return this.types.length - 1;
  }
}

const keyOf = ({ params, results }: FunctionType): string => `${params.join()}>${results.join()}`;

function writeType(part: ByteWriter, { params, results }: FunctionType): void {
  part.byte(0x60);
  part.vector(params, (type) => part.byte(type));
  part.vector(results, (type) => part.byte(type));
}

interface Placed {
  readonly start: number;
  readonly end: number;
  readonly origins: RecordedFunction['origins'];
}

function originalPosition(places: readonly Placed[], position: number): number | undefined {
  const place = places.find(({ start, end }) => position >= start && position < end);
  let found: number | undefined;
  for (const { from, at } of place?.origins ?? []) {
    if (place!.start + at > position) {
      break;
    }
    found = from;
  }
  return found;
}
