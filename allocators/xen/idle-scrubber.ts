import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { HeadPageLists } from './page-lists-head';
import {
  COUNT,
  FIRST_DIRTY,
  NEED_SCRUB,
  NONE_DIRTY,
  ORDER_MAX_HEAD,
  RECORD_BYTES,
  STATE_FREE,
} from './page-record-head';

/**
 * What idle CPUs do between operations, and hence uncharged: they zero free pages that hold old data, the largest
 * blocks first and each list from its back, where those blocks stand; a finished block moves to the front. They stop
 * the moment no free page needs scrubbing: a block whose mark says otherwise, because its unscrubbed pages have left
 * it, stays where it is.
 */
export class IdleScrubber {
  /**
   * @param frameTable address of the first page record
   * @param needScrub address of the counter of unscrubbed free pages
   */
  constructor(
    private readonly machine: Machine,
    private readonly lists: HeadPageLists,
    private readonly frameTable: number,
    private readonly needScrub: number,
  ) {}

  /** Scrubs up to `budgetPages` pages. */
  scrub(budgetPages: number): void {
    const { lists } = this;
    const { uncharged } = this.machine;
    const isDone = () => budgetPages <= 0 || this.machine.peek(this.needScrub) === 0;
    for (let order = ORDER_MAX_HEAD; order >= 0 && !isDone(); order--) {
      for (let block = lists.last(order, uncharged); !isDone() && this.isDirty(block);) {
        budgetPages -= this.blockScrub(block, order, budgetPages);
        block = lists.last(order, uncharged);
      }
    }
  }

  private isDirty(block: number): boolean {
    return block !== 0 && this.machine.peek(block + FIRST_DIRTY) !== NONE_DIRTY;
  }

  /** Scrubs a block from its first unscrubbed page on, as far as the budget goes; returns the pages zeroed. */
  private blockScrub(block: number, order: number, budgetPages: number): number {
    const { machine } = this;
    const pages = 1 << order;
    let scrubbed = 0;
    let page = machine.peek(block + FIRST_DIRTY);
    for (; page < pages && scrubbed < budgetPages; page++) {
      const record = block + page * RECORD_BYTES;
      if ((machine.peek(record + COUNT) & NEED_SCRUB) !== 0) {
        machine.poke(record + COUNT, STATE_FREE);
        this.pageZero(record);
        scrubbed++;
      }
    }
    machine.poke(this.needScrub, machine.peek(this.needScrub) - scrubbed);
    if (page < pages) {
      machine.poke(block + FIRST_DIRTY, page);
    } else {
      machine.poke(block + FIRST_DIRTY, NONE_DIRTY);
      this.lists.remove(block, order, machine.uncharged);
      this.lists.addFirst(block, order, machine.uncharged);
    }
    return scrubbed;
  }

  private pageZero(record: number): void {
    const page = HEAP_BASE + ((record - this.frameTable) / RECORD_BYTES) * PAGE_BYTES;
    for (let word = 0; word < PAGE_BYTES; word += 4) {
      this.machine.poke(page + word, 0);
    }
  }
}
