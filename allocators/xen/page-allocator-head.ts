import { HeapCorruption } from '../../harness/machine/failures';
import type { Ledger } from '../../harness/machine/ledger';
import type { Lock } from '../../harness/machine/lock';
import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../../harness/machine/memory-layout';
import { IdleScrubber } from './idle-scrubber';
import { PageAllocator } from './page-allocator';
import { HeadPageLists } from './page-lists-head';
import { largestOrderAt } from './page-order';
import {
  COUNT,
  FIRST_DIRTY,
  NEED_SCRUB,
  NEXT,
  NONE_DIRTY,
  ORDER,
  ORDER_MAX_HEAD,
  RECORD_BYTES,
  STATE_FREE,
  TIMESTAMP,
  TYPE_INFO,
  XEN_HEAP,
} from './page-record-head';

/**
 * Xen's page allocator as of commit c447b7308b (August 2026), x86_64, release build: the buddy of 2008 with 32-byte
 * records and no bitmap, all its bookkeeping inside heap_lock, and scrubbing. One node, one zone, no claims.
 *
 * Every freed page counts as unscrubbed. The domheap side zeroes such pages when it hands them out, the xenheap side
 * never does, and idle CPUs may zero them in between: then, and only then, blocks move to the front of their list
 * and placements differ from those of 2008.
 */

/**
 * Instructions by step. Today's allocator was not measured: like steps weigh as in the 2008 reference, what is new
 * was counted from its description.
 */
const STEPS = {
  take: { instructions: 86 },
  tryOrder: { instructions: 6, event: 'searchSteps' },
  split: { instructions: 21, event: 'splits' },
  preparePage: { instructions: 16, event: 'pagesTaken' },
  markXenheap: { instructions: 3 },
  scrubPage: { instructions: 8 },
  give: { instructions: 68 },
  retirePage: { instructions: 12, event: 'pagesGiven' },
  testBuddy: { instructions: 10 },
  merge: { instructions: 21, event: 'merges' },
} as const;

export class PageAllocatorHead extends PageAllocator {
  readonly orderMax = ORDER_MAX_HEAD;
  private readonly frameTable: number;
  private readonly lists: HeadPageLists;
  private readonly scrubber: IdleScrubber;
  private readonly available: number;
  private readonly total: number;
  private readonly claims: number;
  private readonly lowMemoryThreshold: number;
  private readonly needScrub: number;
  private readonly heapLock: Lock;
  private readonly ledger: Ledger;
  private readonly step;

  /** @param idleScrubPages pages that idle CPUs scrub before each take */
  constructor(
    machine: Machine,
    private readonly idleScrubPages: number,
  ) {
    super(machine);
    this.frameTable = machine.reserve('frame table', machine.heapPages * RECORD_BYTES, PAGE_BYTES);
    this.lists = new HeadPageLists(machine, this.frameTable);
    this.available = machine.reserve('free page counter of the zone', 8);
    const globals = machine.reserve('page allocator globals', 32);
    this.total = globals;
    this.claims = globals + 8;
    this.lowMemoryThreshold = globals + 16;
    this.needScrub = globals + 24;
    this.scrubber = new IdleScrubber(machine, this.lists, this.frameTable, this.needScrub);
    this.heapLock = machine.defineLock('heap', machine.reserve('heap lock', 4));
    this.ledger = machine.openLedger(PAGE_BYTES);
    this.step = machine.defineSteps('page-allocator-head', STEPS);
  }

  /** Boot hands over the largest naturally aligned blocks, scrubbed. */
  start(): void {
    const { machine } = this;
    for (let page = 0; page < machine.heapPages;) {
      const order = largestOrderAt(page, machine.heapPages, ORDER_MAX_HEAD);
      for (let each = page; each < page + (1 << order); each++) {
        machine.store(this.recordOf(each) + COUNT, STATE_FREE);
      }
      machine.store(this.recordOf(page) + FIRST_DIRTY, NONE_DIRTY);
      machine.store(this.recordOf(page) + ORDER, order);
      this.lists.addLast(this.recordOf(page), order);
      page += 1 << order;
    }
    machine.store(this.available, machine.heapPages);
    machine.store(this.total, machine.heapPages);
  }

  take(order: number): number {
    const record = this.blockTake(order, false, true);
    if (record === 0) {
      return 0;
    }
    this.pagesMarkXenheap(record, 1 << order, true);
    return this.addressOf(record);
  }

  give(address: number, order: number): void {
    this.pagesMarkXenheap(this.recordOf(this.pageAt(address)), 1 << order, false);
    this.giveZeroed(address, order);
  }

  takeZeroed(order: number): number {
    const record = this.blockTake(order, true, order === 0);
    return record === 0 ? 0 : this.addressOf(record);
  }

  giveZeroed(address: number, order: number): void {
    this.blockGive(this.pageAt(address), order);
    this.ledger.give(address, PAGE_BYTES * (1 << order));
  }

  ownerWordAt(address: number): number {
    return this.recordOf(this.pageAt(address)) + ORDER;
  }

  linkWordAt(address: number): number {
    return this.recordOf(this.pageAt(address)) + NEXT;
  }

  get freePages(): number {
    return this.machine.peek(this.available);
  }

  /** Verifies the lists as it goes, so that damaged ones end in `HeapCorruption` and not in a circle. */
  visitFree(visit: (address: number, order: number) => void): void {
    this.lists.visit((record, order) => visit(this.addressOf(record), order));
  }

  check(): void {
    const { machine } = this;
    let free = 0;
    let dirty = 0;
    this.visitFree((address, order) => {
      free += 1 << order;
      dirty += this.checkedDirtyPages(this.recordOf(this.pageAt(address)), 1 << order);
    });
    if (free !== machine.peek(this.available) || free !== machine.peek(this.total)) {
      throw new HeapCorruption(this.available, `${free} pages on the free lists, ${this.freePages} counted`);
    }
    if (dirty !== machine.peek(this.needScrub)) {
      throw new HeapCorruption(this.needScrub, `${dirty} unscrubbed pages, another number counted`);
    }
    if (machine.peek(this.claims) !== 0 || machine.peek(this.lowMemoryThreshold) !== 0) {
      throw new HeapCorruption(this.claims, 'nobody claims memory or asked for a low-memory warning');
    }
    this.checkAgainstLedger();
  }

  /** Unscrubbed pages of a free block; all of them lie behind its mark. */
  private checkedDirtyPages(block: number, pages: number): number {
    const { machine } = this;
    const firstDirty = machine.peek(block + FIRST_DIRTY);
    let dirty = 0;
    for (let page = 0; page < pages; page++) {
      const state = machine.peek(block + page * RECORD_BYTES + COUNT);
      if ((state & STATE_FREE) === 0) {
        throw new HeapCorruption(block, `page ${page} of a free block is marked in use`);
      }
      if ((state & NEED_SCRUB) !== 0) {
        if (page < firstDirty) {
          throw new HeapCorruption(block, `page ${page} of a free block is unscrubbed, before the first`);
        }
        dirty++;
      }
    }
    return dirty;
  }

  /** The record of 2^order pages taken off the lists and cleared of what their last owner left in it, or 0. */
  private blockTake(order: number, zeroed: boolean, dirtyWelcome: boolean): number {
    const { machine, step } = this;
    if (order > ORDER_MAX_HEAD) {
      return 0;
    }
    this.scrubber.scrub(this.idleScrubPages);
    const pages = 1 << order;
    machine.lock(this.heapLock);
    machine.work(step.take);
    if (machine.load(this.claims) + pages > machine.load(this.total)) {
      machine.unlock(this.heapLock);
      return 0;
    }
    let record = this.blockCarve(order, dirtyWelcome);
    if (record === 0 && !dirtyWelcome) {
      record = this.blockCarve(order, true);
    }
    if (record === 0) {
      machine.unlock(this.heapLock);
      return 0;
    }
    machine.store(this.available, machine.load(this.available) - pages);
    machine.store(this.total, machine.load(this.total) - pages);
    machine.load(this.total);
    machine.load(this.lowMemoryThreshold);
    this.pagesPrepare(record, pages);
    machine.unlock(this.heapLock);
    this.pagesScrub(record, pages, zeroed);
    this.ledger.take(this.addressOf(record), pages * PAGE_BYTES);
    return record;
  }

  /** A block of that order off the lists; one with unscrubbed pages only where it is welcome, else it moves back. */
  private blockCarve(order: number, dirtyWelcome: boolean): number {
    const { machine, lists, step } = this;
    if (machine.load(this.available) < 1 << order) {
      return 0;
    }
    for (let found = order; found <= ORDER_MAX_HEAD; found++) {
      const record = lists.first(found);
      machine.work(step.tryOrder);
      if (record !== 0) {
        lists.remove(record, found);
        const firstDirty = machine.chase(record + FIRST_DIRTY);
        if (firstDirty === NONE_DIRTY || dirtyWelcome) {
          return this.blockHalve(record, found, order, firstDirty);
        }
        lists.addLast(record, found);
      }
    }
    return 0;
  }

  /** Lower halves stay free, the upper half goes on; what is unscrubbed in a lower half goes with it. */
  private blockHalve(record: number, from: number, to: number, firstDirty: number): number {
    const { machine, step } = this;
    for (let order = from - 1; order >= to; order--) {
      const half = 1 << order;
      this.blockList(record, order, firstDirty < half ? firstDirty : NONE_DIRTY);
      machine.work(step.split);
      record += RECORD_BYTES << order;
      if (firstDirty !== NONE_DIRTY) {
        firstDirty = Math.max(firstDirty - half, 0);
      }
    }
    return record;
  }

  private blockGive(page: number, order: number): void {
    const { machine, step } = this;
    const pages = 1 << order;
    machine.lock(this.heapLock);
    machine.work(step.give);
    this.pagesRetire(page, pages);
    machine.store(this.available, machine.load(this.available) + pages);
    machine.store(this.total, machine.load(this.total) + pages);
    machine.store(this.needScrub, machine.load(this.needScrub) + pages);
    let merged = order;
    let first = page;
    let firstDirty = 0;
    while (merged < ORDER_MAX_HEAD && this.buddyIsFree(first ^ (1 << merged), merged)) {
      const buddy = first ^ (1 << merged);
      this.lists.remove(this.recordOf(buddy), merged);
      if (buddy < first) {
        const buddyDirty = machine.load(this.recordOf(buddy) + FIRST_DIRTY);
        firstDirty = buddyDirty === NONE_DIRTY ? firstDirty + (1 << merged) : buddyDirty;
        first = buddy;
      }
      machine.work(step.merge);
      merged++;
    }
    this.blockList(this.recordOf(first), merged, firstDirty);
    machine.unlock(this.heapLock);
  }

  private buddyIsFree(buddy: number, order: number): boolean {
    const { machine } = this;
    machine.work(this.step.testBuddy);
    if (buddy >= machine.heapPages) {
      return false;
    }
    const record = this.recordOf(buddy);
    return (machine.load(record + COUNT) & STATE_FREE) !== 0 && machine.load(record + ORDER) === order;
  }

  private blockList(record: number, order: number, firstDirty: number): void {
    const { machine, lists } = this;
    machine.store(record + ORDER, order);
    machine.store(record + FIRST_DIRTY, firstDirty);
    if (firstDirty === NONE_DIRTY) {
      lists.addFirst(record, order);
    } else {
      lists.addLast(record, order);
    }
  }

  private pagesPrepare(record: number, pages: number): void {
    const { machine } = this;
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      machine.store(record + COUNT, machine.load(record + COUNT) & NEED_SCRUB);
      machine.load(record + TYPE_INFO);
      machine.load(record + TIMESTAMP);
      machine.store(record + TYPE_INFO, 0);
      machine.store(record + ORDER, 0);
    }
    machine.work(this.step.preparePage, pages);
  }

  /** No owner means no CPU whose translations would have to be flushed. */
  private pagesRetire(first: number, pages: number): void {
    const { machine } = this;
    let record = this.recordOf(first);
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      if ((machine.load(record + COUNT) & STATE_FREE) !== 0) {
        throw new HeapCorruption(this.addressOf(record), 'a free page is freed');
      }
      machine.store(record + COUNT, STATE_FREE | NEED_SCRUB);
      machine.load(record + ORDER);
      machine.store(record + TYPE_INFO, NONE_DIRTY);
    }
    machine.work(this.step.retirePage, pages);
  }

  /** After the lock: unscrubbed pages are counted off under a second hold of it, and zeroed for the domheap side. */
  private pagesScrub(record: number, pages: number, zeroed: boolean): void {
    const { machine, step } = this;
    let dirty = 0;
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      if ((machine.peek(record + COUNT) & NEED_SCRUB) !== 0) {
        machine.update(record + COUNT, 0);
        dirty++;
        if (zeroed) {
          machine.clear(this.addressOf(record), PAGE_BYTES);
        }
      }
    }
    if (dirty > 0) {
      machine.work(step.scrubPage, dirty);
      machine.lock(this.heapLock);
      machine.store(this.needScrub, machine.load(this.needScrub) - dirty);
      machine.unlock(this.heapLock);
    }
  }

  private pagesMarkXenheap(record: number, pages: number, mark: boolean): void {
    const { machine } = this;
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      const count = machine.load(record + COUNT);
      machine.store(record + COUNT, mark ? count | XEN_HEAP : count & ~XEN_HEAP);
    }
    machine.work(this.step.markXenheap, pages);
  }

  private recordOf(page: number): number {
    return this.frameTable + page * RECORD_BYTES;
  }

  private addressOf(record: number): number {
    return HEAP_BASE + ((record - this.frameTable) / RECORD_BYTES) * PAGE_BYTES;
  }
}
