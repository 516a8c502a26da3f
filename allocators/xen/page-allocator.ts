import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES, PAGE_SHIFT } from '../../harness/machine/memory-layout';
import type { PageSource } from '../../harness/machine/page-source';
import { PageOwners } from './page-owners';

/**
 * What Xen's page allocator offers to the engines above it, whichever version of it is installed. It has two sides:
 * the xenheap side never touches the contents of a page, the domheap side hands out pages that are zero.
 *
 * Engines do not use it directly: they open a `PageAccount`, which knows what they hold.
 */
export abstract class PageAllocator implements PageSource {
  /** Largest order that is served; larger requests fail before the lock is taken. */
  abstract readonly orderMax: number;
  abstract readonly freePages: number;

  /** Whose the pages are; the accounts keep it. */
  readonly owners: PageOwners;

  constructor(protected readonly machine: Machine) {
    this.owners = new PageOwners(machine);
  }

  abstract start(): void;
  /** `alloc_xenheap_pages`: address of 2^order pages, or 0. */
  abstract take(order: number): number;
  /** `free_xenheap_pages`. */
  abstract give(address: number, order: number): void;
  /** `alloc_domheap_pages`: as `take`, and pages that hold old data are zeroed on the way. */
  abstract takeZeroed(order: number): number;
  /** `free_domheap_pages`. */
  abstract giveZeroed(address: number, order: number): void;
  /** Address of the record word of a page in which its owner may keep a number while it holds the page; 0 at first. */
  abstract ownerWordAt(address: number): number;
  /** Address of the list link in a page's record, which its owner may use while it holds the page. */
  abstract linkWordAt(address: number): number;
  abstract visitFree(visit: (address: number, order: number) => void): void;
  abstract check(): void;

  /** Holds the free blocks against the ledger: every page is free or held, none is both. */
  protected checkAgainstLedger(): void {
    const { ledger, heapPages } = this.machine;
    let free = 0;
    this.visitFree((address, order) => {
      for (let page = 0; page < 1 << order; page++) {
        if (ledger.holds(address + page * PAGE_BYTES, PAGE_BYTES)) {
          throw new HeapCorruption(address, `page ${page} of a free block is held`);
        }
      }
      free += 1 << order;
    });
    if (free + ledger.heldBytes / PAGE_BYTES !== heapPages) {
      throw new HeapCorruption(HEAP_BASE, `${heapPages - free} pages are not free, another number is held`);
    }
    this.owners.check();
  }

  protected pageAt(address: number): number {
    return (address - HEAP_BASE) >>> PAGE_SHIFT;
  }
}
