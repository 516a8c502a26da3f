import { InputError } from '../../traces/input-error';
import { Fault, HeapCorruption, isEngineFailure, Runaway, Trap } from '../machine/failures';
import { NULL_ZONE_BYTES, type LinearMemory } from '../machine/linear-memory';
import type { LinearEngine, Machine } from '../machine/machine';
import type { Step } from '../machine/steps';
import type { VisitReader } from '../replay/port';
import { EngineKernel, type KernelFunctionName } from './engine-kernel';
import type { CompiledRecording, EngineFunction, ForeignModule, HarnessFunction } from './foreign-module';
import { placeText } from './locations';
import { HELD, STREAM_ADDRESSES, WASM_PAGE_BYTES } from './memory-map';
import { SharedStream } from './shared-stream';
import { WriteJournal } from './write-journal';
import { HOOKS_MODULE, STACK_POINTER, type Hook } from './wasm/recorded-module';

/**
 * A foreign engine's module on a machine: the stream is handed to it for a call and taken back afterwards, or in the
 * middle when it asks the machine for something; and what ends a call in the middle is told in the harness's words.
 */

/** What the recording module exports; a result is there where the port has one. */
export interface Entries {
  ar_start(heap: number, bytes: number): void;
  ar_allocate(sizeBytes: number, align: number): number;
  ar_free(object: number, sizeBytes: number, align: number): void;
  ar_reallocate?(object: number, sizeBytes: number, align: number): number;
  ar_aligned_allocate?(sizeBytes: number, align: number, offset: number, span: number): number;
  ar_usable_size?(object: number): number;
  ar_compact?(): number;
  ar_page_take?(order: number): number;
  ar_page_give?(object: number, order: number): void;
  ar_check?(): void;
  __ar_walk?(): void;
  __ar_block_at?(object: number): number;
  /** What compilers of C++ and Rust leave to be run before anything else. */
  _initialize?(): void;
  __wasm_call_ctors?(): void;
}

/** The functions of `alloc-replay.h` that the harness defines, as the module calls them. */
export type HarnessFunctions = Readonly<
  Record<Exclude<HarnessFunction, KernelFunctionName>, (...values: number[]) => number | undefined | void>
>;

/** A loop without accesses is stopped when it has run as many instructions as this many accesses would take. */
const INSTRUCTIONS_PER_ACCESS_LIMIT = 4;

/** Ends a call in the middle: the request is one over which the real system stops. */
export class BugCheck extends Error {
  override readonly name = 'BugCheck';
}

export interface ServiceWatcher {
  beforeService(): void;
}

export class RunningModule implements LinearEngine {
  readonly streamAddresses = STREAM_ADDRESSES;
  readonly ownMemory;
  entries!: Entries;
  memory!: LinearMemory;
  kernel!: EngineKernel;
  stream!: SharedStream;
  /** Told when the machine does something for the engine: the run of a block that is under way. */
  watcher: ServiceWatcher | undefined;
  private journal: WriteJournal | undefined;
  private readonly isJournaled: boolean;
  private readonly recording: CompiledRecording;
  private readonly instructionsMax: number;
  private readonly pieceSteps: readonly Step[];
  private readonly verbSteps = new Map<EngineFunction, Step>();
  private visitReader: VisitReader | undefined;
  private stackPointer: WebAssembly.Global | undefined;
  private stackPointerAtRest: unknown;

  /**
   * @param name the engine's, under which the places in its source are steps
   * @param functions what the engine calls; made when the memory is there
   * @param lockBit the bit of the lock whose name stands at an address
   * @param mayTouch whether an address outside heap and module may be touched
   */
  constructor(
    private readonly machine: Machine,
    private readonly module: ForeignModule,
    private readonly name: string,
    private readonly functions: () => HarnessFunctions,
    private readonly lockBit: (name: number) => number,
    private readonly mayTouch: (address: number) => boolean,
  ) {
    machine.host(this);
    this.ownMemory = { start: NULL_ZONE_BYTES, end: module.image.memory.pages * WASM_PAGE_BYTES };
    const isLocated = machine.stream.isObserved;
    const isJournaled = machine.keepsPast && !isLocated && module.isAllInMemory;
    this.isJournaled = isJournaled;
    this.recording = module.recording(
      machine.layout.heapBytes,
      isLocated ? 'places' : isJournaled ? 'journal' : 'nothing',
    );
    this.instructionsMax = INSTRUCTIONS_PER_ACCESS_LIMIT * machine.accessesMax;
    this.pieceSteps = isLocated ? placeSteps(machine, module, name) : [];
  }

  linearMemoryMade(memory: LinearMemory): void {
    this.memory = memory;
    this.kernel = new EngineKernel(memory.memory, {
      lockBit: this.lockBit,
      segmentsFull: () => this.segmentsFull(),
      visited: () => this.visited(),
      visitedOutside: (start, bytes) => {
        throw new HeapCorruption(undefined, `ar_walk showed ${bytes} bytes from ${start}, which is no block`);
      },
      journalFull: () => this.journal?.full(),
    });
    this.kernel.seeHeld(this.machine.ledger);
    this.stream = new SharedStream(this.machine.stream, this.kernel.words, this.kernel.numbers);
    const functions: Readonly<Record<string, WebAssembly.ImportValue>> = {
      ...this.functions(),
      ...this.kernel.functions(this.module),
    };
    const imports: WebAssembly.Imports = { [HOOKS_MODULE]: { memory: memory.memory, ...this.hooks() } };
    for (const { module, name } of this.module.image.imports) {
      imports[module] = { ...imports[module], [name]: functions[name]! };
    }
    // A start function runs here, as a part of the engine's start.
    const { exports } = this.startUp(() => new WebAssembly.Instance(this.recording.module, imports));
    this.entries = exports as unknown as Entries;
    this.stackPointer = exports[STACK_POINTER] as WebAssembly.Global | undefined;
    this.stackPointerAtRest = this.stackPointer?.value;
  }

  /** From here on what is overwritten is kept; undefined where that was not asked for, or cannot be done. */
  beginJournal(): WriteJournal | undefined {
    const { kernel, memory, machine } = this;
    if (!this.isJournaled || !kernel.seesHeld) {
      return undefined;
    }
    const journal = new WriteJournal(memory.memory, kernel.words, kernel.journal);
    this.journal = journal;
    machine.overwritten = journal;
    memory.beforeWrite = (address, bytes) => journal.beforeWrite(address, bytes);
    machine.ledger.beforeChange = (first, count) => journal.beforeWrite(HELD + first, count);
    journal.begin();
    return journal;
  }

  /** Before a call for the program: hands the stream to the module. What goes wrong, goes wrong in that verb. */
  begin(verb: Step): void {
    this.machine.stream.lastStep = verb;
    this.stream.beginCall();
  }

  /** After it: takes the stream back. */
  end(): void {
    this.stream.take();
  }

  /** A call that is too rare for its `begin`, `end` and errors to be written out. */
  call<T>(verb: Step, action: () => T): T {
    this.begin(verb);
    const result = this.protect(action);
    this.end();
    return result;
  }

  /** A call of the engine's start, before any operation: where it fails there is no engine to replay with. */
  startUp<T>(action: () => T): T {
    try {
      return this.call(this.verbStep('ar_start'), action);
    } catch (error) {
      if (isEngineFailure(error)) {
        throw new InputError({
          where: this.name,
          problem: `cannot start: ${error.message}`,
          expected: 'an engine whose ar_start returns',
        });
      }
      throw error;
    }
  }

  /** An observer's call: nothing of it is recorded. */
  observe<T>(call: () => T): T {
    this.stream.beginObserving();
    try {
      return this.protect(call);
    } finally {
      this.stream.endObserving();
    }
  }

  /**
   * A walk of the engine's over its heap. Visits wait in the kernel's column; where the walk ends in the middle, those
   * before it count, and the reader has the first word on what is wrong.
   */
  walkRows(read: VisitReader): void {
    this.kernel.readVisits(() => undefined);
    this.visitReader = read;
    try {
      this.observe(() => this.entries.__ar_walk!());
    } finally {
      this.visitReader = undefined;
      this.kernel.readVisits(read);
    }
  }

  private visited(): void {
    this.kernel.readVisits(this.visitReader ?? (() => undefined));
  }

  /** `observe` without a closure: every allocation is looked at. */
  observeAt(entry: (address: number) => number, address: number): number {
    this.stream.beginObserving();
    try {
      return entry(address);
    } catch (error) {
      throw this.ended(error);
    } finally {
      this.stream.endObserving();
    }
  }

  /** A verb as a step without instructions of its own: the module counts these. */
  verbStep(name: EngineFunction): Step {
    const known = this.verbSteps.get(name);
    if (known !== undefined) {
      return known;
    }
    const text = this.module.verbText(name);
    const step = this.machine.defineSteps(this.name, { [text]: { instructions: 0 } })[text]!;
    this.verbSteps.set(name, step);
    return step;
  }

  /** What the machine does for the engine goes into the stream at its place; for an observer it does nothing. */
  serve(action: () => void): void {
    if (!this.stream.isObserving) {
      this.takeStream();
      action();
      this.giveStream();
    }
  }

  /** Within a call: the machine does something for the engine before it gives the stream back. */
  takeStream(): void {
    this.stream.take();
    this.watcher?.beforeService();
  }

  giveStream(): void {
    this.stream.give();
  }

  /** What a call ended by `BugCheck` leaves is put in order. */
  recover(): void {
    if (this.stackPointer !== undefined) {
      this.stackPointer.value = this.stackPointerAtRest;
    }
    this.end();
  }

  /** What the end of a call in the middle means for the replay. */
  ended(error: unknown): unknown {
    if (error instanceof BugCheck) {
      return new HeapCorruption(undefined, error.message);
    }
    if (error instanceof WebAssembly.RuntimeError) {
      return new Trap(`${trapText(error.message)}${this.whereOf(error)}`);
    }
    if (error instanceof RangeError && /call stack/.test(error.message)) {
      return new Trap(`the stack overflows: a recursion without end${this.whereOf(error)}`);
    }
    if (error instanceof Runaway) {
      return new Runaway(error.most, error.scope, error.unit, this.whereOf(error));
    }
    if (error instanceof Fault) {
      return new Trap(`${error.message}${this.whereOf(error)}`);
    }
    return error;
  }

  private whereOf(error: Error): string {
    const place = placeText(this.module.placeOfStack(error.stack ?? '', this.recording));
    return place === '' ? '' : ` in ${place}`;
  }

  /** Where the engine is now, to follow a message. */
  whereNow(): string {
    return this.whereOf(new Error());
  }

  private protect<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.ended(error);
    }
  }

  /** Within an operation, at a lock of which the kernel has closed the segment. */
  private segmentsFull(): void {
    this.takeStream();
    this.machine.stream.flushClosed();
    this.giveStream();
  }

  private hooks(): Readonly<Record<Hook, (...values: number[]) => void>> {
    const { machine } = this;
    return {
      refresh: () => this.refresh(),
      outside: (address) => this.outside(address!),
      copy: (target, source, bytes) =>
        this.bulk(
          () => machine.copy(target!, source!, bytes!),
          () => this.memory.move(target!, source!, bytes!),
        ),
      fill: (target, value, bytes) =>
        this.bulk(
          () => machine.fill(target!, bytes!, value!),
          () => this.memory.fill(target!, bytes!, value!),
        ),
      journal: this.kernel.journal,
      piece: (place) => this.serve(() => machine.work(this.pieceSteps[place!]!)),
    };
  }

  /** The ring is nearly full, or the fuel used up. */
  private refresh(): void {
    const { machine, stream } = this;
    if (stream.isObserving) {
      stream.rewind();
    } else {
      this.takeStream();
      machine.stream.flushWithinOperation();
      this.giveStream();
    }
    if (stream.instructionsOfCall > this.instructionsMax) {
      throw new Runaway(this.instructionsMax, 'operation', 'instructions');
    }
  }

  private outside(address: number): void {
    if (!this.mayTouch(address)) {
      throw new Fault(address, this.machine.layout.regionAt(address));
    }
  }

  /** Bulk operations are the machine's own, so that they are recorded line by line and checked as a whole. */
  private bulk(recorded: () => void, unrecorded: () => void): void {
    if (this.stream.isObserving) {
      unrecorded();
    } else {
      this.serve(recorded);
    }
  }
}

/** Every place in the source is a step without instructions of its own: the module counts these. */
function placeSteps(machine: Machine, { locations }: ForeignModule, engine: string): readonly Step[] {
  return locations.places.map((place) => {
    const name = place.length === 0 ? 'elsewhere' : placeText(place);
    return machine.defineSteps(engine, { [name]: { instructions: 0, place } })[name]!;
  });
}

/** V8's words, which name no engine's function, in those of an allocator's author. */
function trapText(message: string): string {
  switch (message) {
    case 'memory access out of bounds':
      return 'access outside memory';
    case 'unreachable':
      return 'code that can never be reached (a trap, or undefined behaviour)';
    default:
      return message;
  }
}
