import type { Machine } from '../../harness/machine/machine';
import type { Engine } from '../../harness/replay/port';
import { isBlock, isVirtual, NULL, ZERO, type Placement } from '../../traces/trace';

/**
 * The C library's heap as libxl uses it, over any engine: malloc, calloc, realloc and free by pointer alone. Some
 * engines must be told the size again when they take a block back; C programs do not know it, so for the temporaries
 * it is kept here, outside the modelled program.
 */
export class BackingHeap {
  private readonly bytesOf = new Map<Placement, number>();

  constructor(
    private readonly machine: Machine,
    readonly engine: Engine,
  ) {}

  /** `NULL` where the heap is full. */
  allocate(bytes: number, align = 0): Placement {
    const object = this.engine.allocate(bytes, align);
    if (isBlock(object)) {
      this.bytesOf.set(object, bytes);
    }
    return object;
  }

  /** calloc: the bytes are zeroed by the C library. */
  allocateZeroed(bytes: number): Placement {
    const object = this.allocate(bytes);
    if (isBlock(object) && !isVirtual(object)) {
      this.machine.clear(object, bytes);
    }
    return object;
  }

  /** realloc; a nil object is allocated, a size of 0 frees and returns `NULL`. */
  reallocate(object: Placement, bytes: number, oldBytes: number, align = 0): Placement {
    if (object === NULL) {
      return this.allocate(bytes, align);
    }
    const { engine } = this;
    if (engine.reallocate === undefined) {
      return this.copied(object, bytes, oldBytes, align);
    }
    const moved = engine.reallocate(object, bytes, align, oldBytes);
    if (isBlock(moved) || bytes === 0) {
      this.bytesOf.delete(object);
    }
    if (isBlock(moved)) {
      this.bytesOf.set(moved, bytes);
    }
    return moved;
  }

  /** free; of nil it is a call all the same. */
  free(object: Placement, bytes: number, align = 0): void {
    this.bytesOf.delete(object);
    this.engine.free(object === NULL ? ZERO : object, bytes, align);
  }

  /** The size asked for when the object was allocated. */
  bytes(object: Placement): number {
    return this.bytesOf.get(object) ?? 0;
  }

  /** What the C library does over an engine without realloc. */
  private copied(object: Placement, bytes: number, oldBytes: number, align: number): Placement {
    const moved = bytes === 0 ? NULL : this.allocate(bytes, align);
    if (isBlock(moved) && isBlock(object) && !isVirtual(object) && !isVirtual(moved)) {
      this.machine.copy(moved, object, Math.min(oldBytes, bytes));
    }
    if (isBlock(moved) || bytes === 0) {
      this.free(object, oldBytes);
    }
    return moved;
  }
}
