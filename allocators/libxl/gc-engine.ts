import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import type { ApiScopes, Block, BlockVisitor, Engine } from '../../harness/replay/port';
import { BUG, isBlock, NULL, type Placement } from '../../traces/trace';
import { BackingHeap } from './backing-heap';
import { CallFrames } from './call-frames';
import { CONTEXT_SLOTS, GC_BYTES, PointerTable, SLOT_BYTES } from './pointer-table';
import { GC_STEPS, type GcSteps } from './steps';

/** The three states of libxl's bookkeeping. */
export type Generation = 0 | 1 | 2;
/** What a public function called from within libxl does: use its caller's gc, or make one of its own. */
export type Nesting = 'reuse' | 'fresh';

/**
 * libxl's memory: temporaries, which a gc releases when the public function that made them returns, and plain objects
 * of the heap below, which it does not know.
 *
 * Generation 0 has one table for as long as the context lives, so nothing is released when a call is left: the leak
 * that generation 1 cured. Which function a trace's `free` and `realloc` mean follows from what they are applied to:
 * a temporary is released by the gc while it has a verb for that (0 and 1), resized through the gc since it has one
 * (2); the column `call` can name `free` or `libxl_free` where a program did otherwise.
 */
export class LibxlGc implements Engine {
  readonly scopes: ApiScopes;

  private readonly heap: BackingHeap;
  private readonly table: PointerTable;
  private readonly frames: CallFrames;
  private readonly steps: GcSteps;
  /** The gc of the context: generation 0's only one. */
  private readonly contextGc: number;
  private call = '';

  constructor(
    private readonly machine: Machine,
    private readonly backing: Engine,
    private readonly generation: Generation,
    private readonly nesting: Nesting,
  ) {
    this.heap = new BackingHeap(machine, backing);
    this.steps = machine.defineSteps('libxl-gc', GC_STEPS);
    this.table = new PointerTable(machine, this.heap, this.steps, generation === 2 ? 'doubled' : 'copied');
    this.frames = new CallFrames(machine);
    this.contextGc = machine.reserve('libxl context', GC_BYTES);
    this.scopes = {
      enter: () => this.enter(),
      leave: () => this.leave(),
      temp: (sizeBytes) => this.temp(sizeBytes),
      adopt: (object) => this.adopt(object),
      freeAll: () => this.freeAll(),
      ...(generation === 0 && { contextFree: () => this.contextFree() }),
    };
  }

  start(): void {
    this.backing.start();
    if (this.generation === 0) {
      this.table.allocate(this.contextGc, CONTEXT_SLOTS);
    }
  }

  allocate(sizeBytes: number, align: number): Placement {
    return this.heap.allocate(sizeBytes, align);
  }

  free(object: Placement, sizeBytes: number, align: number): void {
    const gc = this.generation === 2 ? undefined : this.gcOf(object);
    const throughGc = this.call === 'libxl_free' || (gc !== undefined && this.call !== 'free');
    if (!throughGc) {
      this.heap.free(object, sizeBytes, align);
      return;
    }
    this.machine.work(this.steps.free);
    if (this.table.remove(this.innermostGc(), object) !== undefined) {
      this.heap.free(object, sizeBytes);
    } else if (this.generation === 1) {
      throw new HeapCorruption(object, 'libxl_free aborts: the pointer is in no slot of the gc');
    }
  }

  reallocate(object: Placement, sizeBytes: number, align: number, oldBytes = 0): Placement {
    const gc = this.generation === 2 ? this.gcOf(object) : undefined;
    const moved = this.heap.reallocate(object, sizeBytes, oldBytes, align);
    if (gc === undefined) {
      return moved;
    }
    this.machine.work(this.steps.reallocate);
    if (!isBlock(moved) && sizeBytes > 0) {
      return BUG;
    }
    if (moved !== object) {
      this.table.replace(gc, object, moved);
    }
    return moved;
  }

  /** `libxl_free` sends a free through the gc, `free` past it, whatever the object is. */
  callSite(_site: string, call: string): void {
    this.call = call;
  }

  blockAt(object: Placement, sizeBytes: number, align: number): Block | undefined {
    return this.backing.blockAt(object, sizeBytes, align);
  }

  /** The heap's blocks; those of the tables are libxl's own. */
  walk(visit: BlockVisitor): void {
    const tables = new Set<number>();
    for (const gc of this.gcs()) {
      const table = this.table.tableOf(gc);
      const block = isBlock(table)
        ? this.backing.blockAt(table, this.table.slotCount(gc) * SLOT_BYTES, 0)
        : undefined;
      if (block !== undefined) {
        tables.add(block.start);
      }
    }
    this.backing.walk((start, bytes, state) => visit(start, bytes, tables.has(start) ? 'metadata' : state));
  }

  check(): void {
    this.backing.check();
    this.frames.check(this.generation === 0 ? this.contextGc : undefined);
    for (const gc of this.gcs()) {
      this.table.check(gc, this.generation === 0 ? CONTEXT_SLOTS : 0);
      this.table.forEach(gc, (object, slot) => {
        if (isBlock(object) && this.backing.blockAt(object, this.heap.bytes(object), 0) === undefined) {
          throw new HeapCorruption(
            object,
            `slot ${slot} of a pointer table holds what is no object of the heap`,
          );
        }
      });
    }
  }

  private enter(): void {
    const { frames } = this;
    this.machine.work(this.steps.enter);
    if (this.generation === 0) {
      frames.push(this.contextGc);
    } else if (this.nesting === 'reuse' && frames.depth > 0) {
      frames.push(frames.innermostGc());
    } else {
      frames.push();
      this.table.initialize(frames.innermostGc());
    }
  }

  private leave(): void {
    this.machine.work(this.steps.leave);
    this.freeAll();
    this.frames.pop();
  }

  private temp(sizeBytes: number): Placement {
    const object = this.heap.allocateZeroed(sizeBytes);
    const aborts = this.generation === 2;
    if (object === NULL || object === BUG) {
      return aborts ? BUG : NULL;
    }
    if (this.table.add(this.innermostGc(), object) === undefined && aborts) {
      this.heap.free(object, sizeBytes);
      return BUG;
    }
    return object;
  }

  /** Where the table cannot grow, generations 0 and 1 lose the pointer and 2 ends the process. */
  private adopt(object: Placement): void {
    if (object === NULL) {
      return;
    }
    if (this.table.add(this.innermostGc(), object) === undefined && this.generation === 2) {
      throw new HeapCorruption(object, 'libxl aborts: no memory for a longer pointer table');
    }
  }

  /** Releases the innermost call's temporaries; a gc that is its caller's or the context's outlives it. */
  private freeAll(): void {
    if (!this.frames.innermostOwnsGc) {
      return;
    }
    const gc = this.innermostGc();
    if (this.table.slotCount(gc) > 0) {
      this.table.releaseObjects(gc);
      this.table.releaseTable(gc);
    }
  }

  /** Generation 0 releases what all calls left behind, and keeps the table; later contexts hold nothing. */
  private contextFree(): void {
    this.machine.work(this.steps.leave);
    this.table.releaseObjects(this.contextGc);
  }

  private innermostGc(): number {
    return this.generation === 0 ? this.contextGc : this.frames.innermostGc();
  }

  private gcs(): readonly number[] {
    return this.generation === 0 ? [this.contextGc] : this.frames.gcs();
  }

  /** The gc that knows an object, if any does: what the program knows by itself, so uncharged. */
  private gcOf(object: Placement): number | undefined {
    return this.gcs().find((gc) => this.table.slotOf(gc, object) !== undefined);
  }
}
