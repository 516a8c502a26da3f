import { blockPlacement, BUG, NULL, ZERO, type Placement } from '../../traces/trace';
import { HeapCorruption } from '../machine/failures';
import type { Machine } from '../machine/machine';
import { HEAP_BASE } from '../machine/memory-layout';
import type { Past } from '../machine/past';
import type { Step } from '../machine/steps';
import type { OperationRunner } from '../replay/operation-block';
import type { Block, BlockVisitor, Engine } from '../replay/port';
import type { ForeignModule } from './foreign-module';
import { MachineServices } from './machine-services';
import { ForeignRunner } from './operation-runner';
import { orderOf, pagesBytes, PAGE_ORDER_MAX } from './page-orders';
import { assumedBlock, ProgramBlocks, type BlockShape } from './program-blocks';
import { RegionSource } from './region-source';
import { BugCheck, RunningModule } from './running-module';
import { visitRows } from '../replay/visit-rows';

/**
 * A real allocator, compiled to WebAssembly, behind the engine port. Its module records its own accesses into the
 * stream; here the verbs of the port become its calls, and its pointers placements.
 */

/** The constant of the port for size 0, as 32 and as 64 bits bring it. */
const AR_ZERO_32 = 0xffff_ffff;
const AR_ZERO_64 = -1;

/** What a 32-bit program can ask for. */
const SIZE_MAX_32 = 0xffff_ffff;

/** The verbs that programs call again and again. */
const VERBS = ['ar_allocate', 'ar_free', 'ar_reallocate', 'ar_aligned_allocate'] as const;

/** Where pages come from, on the same machine: from nowhere where the module asks for none. */
export interface PagesOfEngine {
  readonly pages?: Engine;
  /** Whether all that is known of them lies in memory. */
  readonly pagesAreInMemory?: boolean;
}

export interface ForeignEngineParts extends BlockShape, PagesOfEngine {}

export class ForeignEngine implements Engine {
  readonly reallocate?: NonNullable<Engine['reallocate']>;
  readonly alignedAllocate?: NonNullable<Engine['alignedAllocate']>;
  readonly usableSize?: NonNullable<Engine['usableSize']>;
  readonly compact?: NonNullable<Engine['compact']>;
  readonly watchMoves?: NonNullable<Engine['watchMoves']>;

  runner?: OperationRunner;
  readonly walkRows?: NonNullable<Engine['walkRows']>;
  past?: Past | undefined;

  private readonly running: RunningModule;
  private readonly verbs: Readonly<Record<(typeof VERBS)[number], Step>>;
  private readonly services: MachineServices;
  private readonly region: RegionSource | undefined;
  private readonly ownsHeap: boolean;
  private readonly showsBlocks: boolean;
  /** What the program was given, where the engine shows nothing of its heap. */
  private readonly blocks: ProgramBlocks | undefined;

  constructor(
    private readonly machine: Machine,
    private readonly module: ForeignModule,
    name: string,
    private readonly parts: ForeignEngineParts,
  ) {
    const { pages } = parts;
    this.region = pages === undefined ? new RegionSource(machine) : undefined;
    this.ownsHeap = module.memorySource === 'heap';
    this.showsBlocks = module.has('ar_block_at');
    this.services = new MachineServices(machine, name, module, pages, this.region, () => this.running);
    const functions = () => this.services.functions();
    this.running = new RunningModule(
      machine,
      module,
      name,
      functions,
      (lockName) => this.services.lockBit(lockName),
      (address) => this.services.mayTouch(address),
    );
    const verbSteps = VERBS.map((name) => [name, this.running.verbStep(name)] as const);
    this.verbs = Object.fromEntries(verbSteps) as typeof this.verbs;
    this.blocks = module.has('ar_walk')
      ? undefined
      : new ProgramBlocks(machine, parts, this.observedUsable());
    if (this.blocks === undefined && !this.ownsHeap) {
      this.walkRows = (read) => this.running.walkRows(read);
    }
    if (module.has('ar_reallocate')) {
      this.reallocate = this.resize;
    }
    if (module.has('ar_aligned_allocate')) {
      this.alignedAllocate = this.allocateAligned;
    }
    if (module.has('ar_usable_size')) {
      this.usableSize = this.usableBytes;
    }
    if (module.has('ar_compact')) {
      this.compact = this.moveTogether;
    }
    if (module.imports('ar_moved')) {
      this.watchMoves = this.tellMoves;
    }
  }

  start(): void {
    this.parts.pages?.start();
    this.running.startUp(() => {
      this.running.entries._initialize?.();
      this.running.entries.__wasm_call_ctors?.();
      this.running.entries.ar_start(HEAP_BASE, this.machine.layout.heapBytes);
    });
    if (this.isPlain) {
      this.runner = this.makeRunner();
      this.past = this.parts.pagesAreInMemory === true ? this.running.beginJournal() : undefined;
    }
  }

  /** Whether all there is to allocate and free is to call the engine, and it shows what it did. */
  private get isPlain(): boolean {
    const { entries } = this.running;
    return (
      this.blocks === undefined &&
      this.showsBlocks &&
      !this.ownsHeap &&
      entries.ar_page_take === undefined &&
      entries.ar_page_give === undefined
    );
  }

  private makeRunner(): ForeignRunner {
    const { machine, module, parts, running, verbs } = this;
    return new ForeignRunner(
      machine,
      running,
      {
        granuleBytes: parts.granuleBytes,
        requestBytesMax: module.pointerBytes === 4 ? SIZE_MAX_32 : Infinity,
        allocateStep: verbs.ar_allocate,
        freeStep: verbs.ar_free,
        placed: (result, sizeBytes) => this.placed(result, sizeBytes),
      },
      module.pointerBytes,
    );
  }

  allocate(sizeBytes: number, align: number): Placement {
    if (this.isBeyondSizes(sizeBytes)) {
      return NULL;
    }
    if (this.running.entries.ar_page_take !== undefined) {
      return this.pageTake(sizeBytes);
    }
    this.running.begin(this.verbs.ar_allocate);
    let result;
    try {
      result = this.running.entries.ar_allocate(sizeBytes, align);
    } catch (error) {
      return this.bugOr(error);
    }
    this.running.end();
    return this.placed(result, sizeBytes);
  }

  free(object: Placement, sizeBytes: number, align: number): void {
    if (this.running.entries.ar_page_give !== undefined) {
      return this.pageGive(object, sizeBytes);
    }
    this.running.begin(this.verbs.ar_free);
    try {
      this.running.entries.ar_free(this.pointer(object), sizeBytes, align);
    } catch (error) {
      throw this.running.ended(error);
    }
    this.running.end();
    this.blocks?.remove(object);
  }

  private readonly resize = (object: Placement, sizeBytes: number, align: number): Placement => {
    if (this.isBeyondSizes(sizeBytes)) {
      return NULL;
    }
    this.running.begin(this.verbs.ar_reallocate);
    let result;
    try {
      result = this.running.entries.ar_reallocate!(this.pointer(object), sizeBytes, align);
    } catch (error) {
      return this.bugOr(error);
    }
    this.running.end();
    if (result !== 0 || sizeBytes === 0) {
      this.blocks?.remove(object);
    }
    return this.placed(result, sizeBytes);
  };

  private readonly allocateAligned = (
    sizeBytes: number,
    align: number,
    offset: number,
    span: number,
  ): Placement => {
    if (this.isBeyondSizes(sizeBytes)) {
      return NULL;
    }
    this.running.begin(this.verbs.ar_aligned_allocate);
    let result;
    try {
      result = this.running.entries.ar_aligned_allocate!(sizeBytes, align, offset, span);
    } catch (error) {
      return this.bugOr(error);
    }
    this.running.end();
    return this.placed(result, sizeBytes);
  };

  private readonly usableBytes = (object: Placement): number => {
    return this.running.call(this.running.verbStep('ar_usable_size'), () =>
      this.running.entries.ar_usable_size!(this.pointer(object)),
    );
  };

  private observedUsable(): ((object: Placement) => number) | undefined {
    return this.module.has('ar_usable_size')
      ? (object) => this.running.observeAt(this.running.entries.ar_usable_size!, object)
      : undefined;
  }

  private readonly moveTogether = (onMove: (from: Placement, to: Placement) => void): boolean => {
    const before = this.services.onMove;
    this.tellMoves(onMove);
    const gained = this.running.call(this.running.verbStep('ar_compact'), () =>
      this.running.entries.ar_compact!(),
    );
    this.services.onMove = before;
    return gained !== 0;
  };

  private readonly tellMoves = (onMove: (from: Placement, to: Placement) => void): void => {
    this.services.onMove = (from, to) => {
      this.blocks?.move(from, to);
      onMove(from, to);
    };
  };

  blockAt(object: Placement, sizeBytes: number): Block | undefined {
    if (this.running.entries.ar_page_take !== undefined) {
      return { start: object, bytes: pagesBytes(orderOf(sizeBytes)), headerBytes: 0 };
    }
    if (!this.showsBlocks) {
      return this.blocks?.blockAt(object, sizeBytes) ?? assumedBlock(this.parts, object, sizeBytes);
    }
    const block = this.running.observeAt(this.running.entries.__ar_block_at!, object);
    if (block === 0) {
      return undefined;
    }
    const start = this.field(block, 0);
    const bytes = this.field(block, 1);
    const headerBytes = this.field(block, 2);
    if (!(start + headerBytes <= object && bytes <= this.machine.layout.heapBytes)) {
      throw new HeapCorruption(
        object,
        `ar_block_at said ${bytes} bytes from ${start}, headers ${headerBytes}`,
      );
    }
    return { start, bytes, headerBytes };
  }

  walk(visit: BlockVisitor): void {
    if (this.blocks !== undefined) {
      this.blocks.walk(visit);
      return;
    }
    const visited = this.ownsHeap ? this.reachedOnly(visit) : visit;
    this.running.walkRows((rows, count) => visitRows(rows, count, visited));
  }

  /** An engine that has the whole heap also walks what it has not reached yet. */
  private reachedOnly(visit: BlockVisitor): BlockVisitor {
    return (start, bytes, state) => {
      const within = this.region?.within(start, bytes);
      if (within !== undefined) {
        visit(start, within, state);
      }
    };
  }

  check(): void {
    if (this.running.entries.ar_check !== undefined) {
      this.running.observe(() => this.running.entries.ar_check!());
    }
    this.parts.pages?.check();
    this.region?.check();
  }

  private pageTake(sizeBytes: number): Placement {
    const order = orderOf(sizeBytes);
    if (order > PAGE_ORDER_MAX) {
      return NULL;
    }
    const address = this.running.call(this.running.verbStep('ar_page_take'), () =>
      this.running.entries.ar_page_take!(order),
    );
    if (address !== 0) {
      this.machine.ledger.take(address, pagesBytes(order));
    }
    return this.placed(address, sizeBytes);
  }

  private pageGive(object: Placement, sizeBytes: number): void {
    const order = orderOf(sizeBytes);
    this.running.call(this.running.verbStep('ar_page_give'), () =>
      this.running.entries.ar_page_give!(object, order),
    );
    this.machine.ledger.give(object, pagesBytes(order));
    this.blocks?.remove(object);
  }

  private field(structure: number, index: number): number {
    const { pointerBytes } = this.module;
    return pointerBytes === 4
      ? this.machine.peek(structure + 4 * index)
      : this.machine.peek64(structure + 8 * index);
  }

  private isBeyondSizes(sizeBytes: number): boolean {
    return sizeBytes > SIZE_MAX_32 && this.module.pointerBytes === 4;
  }

  private pointer(object: Placement): number {
    return object === ZERO ? AR_ZERO_64 : object;
  }

  private placed(result: number, sizeBytes: number): Placement {
    if (result === 0) {
      return NULL;
    }
    if (result === AR_ZERO_64 || (result === AR_ZERO_32 && this.module.pointerBytes === 4)) {
      return ZERO;
    }
    const { granuleBytes } = this.parts;
    if (result % granuleBytes !== 0) {
      throw new HeapCorruption(
        result,
        `the engine returned a pointer that is not aligned to ${granuleBytes}`,
      );
    }
    const placement = blockPlacement(result);
    this.blocks?.add(placement, sizeBytes);
    if (this.ownsHeap) {
      const block = this.blockAt(placement, sizeBytes);
      this.region?.reach(block === undefined ? placement + sizeBytes : block.start + block.bytes);
    }
    return placement;
  }

  /** The placement of a request over which the real system stops; every other end is thrown on. */
  private bugOr(error: unknown): Placement {
    if (error instanceof BugCheck) {
      this.running.recover();
      return BUG;
    }
    throw this.running.ended(error);
  }
}
