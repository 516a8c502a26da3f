import { createHash } from 'node:crypto';
import { LOCATIONS_SECTION, LocationTable, placeText, type Place } from './locations';
import { stackPointerOf } from './wasm/added-functions';
import { MalformedModule } from './wasm/malformed-module';
import { decodeModule, EXPORTED_FUNCTION, type ModuleImage } from './wasm/module';
import { I32, I64 } from './wasm/opcodes';
import { HOOKS_MODULE, recordModule, type RecordedModule } from './wasm/recorded-module';

/**
 * A foreign engine's module: checked against the port when it is made, rewritten to record for every size of heap that
 * it is run on.
 */

/** What the port lets an engine export: parameters, and whether there is a result. All are addresses or integers. */
const ENGINE_FUNCTIONS = {
  ar_start: { params: 2, results: 0 },
  ar_allocate: { params: 2, results: 1 },
  ar_free: { params: 3, results: 0 },
  ar_reallocate: { params: 3, results: 1 },
  ar_aligned_allocate: { params: 4, results: 1 },
  ar_usable_size: { params: 1, results: 1 },
  ar_compact: { params: 0, results: 1 },
  ar_page_take: { params: 1, results: 1 },
  ar_page_give: { params: 2, results: 0 },
  ar_check: { params: 0, results: 0 },
  __ar_walk: { params: 0, results: 0 },
  __ar_block_at: { params: 1, results: 1 },
} as const;
export type EngineFunction = keyof typeof ENGINE_FUNCTIONS;

/** What a machine offers. */
const HARNESS_FUNCTIONS = {
  ar_page_alloc: { params: 1, results: 1 },
  ar_page_free: { params: 2, results: 0 },
  ar_page_word: { params: 1, results: 1 },
  ar_sbrk: { params: 1, results: 1 },
  ar_mmap: { params: 1, results: 1 },
  ar_munmap: { params: 2, results: 0 },
  ar_lock: { params: 1, results: 0 },
  ar_unlock: { params: 1, results: 0 },
  ar_map: { params: 2, results: 0 },
  ar_unmap: { params: 2, results: 0 },
  ar_tlb_flush: { params: 1, results: 0 },
  ar_panic: { params: 1, results: 0 },
  ar_bug: { params: 1, results: 0 },
  ar_print: { params: 1, results: 0 },
  ar_step: { params: 1, results: 0 },
  ar_moved: { params: 2, results: 0 },
  ar_visit: { params: 3, results: 0 },
  ar_held_from: { params: 1, results: 1 },
  ar_held_until: { params: 1, results: 1 },
} as const;
export type HarnessFunction = keyof typeof HARNESS_FUNCTIONS;

type Shape = { readonly params: number; readonly results: number };

/** Where the memory that an engine hands out comes from. */
export type MemorySource = 'heap' | 'pages' | 'system' | 'own pages';

/** What a recording tells beside the accesses: every stretch's place in the source, or what is overwritten. */
type Extra = 'nothing' | 'places' | 'journal';

export class ForeignModule {
  readonly image: ModuleImage;
  /** Of the module as it was given: what its results follow from. */
  readonly sha256: string;
  readonly locations: LocationTable;
  /** Bytes of a pointer, by which the fields of structures lie. */
  readonly pointerBytes: 4 | 8;
  private readonly recorded = new Map<string, CompiledRecording>();

  /** Throws a `MalformedModule` for what is no engine. */
  constructor(bytes: Uint8Array) {
    this.image = decodeModule(bytes);
    this.sha256 = createHash('sha256').update(bytes).digest('hex');
    const section = this.image.customs.get(LOCATIONS_SECTION);
    this.locations = section === undefined ? namesOnly(this.image) : LocationTable.decode(section);
    this.checkImports();
    this.checkExports();
    this.pointerBytes = this.typeOf('ar_start').params.includes(I64) ? 8 : 4;
  }

  has(name: EngineFunction | 'ar_walk' | 'ar_block_at'): boolean {
    return this.image.exports.some((each) => each.kind === EXPORTED_FUNCTION && each.name === name);
  }

  imports(name: HarnessFunction): boolean {
    return this.image.imports.some((each) => each.name === name);
  }

  get memorySource(): MemorySource {
    if (this.has('ar_page_take')) {
      return 'own pages';
    }
    if (this.imports('ar_page_alloc')) {
      return 'pages';
    }
    return this.imports('ar_sbrk') || this.imports('ar_mmap') ? 'system' : 'heap';
  }

  /** An address or a size as the module's calls bring it: 32 bits come with a sign. */
  readonly address = (value: number): number => (this.pointerBytes === 4 ? value >>> 0 : value);

  /** The module that records, for a heap of that size; see `Extra` for what else it may tell. */
  recording(heapBytes: number, extra: Extra): CompiledRecording {
    const key = `${heapBytes} ${extra}`;
    const known = this.recorded.get(key) ?? this.compile(heapBytes, extra);
    this.recorded.set(key, known);
    return known;
  }

  /** Whether all that it knows between two calls stands in its memory, where a journal can follow it. */
  get isAllInMemory(): boolean {
    const { data, globals } = this.image;
    const stackPointer = stackPointerOf(this.image);
    return (
      globals.every(({ isMutable }, index) => !isMutable || index === stackPointer) &&
      data.every(({ offset }) => offset !== undefined)
    );
  }

  /** Where in the source a stack trace's first frame inside the engine's own code is. */
  placeOfStack(stack: string, { recorded }: CompiledRecording): Place {
    for (const [, position] of stack.matchAll(/wasm-function\[\d+\]:0x([0-9a-f]+)/g)) {
      const original = recorded.originalPosition(parseInt(position!, 16));
      const place = original === undefined ? [] : this.placeAt(original);
      if (place.length > 0 && !RUNTIME_FILE.test(place[0]!.file)) {
        return place;
      }
    }
    return [];
  }

  /** Where in the source a verb of the engine begins, in words. */
  verbText(name: EngineFunction): string {
    const { exports: all, imports, bodies, codeStart } = this.image;
    const index = all.find((each) => each.kind === EXPORTED_FUNCTION && each.name === name)?.index ?? -1;
    const code = bodies[index - imports.length]?.code;
    const place =
      code && this.locations.firstLineWithin(code.position - codeStart, code.end - codeStart)?.slice(-1);
    return place === undefined ? name : placeText(place);
  }

  private placeAt(position: number): Place {
    return this.locations.places[this.locations.indexAt(position - this.image.codeStart)] ?? [];
  }

  private compile(heapBytes: number, extra: Extra): CompiledRecording {
    const { image, locations } = this;
    const recorded = recordModule(image, {
      heapBytes,
      isJournaled: extra === 'journal',
      ...(extra === 'places' && { pieceOf: (position) => locations.indexAt(position - image.codeStart) }),
    });
    try {
      return { recorded, module: new WebAssembly.Module(recorded.bytes) };
    } catch (error) {
      if (error instanceof WebAssembly.CompileError) {
        throw new MalformedModule(`is not valid: ${error.message.replace(/^.*?: /, '')}`);
      }
      throw error;
    }
  }

  private checkImports(): void {
    const { image } = this;
    for (const { module, name, type } of image.imports) {
      const shape = Object.hasOwn(HARNESS_FUNCTIONS, name)
        ? HARNESS_FUNCTIONS[name as HarnessFunction]
        : undefined;
      if (shape === undefined || module === HOOKS_MODULE) {
        throw new MalformedModule(`imports "${module}.${name}", which no machine offers`);
      }
      if (!hasShape(type, shape)) {
        throw new MalformedModule(
          `imports "${name}" as ${signature(type)}, which alloc-replay.h declares otherwise`,
        );
      }
    }
    if (this.imports('ar_page_alloc') && (this.imports('ar_sbrk') || this.imports('ar_mmap'))) {
      throw new MalformedModule('takes memory both from ar_page_alloc and from ar_sbrk or ar_mmap');
    }
  }

  private checkExports(): void {
    const wanted: EngineFunction[] = this.has('ar_page_take')
      ? ['ar_start', 'ar_page_take', 'ar_page_give']
      : ['ar_start', 'ar_allocate', 'ar_free'];
    const missing = wanted.filter((name) => !this.has(name));
    if (missing.length > 0) {
      throw new MalformedModule(`exports no ${missing.join(', no ')}`);
    }
    for (const name of Object.keys(ENGINE_FUNCTIONS) as EngineFunction[]) {
      if (this.has(name) && !hasShape(this.typeOf(name), ENGINE_FUNCTIONS[name])) {
        throw new MalformedModule(
          `exports ${name} as ${signature(this.typeOf(name))}, which alloc-replay.h declares otherwise`,
        );
      }
    }
  }

  private typeOf(name: EngineFunction) {
    const { image } = this;
    const { index } = image.exports.find((each) => each.kind === EXPORTED_FUNCTION && each.name === name)!;
    const type =
      image.imports[index]?.type ?? image.types[image.functions[index - image.imports.length] ?? -1];
    if (type === undefined) {
      throw new MalformedModule(`exports ${name}, of which it has no code`);
    }
    return type;
  }
}

export interface CompiledRecording {
  readonly recorded: RecordedModule;
  readonly module: WebAssembly.Module;
}

/** Our own runtime: who calls `abort` is what a message is about, not where `abort` stands. */
const RUNTIME_FILE = /^\$alloc-replay\//;

const isWord = (type: number): boolean => type === I32 || type === I64;

function hasShape(type: { params: readonly number[]; results: readonly number[] }, shape: Shape): boolean {
  return (
    type.params.length === shape.params &&
    type.results.length === shape.results &&
    [...type.params, ...type.results].every(isWord)
  );
}

function signature({ params, results }: { params: readonly number[]; results: readonly number[] }): string {
  const names = (types: readonly number[]): string =>
    types
      .map((type) => ({ 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64' })[type] ?? 'reference')
      .join(', ');
  return `(${names(params)}) → (${names(results)})`;
}

/** Without a table of places a function's name is all there is. */
function namesOnly({ bodies, imports, functionNames, codeStart }: ModuleImage): LocationTable {
  const places = bodies.map((_, index) => [
    {
      functionName: functionNames.get(imports.length + index) ?? `function ${imports.length + index}`,
      file: '',
      line: 0,
    },
  ]);
  const starts = bodies.map(({ code }) => code.position - codeStart);
  return new LocationTable(
    places.length === 0 ? [[]] : places,
    starts,
    starts.map((_, index) => index),
  );
}
