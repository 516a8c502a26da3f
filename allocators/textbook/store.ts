import type { Ledger } from '../../harness/machine/ledger';
import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE } from '../../harness/machine/memory-layout';

/**
 * The store that a textbook allocator carves up: one contiguous stretch from the heap's base to the break, which only
 * ever moves up, as a program's does under `sbrk`. What it holds is therefore the high-water mark that the theory of
 * dynamic storage allocation bounds.
 */
export class Store {
  private readonly breakWord: number;
  private readonly ledger: Ledger;

  constructor(
    private readonly machine: Machine,
    granuleBytes: number,
  ) {
    this.breakWord = machine.reserve('break', 8);
    this.ledger = machine.openLedger(granuleBytes);
  }

  start(): void {
    this.machine.store(this.breakWord, HEAP_BASE);
  }

  /** First address beyond the store. */
  end(): number {
    return this.machine.load(this.breakWord);
  }

  /** `end` for observers, never charged. */
  peekEnd(): number {
    return this.machine.peek(this.breakWord);
  }

  /** Moves the break up from `end`; false, and nothing moves, where the heap is too small for it. */
  extend(end: number, bytes: number): boolean {
    if (end + bytes > HEAP_BASE + this.machine.layout.heapBytes) {
      return false;
    }
    this.machine.store(this.breakWord, end + bytes);
    this.ledger.take(end, bytes);
    return true;
  }
}
