import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../../harness/machine/memory-layout';

/** The frame-table record of today's page allocator: what its fields hold, and what a take or give makes of it. */

/** Today's x86. */
export const ORDER_MAX_HEAD = 18;

export const RECORD_BYTES = 32;
/** Page numbers of the neighbours on a free list, 32 bits each. */
export const NEXT = 0;
export const PREVIOUS = 4;
export const COUNT = 8;
/** Type info of a used page; index of the first unscrubbed page of a free block. */
const TYPE_INFO = 16;
export const FIRST_DIRTY = TYPE_INFO;
/** Order of a free block; owner of a used page. */
export const ORDER = 24;

/** Bits of the count word; the real ones lie at its upper end. */
export const STATE_FREE = 1;
export const NEED_SCRUB = 2;
const XEN_HEAP = 4;

/** `FIRST_DIRTY` of a block without unscrubbed pages. */
export const NONE_DIRTY = 0x000f_ffff;
/** Neighbour of the last page on a list. */
export const NO_PAGE = 0xffff_ffff;

/** The records of all pages; a block is told by the record of its first page. */
export class PageRecords {
  readonly frameTable: number;

  constructor(private readonly machine: Machine) {
    this.frameTable = machine.reserve('frame table', machine.heapPages * RECORD_BYTES, PAGE_BYTES);
  }

  at(page: number): number {
    return this.frameTable + page * RECORD_BYTES;
  }

  /** Of the page itself. */
  addressOf(record: number): number {
    return HEAP_BASE + ((record - this.frameTable) / RECORD_BYTES) * PAGE_BYTES;
  }

  /** Makes free pages used ones and clears what the fields hold of free pages; whether they are scrubbed stays. */
  prepare(record: number, pages: number): void {
    const { machine } = this;
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      machine.store(record + COUNT, machine.load(record + COUNT) & NEED_SCRUB);
      machine.load(record + TYPE_INFO);
      machine.store(record + TYPE_INFO, 0);
      machine.store(record + ORDER, 0);
    }
  }

  /** Makes used pages free and unscrubbed. No owner means no CPU whose translations would have to be flushed. */
  retire(record: number, pages: number): void {
    const { machine } = this;
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      if ((machine.load(record + COUNT) & STATE_FREE) !== 0) {
        throw new HeapCorruption(this.addressOf(record), 'a free page is freed');
      }
      machine.store(record + COUNT, STATE_FREE);
      machine.load(record + ORDER);
      machine.store(record + TYPE_INFO, NONE_DIRTY);
      machine.store(record + ORDER, 0);
      this.countChange(record, machine.peek(record + COUNT) | NEED_SCRUB);
    }
  }

  /** Marks used pages as xenheap's. */
  mark(record: number, pages: number): void {
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      this.countChange(record, this.machine.peek(record + COUNT) | XEN_HEAP);
    }
  }

  unmark(record: number, pages: number): void {
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      this.countChange(record, this.machine.peek(record + COUNT) & ~XEN_HEAP);
    }
  }

  /** Unscrubbed pages of a free block; all of them lie behind its mark. For observers; throws `HeapCorruption`. */
  checkedDirtyPages(block: number, pages: number): number {
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

  /** One instruction that reads the count word and writes it back: for the processor, and for callgrind, a store. */
  private countChange(record: number, count: number): void {
    this.machine.store(record + COUNT, count);
  }
}
