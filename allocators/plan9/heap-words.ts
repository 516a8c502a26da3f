import { Fault } from '../../harness/machine/failures';
import { HEAP_BASE } from '../../harness/machine/memory-layout';
import type { Machine } from '../../harness/machine/machine';
import type { PoolLayout } from './layout';
import { TWO_TO_32 } from '../../traces/ground/integers';

/**
 * The pool's view of the machine's heap: words and pointers of the layout's width, within the heap region only.
 *
 * On the machine, control regions lie right behind the heap; in the real process that address is not mapped. So a
 * corrupted size that leads there must fault here, before the machine would answer it. The same class serves the
 * uncharged observers, which see memory through `peek`.
 */

/** Told of every access to the heap, a block move or fill as one read and one write: the form of the touch goldens. */
export interface TouchWatcher {
  touched(kind: 'read' | 'write', address: number, bytes: number): void;
}

export class HeapWords {
  readonly heapEnd: number;
  private readonly wordBytes: number;
  private readonly pointerBytes: number;

  constructor(
    private readonly machine: Machine,
    layout: PoolLayout,
    /** False for observers: no access enters the stream, and nothing may be written. */
    private readonly charged: boolean,
    private readonly watcher?: TouchWatcher,
  ) {
    this.heapEnd = HEAP_BASE + machine.layout.heapBytes;
    this.wordBytes = layout.wordBytes;
    this.pointerBytes = layout.pointerBytes;
  }

  load(address: number): number {
    return this.read(address, this.wordBytes);
  }

  /** `load` of an address that was itself just loaded or computed from a loaded size. */
  chase(address: number): number {
    return this.readChased(address, this.wordBytes);
  }

  store(address: number, value: number): void {
    this.write(address, this.wordBytes, value);
  }

  loadPointer(address: number): number {
    return this.read(address, this.pointerBytes);
  }

  chasePointer(address: number): number {
    return this.readChased(address, this.pointerBytes);
  }

  storePointer(address: number, value: number): void {
    this.write(address, this.pointerBytes, value);
  }

  /** Writes 32 bits whatever the layout's word is. */
  store32(address: number, value: number): void {
    this.write(address, 4, value);
  }

  load8(address: number): number {
    this.touch('read', address, 1);
    return this.charged ? this.machine.load8(address) : this.machine.peek8(address);
  }

  store8(address: number, value: number): void {
    this.touch('write', address, 1);
    this.machine.store8(address, value);
  }

  /** The word at `address` without an access: for what a register still holds, and for observers. */
  peek(address: number): number {
    this.checkBounds(address, this.wordBytes);
    return this.wordBytes === 4 ? this.machine.peek(address) : this.machine.peek64(address);
  }

  /** The 32 bits at `address` without an access, whatever the layout's word is. */
  peek32(address: number): number {
    this.checkBounds(address, 4);
    return this.machine.peek(address);
  }

  /** The pointer at `address` without an access. */
  peekPointer(address: number): number {
    this.checkBounds(address, this.pointerBytes);
    return this.pointerBytes === 4 ? this.machine.peek(address) : this.machine.peek64(address);
  }

  /**
   * The word at `address` as C adds it to a pointer, without an access: sizes that corruption made negative stay
   * exact, which no JavaScript number could hold unsigned.
   */
  peekDisplacement(address: number): number {
    const word = this.peek(address);
    if (this.wordBytes === 4 || word <= Number.MAX_SAFE_INTEGER) {
      return word;
    }
    return (this.machine.peek(address + 4) | 0) * TWO_TO_32 + this.machine.peek(address);
  }

  /** The word at `address` without an access, exact where corruption made it larger than a number can hold. */
  peekExactly(address: number): bigint {
    if (this.wordBytes === 4) {
      return BigInt(this.peek(address));
    }
    this.checkBounds(address, this.wordBytes);
    return (BigInt(this.machine.peek(address + 4)) << 32n) | BigInt(this.machine.peek(address));
  }

  fill(address: number, bytes: number, value: number): void {
    if (bytes > 0) {
      this.touch('write', address, bytes);
      this.machine.fill(address, bytes, value);
    }
  }

  /** Zeroes a range, which the machine also counts as lines cleared. */
  clear(address: number, bytes: number): void {
    if (bytes > 0) {
      this.touch('write', address, bytes);
      this.machine.clear(address, bytes);
    }
  }

  /** C's `memmove`. */
  move(destination: number, source: number, bytes: number): void {
    if (bytes > 0) {
      this.touch('read', source, bytes);
      this.touch('write', destination, bytes);
      this.machine.copy(destination, source, bytes);
    }
  }

  private read(address: number, bytes: number): number {
    this.touch('read', address, bytes);
    if (!this.charged) {
      return bytes === 4 ? this.machine.peek(address) : this.machine.peek64(address);
    }
    return bytes === 4 ? this.machine.load(address) : this.machine.load64(address);
  }

  private readChased(address: number, bytes: number): number {
    if (!this.charged) {
      return this.read(address, bytes);
    }
    this.touch('read', address, bytes);
    return bytes === 4 ? this.machine.chase(address) : this.machine.chase64(address);
  }

  private write(address: number, bytes: number, value: number): void {
    this.touch('write', address, bytes);
    if (bytes === 4) {
      this.machine.store(address, value);
    } else {
      this.machine.store64(address, value);
    }
  }

  private touch(kind: 'read' | 'write', address: number, bytes: number): void {
    this.checkBounds(address, bytes);
    if (this.watcher !== undefined) {
      this.watcher.touched(kind, address, bytes);
    }
  }

  /** Throws a `Fault` unless the range lies in the heap. */
  checkBounds(address: number, bytes: number): void {
    // Negated, so that an address that is no number fails too.
    if (!(address >= HEAP_BASE && address + bytes <= this.heapEnd)) {
      throw new Fault(address, 'outside the heap of the pool');
    }
  }
}
