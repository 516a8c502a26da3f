import { HeapCorruption } from '../../harness/machine/failures';
import type { Ledger } from '../../harness/machine/ledger';
import type { Lock } from '../../harness/machine/lock';
import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../../harness/machine/memory-layout';
import { AllocationBitmap } from './allocation-bitmap';
import { PageAllocator } from './page-allocator';
import { largestOrderAt } from './page-order';

/**
 * Xen's binary buddy: the page source under every Xen engine, as it stood at the parent of commit 9736b76d82
 * (October 2008), x86_64, release build.
 *
 * Free blocks of 2^order pages hang on one circular list an order; a bitmap says which pages are allocated; a 40-byte
 * record a page holds the list links and, at a block's first page, its order. A split keeps the lower half free and
 * goes on with the upper one, so a fresh heap is consumed from the top down. A freed block, merged or not, goes to
 * the tail of its list.
 */

/** 2008 x86. */
const ORDER_MAX_2008 = 20;

/** The page record: links 0 and 8, count 16, order (free) or owner (used) 20, type info or CPU mask 24. */
const RECORD_BYTES = 40;
const NEXT = 0;
const PREVIOUS = 8;
const COUNT = 16;
const ORDER = 20;
const TYPE_INFO = 24;

/**
 * The count of a free page is 0 in 2008. Its low bit stands here for what today's allocator keeps in the same word:
 * the page holds old data, and the domheap side has to zero it before handing it out.
 */
const COUNT_DIRTY = 1;

/** A list head is two pointers, laid out like a record's links. */
const HEAD_BYTES = 16;

/** What the kernel's list code leaves in the links of an unlinked record, also in release builds. */
const POISON_NEXT = 0x0010_0100;
const POISON_PREVIOUS = 0x0020_0200;

/**
 * Instructions of the compiled original (gcc 12 -O2) with its TLB filter, by step: solved from the callgrind totals per
 * operation. A take costs 102 and 17 a page, a give 94 and 8, a split 27 more and a merge 36.
 */
const STEPS = {
  take: { instructions: 84 },
  tryOrder: { instructions: 4, event: 'searchSteps' },
  unlink: { instructions: 8 },
  split: { instructions: 15, event: 'splits' },
  markWord: { instructions: 6 },
  preparePage: { instructions: 17, event: 'pagesTaken' },
  give: { instructions: 68 },
  retirePage: { instructions: 8, event: 'pagesGiven' },
  testBuddy: { instructions: 12 },
  merge: { instructions: 15, event: 'merges' },
  append: { instructions: 8 },
} as const;

export class PageAllocator2008 extends PageAllocator {
  readonly orderMax = ORDER_MAX_2008;
  private readonly frameTable: number;
  private readonly bitmap: AllocationBitmap;
  private readonly heads: number;
  private readonly available: number;
  private readonly heapLock: Lock;
  private readonly ledger: Ledger;
  private readonly step;

  constructor(machine: Machine) {
    super(machine);
    const pages = machine.heapPages;
    this.frameTable = machine.reserve('frame table', pages * RECORD_BYTES, PAGE_BYTES);
    this.bitmap = new AllocationBitmap(machine);
    this.heads = machine.reserve('free list heads', (ORDER_MAX_2008 + 1) * HEAD_BYTES);
    this.available = machine.reserve('free page counter', 8);
    this.heapLock = machine.defineLock('heap', machine.reserve('heap lock', 4));
    this.ledger = machine.openLedger(PAGE_BYTES);
    this.step = machine.defineSteps('page-allocator', STEPS);
  }

  /**
   * Everything starts allocated and is given back, in the real one page by page: the binary decomposition of the heap
   * remains, which the largest aligned blocks make at once. No record has to be retired: all are zero, as those of
   * clean pages without an owner are.
   */
  start(): void {
    const { heapPages } = this.machine;
    for (let order = 0; order <= ORDER_MAX_2008; order++) {
      const head = this.head(order);
      this.machine.store(head + NEXT, head);
      this.machine.store(head + PREVIOUS, head);
    }
    this.bitmap.start();
    for (let page = 0; page < heapPages;) {
      const order = largestOrderAt(page, heapPages, ORDER_MAX_2008);
      this.blockGive(page, order);
      page += 1 << order;
    }
  }

  take(order: number): number {
    return this.blockTake(order, false);
  }

  give(address: number, order: number): void {
    const page = this.pageAt(address);
    this.pagesRetire(page, 1 << order);
    this.blockGive(page, order);
    this.ledger.give(address, PAGE_BYTES * (1 << order));
  }

  takeZeroed(order: number): number {
    return this.blockTake(order, true);
  }

  giveZeroed(address: number, order: number): void {
    this.give(address, order);
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
    const { machine } = this;
    let free = 0;
    for (let order = 0; order <= ORDER_MAX_2008; order++) {
      const head = this.head(order);
      let before = head;
      for (let record = machine.peek(head + NEXT); record !== head; record = machine.peek(record + NEXT)) {
        this.checkFree(record, order, before);
        before = record;
        free += 1 << order;
        if (free > machine.heapPages) {
          throw new HeapCorruption(record, 'the free lists hold more pages than the heap');
        }
        visit(HEAP_BASE + this.pageOf(record) * PAGE_BYTES, order);
      }
    }
  }

  check(): void {
    let free = 0;
    this.visitFree((address, order) => {
      this.checkMarkedFree(this.pageAt(address), 1 << order);
      free += 1 << order;
    });
    if (free !== this.freePages) {
      throw new HeapCorruption(
        this.available,
        `${free} pages on the free lists, ${this.freePages} counted free`,
      );
    }
    this.checkAgainstLedger();
  }

  private blockTake(order: number, zeroed: boolean): number {
    const { machine, step } = this;
    if (order > ORDER_MAX_2008) {
      return 0;
    }
    const pages = 1 << order;
    machine.lock(this.heapLock);
    machine.work(step.take);
    const record = machine.load(this.available) < pages ? 0 : this.blockCarve(order);
    if (record === 0) {
      machine.unlock(this.heapLock);
      return 0;
    }
    const page = this.pageOf(record);
    machine.work(step.markWord, this.bitmap.set(page, pages));
    machine.store(this.available, machine.load(this.available) - pages);
    machine.unlock(this.heapLock);
    this.pagesPrepare(record, pages, zeroed);
    const address = HEAP_BASE + page * PAGE_BYTES;
    this.ledger.take(address, pages * PAGE_BYTES);
    return address;
  }

  /** Takes a block of 2^order pages off the lists, halving a larger one; its record, or 0 where none is left. */
  private blockCarve(order: number): number {
    const { machine, step } = this;
    for (let found = order; found <= ORDER_MAX_2008; found++) {
      const head = this.head(found);
      const record = machine.load(head + NEXT);
      machine.work(step.tryOrder);
      if (record !== head) {
        machine.chase(record + NEXT);
        this.recordUnlink(record);
        return this.blockHalve(record, found, order);
      }
    }
    return 0;
  }

  /** Lower halves stay free, the upper half goes on: the highest-addressed piece is handed out. */
  private blockHalve(record: number, from: number, to: number): number {
    for (let order = from - 1; order >= to; order--) {
      this.machine.store(record + ORDER, order);
      this.recordAppend(record, order);
      this.machine.work(this.step.split);
      record += RECORD_BYTES << order;
    }
    return record;
  }

  private blockGive(page: number, order: number): void {
    const { machine, step } = this;
    machine.lock(this.heapLock);
    machine.work(step.give);
    machine.work(step.markWord, this.bitmap.clear(page, 1 << order));
    machine.store(this.available, machine.load(this.available) + (1 << order));
    let merged = order;
    let first = page;
    while (merged < ORDER_MAX_2008 && this.buddyIsFree(first ^ (1 << merged), merged)) {
      const buddy = first ^ (1 << merged);
      this.recordUnlink(this.recordOf(buddy));
      machine.work(step.merge);
      first = Math.min(first, buddy);
      merged++;
    }
    const record = this.recordOf(first);
    machine.store(record + ORDER, merged);
    this.recordAppend(record, merged);
    machine.unlock(this.heapLock);
  }

  private buddyIsFree(buddy: number, order: number): boolean {
    const { machine } = this;
    machine.work(this.step.testBuddy);
    if (this.bitmap.isAllocated(buddy)) {
      return false;
    }
    return machine.load(this.recordOf(buddy) + ORDER) === order;
  }

  /** After the lock: what a page's last owner left in its record is checked and cleared. */
  private pagesPrepare(record: number, pages: number, zeroed: boolean): void {
    const { machine } = this;
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      const count = machine.load(record + COUNT);
      if (zeroed && count === COUNT_DIRTY) {
        machine.clear(HEAP_BASE + this.pageOf(record) * PAGE_BYTES, PAGE_BYTES);
      }
      machine.load(record + TYPE_INFO);
      machine.store(record + TYPE_INFO, 0);
      machine.store(record + ORDER, 0);
    }
    machine.work(this.step.preparePage, pages);
  }

  /** Before the lock: no owner means no CPU whose translations would have to be flushed. */
  private pagesRetire(first: number, pages: number): void {
    const { machine } = this;
    let record = this.recordOf(first);
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      machine.store(record + COUNT, COUNT_DIRTY);
      machine.load(record + ORDER);
      machine.store(record + TYPE_INFO, 0);
    }
    machine.work(this.step.retirePage, pages);
  }

  private recordUnlink(record: number): void {
    const { machine } = this;
    const next = machine.load(record + NEXT);
    const previous = machine.load(record + PREVIOUS);
    machine.store(next + PREVIOUS, previous);
    machine.store(previous + NEXT, next);
    machine.store(record + NEXT, POISON_NEXT);
    machine.store(record + PREVIOUS, POISON_PREVIOUS);
    machine.work(this.step.unlink);
  }

  private recordAppend(record: number, order: number): void {
    const { machine } = this;
    const head = this.head(order);
    const tail = machine.load(head + PREVIOUS);
    machine.store(head + PREVIOUS, record);
    machine.store(record + NEXT, head);
    machine.store(record + PREVIOUS, tail);
    machine.store(tail + NEXT, record);
    machine.work(this.step.append);
  }

  private checkFree(record: number, order: number, before: number): void {
    const { machine } = this;
    const page = (record - this.frameTable) / RECORD_BYTES;
    const wellPlaced = Number.isInteger(page) && page >= 0 && page + (1 << order) <= machine.heapPages;
    if (!wellPlaced || (page & ((1 << order) - 1)) !== 0) {
      throw new HeapCorruption(record, `a free block of order ${order} where none can lie`);
    }
    if (machine.peek(record + PREVIOUS) !== before) {
      throw new HeapCorruption(record, `free list ${order} is not linked both ways`);
    }
    if (machine.peek(record + ORDER) !== order) {
      throw new HeapCorruption(record, `a free block on list ${order} records another order`);
    }
  }

  private checkMarkedFree(first: number, pages: number): void {
    for (let page = first; page < first + pages; page++) {
      if (this.bitmap.showsAllocated(page)) {
        throw new HeapCorruption(this.recordOf(page), `page ${page} is free and marked allocated`);
      }
    }
  }

  private head(order: number): number {
    return this.heads + order * HEAD_BYTES;
  }

  private recordOf(page: number): number {
    return this.frameTable + page * RECORD_BYTES;
  }

  private pageOf(record: number): number {
    return ((record - this.frameTable) / RECORD_BYTES) | 0;
  }
}
