import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES, PAGE_SHIFT } from '../../harness/machine/memory-layout';
import { HeapCorruption } from '../../harness/machine/failures';

/** Owner of a page that no account holds. */
export const NOBODY = 0;

/**
 * Whose account each held page is on, one byte a page. The real allocator keeps no such record, hence nothing here is
 * charged; it lies in memory so that what engines do follows from the memory alone.
 */
export class PageOwners {
  private readonly base: number;
  private accounts = 0;

  constructor(private readonly machine: Machine) {
    this.base = machine.reserve('page owners', machine.heapPages);
  }

  /** The number of a new account. */
  openAccount(): number {
    this.accounts++;
    return this.accounts;
  }

  /** Pages that a damaged allocator hands out beyond the heap have no owner. */
  enter(address: number, pages: number, owner: number): void {
    const first = (address - HEAP_BASE) >>> PAGE_SHIFT;
    const end = Math.min(first + pages, this.machine.heapPages);
    for (let page = first; page < end; page++) {
      this.machine.poke8(this.base + page, owner);
    }
  }

  at(page: number): number {
    return this.machine.peek8(this.base + page);
  }

  /** Every held page has an owner and no other page has one; throws `HeapCorruption`. */
  check(): void {
    const { machine } = this;
    for (let page = 0; page < machine.heapPages; page++) {
      const isHeld = machine.ledger.holds(HEAP_BASE + page * PAGE_BYTES, PAGE_BYTES);
      const owner = this.at(page);
      if (isHeld ? owner === NOBODY || owner > this.accounts : owner !== NOBODY) {
        throw new HeapCorruption(HEAP_BASE + page * PAGE_BYTES, `page ${page} is on account ${owner}`);
      }
    }
  }
}
