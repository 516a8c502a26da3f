import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine, Words } from '../../harness/machine/machine';
import { NEXT, NO_PAGE, ORDER, ORDER_MAX_HEAD, PREVIOUS, RECORD_BYTES } from './page-record-head';

/**
 * The free lists of today's page allocator, one an order: a head holds the addresses of its first and last record,
 * a record the page numbers of its neighbours in 32 bits each; there is no circle. Clean blocks go to the front,
 * blocks with unscrubbed pages to the back.
 */

/** A list's head: first and last record, 0 where there is none. */
const HEAD_BYTES = 16;
const FIRST = 0;
const LAST = 8;

export class HeadPageLists {
  private readonly heads: number;

  constructor(
    private readonly machine: Machine,
    private readonly frameTable: number,
  ) {
    this.heads = machine.reserve('free list heads', (ORDER_MAX_HEAD + 1) * HEAD_BYTES);
  }

  /** The first record of a list, or 0. */
  first(order: number): number {
    return this.machine.load(this.head(order) + FIRST);
  }

  /** The last record of a list, or 0. */
  last(order: number, words: Words = this.machine): number {
    return words.load(this.head(order) + LAST);
  }

  addFirst(record: number, order: number, words: Words = this.machine): void {
    const head = this.head(order);
    const first = words.load(head + FIRST);
    words.store(record + NEXT, this.pageOf(first));
    words.store(record + PREVIOUS, NO_PAGE);
    if (first !== 0) {
      words.store(first + PREVIOUS, this.pageOf(record));
    } else {
      words.store(head + LAST, record);
    }
    words.store(head + FIRST, record);
  }

  addLast(record: number, order: number): void {
    const { machine } = this;
    const head = this.head(order);
    machine.store(record + NEXT, NO_PAGE);
    if (machine.load(head + FIRST) !== 0) {
      const last = machine.load(head + LAST);
      machine.store(record + PREVIOUS, this.pageOf(last));
      machine.store(last + NEXT, this.pageOf(record));
    } else {
      machine.store(record + PREVIOUS, NO_PAGE);
      machine.store(head + FIRST, record);
    }
    machine.store(head + LAST, record);
  }

  remove(record: number, order: number, words: Words = this.machine): void {
    const head = this.head(order);
    const next = this.recordOf(words.load(record + NEXT));
    const previous = this.recordOf(words.load(record + PREVIOUS));
    if (previous === 0) {
      words.store(head + FIRST, next);
    } else {
      words.store(previous + NEXT, this.pageOf(next));
    }
    if (next === 0) {
      words.store(head + LAST, previous);
    } else {
      words.store(next + PREVIOUS, this.pageOf(previous));
    }
  }

  /** Visits the record of every free block, verified as it goes; for observers. Throws `HeapCorruption`. */
  visit(visitRecord: (record: number, order: number) => void): void {
    const { machine } = this;
    let free = 0;
    for (let order = 0; order <= ORDER_MAX_HEAD; order++) {
      let before = 0;
      for (let record = machine.peek(this.head(order) + FIRST); record !== 0;) {
        this.checkRecord(record, order, before);
        before = record;
        free += 1 << order;
        if (free > machine.heapPages) {
          throw new HeapCorruption(record, 'the free lists hold more pages than the heap');
        }
        visitRecord(record, order);
        record = this.recordOf(machine.peek(record + NEXT));
      }
      if (this.last(order, machine.uncharged) !== before) {
        throw new HeapCorruption(before, `free list ${order} does not end in its last block`);
      }
    }
  }

  private checkRecord(record: number, order: number, before: number): void {
    const page = (record - this.frameTable) / RECORD_BYTES;
    const wellPlaced = Number.isInteger(page) && page >= 0 && page + (1 << order) <= this.machine.heapPages;
    if (!wellPlaced || (page & ((1 << order) - 1)) !== 0) {
      throw new HeapCorruption(record, `a free block of order ${order} where none can lie`);
    }
    if (this.recordOf(this.machine.peek(record + PREVIOUS)) !== before) {
      throw new HeapCorruption(record, `free list ${order} is not linked both ways`);
    }
    if (this.machine.peek(record + ORDER) !== order) {
      throw new HeapCorruption(record, `a free block on list ${order} records another order`);
    }
  }

  private head(order: number): number {
    return this.heads + order * HEAD_BYTES;
  }

  private pageOf(record: number): number {
    return record === 0 ? NO_PAGE : (record - this.frameTable) / RECORD_BYTES;
  }

  private recordOf(page: number): number {
    return page === NO_PAGE ? 0 : this.frameTable + page * RECORD_BYTES;
  }
}
