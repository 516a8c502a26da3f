import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import type { Block, BlockVisitor, Engine, EngineDefinition, OptionValues } from '../../harness/replay/port';
import { blockPlacement, isBlock, NULL, type Placement } from '../../traces/trace';
import { LAYOUTS } from './layout';
import { MallocShim, poolCalls, type ObjectCalls } from './malloc-shim';
import { Pool } from './pool';
import { POOL_BOUNDS } from './lineage';
import { POOL_QUIRKS } from './quirks';
import { POOL_OPTIONS, poolSettings } from './settings';

/**
 * Plan 9's pool(2): exact best fit from an unbalanced tree of free blocks, boundary tags with red zones, arenas that
 * grow and merge, and compaction where the program lets its blocks be moved.
 *
 * What the pool does is told file by file beside this one; here it meets the engine port. Its memory is the machine's
 * heap, taken like sbrk takes it: the pool needs no page allocator.
 */

/** Every block's data is aligned so much; larger wishes go through poolallocalign. */
const NATURAL_ALIGN_BYTES = 8;

type MoveListener = (from: Placement, to: Placement) => void;

/** A live object whose pointer lies behind alignment filler; both addresses are the pool's. */
interface AlignedObject {
  pointer: number;
  /** Start of its block's data, by which the move callback tells it. */
  data: number;
}

export class Plan9Pool implements Engine {
  private readonly pool: Pool;
  private readonly calls: ObjectCalls;
  private readonly tagBytes: number;
  private moves: MoveListener | undefined;
  /**
   * What the program knows of its aligned objects, and nothing in memory says: filler that an earlier object left
   * looks like the rest of the filler before a pointer. Kept by data start and by pointer, never charged.
   */
  private readonly alignedByData = new Map<number, AlignedObject>();
  private readonly alignedByPointer = new Map<number, AlignedObject>();
  /** Where the object is that an aligned realloc is about to copy: a compaction on the way may move it. */
  private resizing = 0;

  constructor(machine: Machine, options: OptionValues) {
    this.pool = new Pool(machine, poolSettings(options), {
      listener: { moved: (from, to) => this.moved(from, to) },
    });
    const shim = options.shim === 'malloc' ? new MallocShim(this.pool) : undefined;
    this.calls = shim ?? poolCalls(this.pool);
    this.tagBytes = shim?.tagBytes ?? 0;
  }

  start(): void {
    this.pool.start();
  }

  allocate(sizeBytes: number, align: number): Placement {
    return align <= NATURAL_ALIGN_BYTES
      ? placementOf(this.calls.allocate(sizeBytes))
      : this.alignedAllocate(sizeBytes, align, 0, 0);
  }

  free(object: Placement): void {
    this.calls.free(pointerOf(object));
    this.alignedForget(this.alignedAt(object));
  }

  /** The pool's realloc knows no alignment; who wants it writes allocate, copy, free. */
  reallocate(object: Placement, sizeBytes: number, align: number, oldBytes = 0): Placement {
    if (align <= NATURAL_ALIGN_BYTES || sizeBytes === 0) {
      // Looked up before: a compaction on the way may move it.
      const aligned = this.alignedAt(object);
      const resized = this.calls.reallocate(pointerOf(object), sizeBytes);
      if (resized !== 0 || sizeBytes === 0) {
        this.alignedForget(aligned);
      }
      return placementOf(resized);
    }
    this.resizing = pointerOf(object);
    const moved = this.alignedAllocate(sizeBytes, align, 0, 0);
    if (isBlock(moved) && this.resizing !== 0) {
      this.pool.context.words.move(moved, this.resizing, Math.min(oldBytes, sizeBytes));
      this.free(blockPlacement(this.resizing));
    }
    return moved;
  }

  alignedAllocate(sizeBytes: number, align: number, offset: number, span: number): Placement {
    const user = this.calls.allocateAligned(sizeBytes, align, offset, span);
    if (user === 0) {
      return NULL;
    }
    const pointer = user - this.tagBytes;
    this.alignedEnter({ pointer, data: this.dataStart(pointer) });
    return blockPlacement(user);
  }

  /** poolmsize counts from the block's data start; behind an aligned pointer there is less. */
  usableSize(object: Placement): number {
    const pointer = pointerOf(object);
    const bytes = this.calls.usableSize(pointer);
    return pointer === 0
      ? bytes
      : bytes - (pointer - this.tagBytes - this.dataStart(pointer - this.tagBytes));
  }

  compact(onMove: MoveListener): boolean {
    const before = this.moves;
    this.moves = onMove;
    const moved = this.pool.poolcompact();
    this.moves = before;
    return moved;
  }

  poolCheck(): void {
    this.pool.poolcheck();
  }

  dump(): void {
    this.pool.pooldump();
  }

  /** With `move=on` allocations compact too: whoever holds placements must listen. */
  watchMoves(onMove: MoveListener): void {
    this.moves = onMove;
  }

  blockAt(object: Placement): Block | undefined {
    if (!isBlock(object)) {
      return undefined;
    }
    const { observer, context } = this.pool;
    try {
      const start = observer.blockOf(object - this.tagBytes);
      const headerBytes = context.layout.headerBytes + this.tagBytes;
      return { start, bytes: observer.sizeOf(start), headerBytes };
    } catch (failure) {
      if (failure instanceof HeapCorruption) {
        return undefined;
      }
      throw failure;
    }
  }

  walk(visit: BlockVisitor): void {
    this.pool.observer.walk(visit);
  }

  check(): void {
    this.pool.check();
  }

  private dataStart(pointer: number): number {
    return this.pool.observer.blockOf(pointer) + this.pool.context.layout.headerBytes;
  }

  /** The pool tells data starts; the program's pointer moves as far, and lies as far behind as before. */
  private moved(from: number, to: number): void {
    const aligned = this.alignedByData.get(from);
    const skip = this.tagBytes + (aligned === undefined ? 0 : aligned.pointer - from);
    if (aligned !== undefined) {
      this.alignedForget(aligned);
      aligned.pointer += to - from;
      aligned.data = to;
      this.alignedEnter(aligned);
    }
    if (this.resizing === from + skip) {
      this.resizing = to + skip;
    }
    this.moves?.(blockPlacement(from + skip), blockPlacement(to + skip));
  }

  private alignedAt(object: Placement): AlignedObject | undefined {
    return this.alignedByPointer.get(object - this.tagBytes);
  }

  private alignedEnter(object: AlignedObject): void {
    this.alignedByPointer.set(object.pointer, object);
    this.alignedByData.set(object.data, object);
  }

  private alignedForget(object: AlignedObject | undefined): void {
    if (object !== undefined) {
      this.alignedByPointer.delete(object.pointer);
      this.alignedByData.delete(object.data);
    }
  }
}

function placementOf(pointer: number): Placement {
  return pointer === 0 ? NULL : blockPlacement(pointer);
}

function pointerOf(object: Placement): number {
  return isBlock(object) ? object : 0;
}

const { headerBytes, blockBytesMin } = LAYOUTS.ilp32;

/** The constants are those of the default layout, ilp32. */
export const plan9Pool: EngineDefinition = {
  name: 'plan9-pool',
  version: 4,
  summary:
    'Plan 9 pool(2): exact best fit in an unbalanced tree, red zones, growing and merging arenas, compaction',
  lineage: 'Plan 9 /sys/src/libc/port/pool.c with malloc.c and the kernel’s alloc.c; manual page pool(2)',
  constants: {
    headerBytes,
    granuleBytes: NATURAL_ALIGN_BYTES,
    blockBytesMin,
    requestBytesMax: 0x7fff_ffff,
  },
  options: POOL_OPTIONS,
  capabilities: ['reallocate', 'alignedAllocate', 'usableSize', 'compact', 'poolCheck', 'dump'],
  bounds: POOL_BOUNDS,
  quirks: POOL_QUIRKS,
  placementsForm: 'plan9',
  create: (machine, options) => new Plan9Pool(machine, options),
};
