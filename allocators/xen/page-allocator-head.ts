import { HeapCorruption } from '../../harness/machine/failures';
import type { Ledger } from '../../harness/machine/ledger';
import type { Lock } from '../../harness/machine/lock';
import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import { IdleScrubber } from './idle-scrubber';
import { NodeTables } from './node-tables';
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
  PageRecords,
  RECORD_BYTES,
  STATE_FREE,
} from './page-record-head';

/**
 * Xen's page allocator as of commit c447b7308b (August 2026), x86_64, release build: the buddy of 2008 with 32-byte
 * records and no bitmap, all its bookkeeping inside heap_lock, and scrubbing. One node, no claims. All pages lie in one
 * zone, the last that a take looks at; the tables that tell a page's node, and a node's lists and counters, are there.
 *
 * Every freed page counts as unscrubbed. The domheap side zeroes such pages when it hands them out, the xenheap side
 * never does, and idle CPUs may zero them in between: then, and only then, blocks move to the front of their list
 * and placements differ from those of 2008.
 */

/**
 * Instructions of the compiled original (gcc 12 -O2) by step, solved from the callgrind totals per operation: a take
 * of 2^k pages costs 243 and 22 a page (228 and 17 on the domheap side), a give 152 and 24 (163 and 20), and every zone
 * that is looked through in vain 12.
 */
const STEPS = {
  takeXenheap: { instructions: 15 },
  take: { instructions: 228 },
  tryZone: { instructions: 12 },
  tryOrder: { instructions: 10, event: 'searchSteps' },
  passDirty: { instructions: 25 },
  split: { instructions: 44, event: 'splits' },
  preparePage: { instructions: 17, event: 'pagesTaken' },
  markXenheap: { instructions: 5 },
  scrubPage: { instructions: 8 },
  countScrubbed: { instructions: 20 },
  giveXenheap: { instructions: 10 },
  giveDomheap: { instructions: 20 },
  give: { instructions: 130 },
  unmarkXenheap: { instructions: 4 },
  retirePage: { instructions: 20, event: 'pagesGiven' },
  testBuddy: { instructions: 12 },
  merge: { instructions: 48, event: 'merges' },
} as const;

export class PageAllocatorHead extends PageAllocator {
  readonly orderMax = ORDER_MAX_HEAD;
  private readonly records: PageRecords;
  private readonly lists: HeadPageLists;
  private readonly scrubber: IdleScrubber;
  /** Free pages of each zone; only those of zone 0 are any. */
  private readonly available: number;
  private readonly nodes: NodeTables;
  private readonly total: number;
  private readonly claims: number;
  private readonly lowMemoryThreshold: number;
  private readonly needScrub: number;
  private readonly heapLock: Lock;
  private readonly ledger: Ledger;
  private readonly step;

  /**
   * @param idleScrubPages pages that idle CPUs scrub before each take
   * @param zones zones that a take may be served from
   */
  constructor(
    machine: Machine,
    private readonly idleScrubPages: number,
    private readonly zones: number,
  ) {
    super(machine);
    this.records = new PageRecords(machine);
    this.lists = new HeadPageLists(machine, this.records.frameTable);
    this.available = machine.reserve('free page counters of the zones', 8 * zones, 64);
    this.nodes = new NodeTables(machine);
    const globals = machine.reserve('page allocator globals', 32);
    this.total = globals;
    this.claims = globals + 8;
    this.lowMemoryThreshold = globals + 16;
    this.needScrub = globals + 24;
    this.scrubber = new IdleScrubber(machine, this.lists, this.records.frameTable, this.needScrub);
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
        machine.store(this.records.at(each) + COUNT, STATE_FREE);
      }
      machine.store(this.records.at(page) + FIRST_DIRTY, NONE_DIRTY);
      machine.store(this.records.at(page) + ORDER, order);
      this.lists.addLast(this.records.at(page), order);
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
    this.machine.work(this.step.takeXenheap);
    this.records.mark(record, 1 << order);
    this.machine.work(this.step.markXenheap, 1 << order);
    return this.records.addressOf(record);
  }

  give(address: number, order: number): void {
    this.machine.work(this.step.giveXenheap);
    this.records.unmark(this.records.at(this.pageAt(address)), 1 << order);
    this.machine.work(this.step.unmarkXenheap, 1 << order);
    this.blockGive(this.pageAt(address), order);
  }

  takeZeroed(order: number): number {
    const record = this.blockTake(order, true, order === 0);
    return record === 0 ? 0 : this.records.addressOf(record);
  }

  giveZeroed(address: number, order: number): void {
    this.machine.work(this.step.giveDomheap);
    this.blockGive(this.pageAt(address), order);
  }

  ownerWordAt(address: number): number {
    return this.records.at(this.pageAt(address)) + ORDER;
  }

  linkWordAt(address: number): number {
    return this.records.at(this.pageAt(address)) + NEXT;
  }

  get freePages(): number {
    return this.machine.peek(this.available);
  }

  /** Verifies the lists as it goes, so that damaged ones end in `HeapCorruption` and not in a circle. */
  visitFree(visit: (address: number, order: number) => void): void {
    this.lists.visit((record, order) => visit(this.records.addressOf(record), order));
  }

  check(): void {
    const { machine } = this;
    let free = 0;
    let dirty = 0;
    this.visitFree((address, order) => {
      free += 1 << order;
      dirty += this.records.checkedDirtyPages(this.records.at(this.pageAt(address)), 1 << order);
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
    let record = this.blockFind(order, dirtyWelcome);
    if (record === 0 && !dirtyWelcome) {
      record = this.blockFind(order, true);
    }
    if (record === 0) {
      machine.unlock(this.heapLock);
      return 0;
    }
    this.nodes.countersLoad();
    machine.store(this.available, machine.load(this.available) - pages);
    machine.store(this.total, machine.load(this.total) - pages);
    machine.load(this.total);
    machine.load(this.lowMemoryThreshold);
    this.records.prepare(record, pages);
    machine.work(step.preparePage, pages);
    machine.unlock(this.heapLock);
    this.pagesScrub(record, pages, zeroed);
    this.ledger.take(this.records.addressOf(record), pages * PAGE_BYTES);
    return record;
  }

  /** Goes through the zones, of which the last one has pages, for a block of that order. */
  private blockFind(order: number, dirtyWelcome: boolean): number {
    const { machine, nodes, zones } = this;
    nodes.onlineLoad();
    machine.work(this.step.tryZone, zones - 1);
    for (let zone = zones - 1; zone > 0; zone--) {
      nodes.countersLoad();
      machine.load(this.available + 8 * zone);
    }
    nodes.countersLoad();
    return machine.load(this.available) < 1 << order ? 0 : this.blockCarve(order, dirtyWelcome);
  }

  /** A block of that order off the lists; one with unscrubbed pages only where it is welcome, else it moves back. */
  private blockCarve(order: number, dirtyWelcome: boolean): number {
    const { machine, lists, step } = this;
    this.nodes.listsLoad();
    for (let found = order; found <= ORDER_MAX_HEAD; found++) {
      const record = lists.first(found);
      machine.work(step.tryOrder);
      if (record !== 0) {
        lists.remove(record, found);
        const firstDirty = machine.chase(record + FIRST_DIRTY);
        if (firstDirty === NONE_DIRTY || dirtyWelcome) {
          if (firstDirty !== NONE_DIRTY) {
            // Whether an idle CPU is scrubbing it.
            machine.load(record + FIRST_DIRTY);
          }
          return this.blockHalve(record, found, order);
        }
        lists.addLast(record, found);
        machine.work(step.passDirty);
      }
    }
    return 0;
  }

  /** Lower halves stay free, the upper half goes on; what is unscrubbed in a lower half goes with it. */
  private blockHalve(record: number, from: number, to: number): number {
    const { machine, step } = this;
    this.zoneLoad(record);
    machine.load(record + ORDER);
    let firstDirty = machine.load(record + FIRST_DIRTY);
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
    this.zoneLoad(this.records.at(page));
    machine.lock(this.heapLock);
    machine.work(step.give);
    this.records.retire(this.records.at(page), pages);
    machine.work(step.retirePage, pages);
    this.nodes.countersLoad();
    machine.store(this.available, machine.load(this.available) + pages);
    machine.store(this.total, machine.load(this.total) + pages);
    machine.store(this.needScrub, machine.load(this.needScrub) + pages);
    let merged = order;
    let first = page;
    let firstDirty = 0;
    machine.store(this.records.at(page) + FIRST_DIRTY, firstDirty);
    while (merged < ORDER_MAX_HEAD && this.buddyIsFree(first ^ (1 << merged), merged)) {
      const buddy = first ^ (1 << merged);
      machine.load(this.records.at(buddy) + FIRST_DIRTY);
      this.nodes.listsLoad();
      this.lists.remove(this.records.at(buddy), merged);
      const buddyDirty = machine.load(this.records.at(buddy) + FIRST_DIRTY);
      if (buddy < first) {
        firstDirty = buddyDirty === NONE_DIRTY ? firstDirty + (1 << merged) : buddyDirty;
        first = buddy;
      }
      machine.work(step.merge);
      merged++;
    }
    machine.load(this.records.at(first) + FIRST_DIRTY);
    this.blockList(this.records.at(first), merged, firstDirty);
    machine.unlock(this.heapLock);
    this.ledger.give(this.records.addressOf(this.records.at(page)), pages * PAGE_BYTES);
  }

  private buddyIsFree(buddy: number, order: number): boolean {
    const { machine } = this;
    machine.work(this.step.testBuddy);
    if (!this.nodes.exists(buddy)) {
      return false;
    }
    const record = this.records.at(buddy);
    if ((machine.load(record + COUNT) & STATE_FREE) === 0 || machine.load(record + ORDER) !== order) {
      return false;
    }
    this.nodes.nodeLoad();
    return true;
  }

  /** Finds out node and zone of a page; xenheap pages have a zone of their own on other machines. */
  private zoneLoad(record: number): void {
    this.nodes.nodeLoad();
    this.machine.load(record + COUNT);
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

  /** After the lock: unscrubbed pages are counted off under a second hold of it, and zeroed for the domheap side. */
  private pagesScrub(record: number, pages: number, zeroed: boolean): void {
    const { machine, step } = this;
    let dirty = 0;
    for (let page = 0; page < pages; page++, record += RECORD_BYTES) {
      if ((machine.peek(record + COUNT) & NEED_SCRUB) !== 0) {
        machine.update(record + COUNT, 0);
        dirty++;
        if (zeroed) {
          machine.clear(this.records.addressOf(record), PAGE_BYTES);
        }
      }
    }
    if (dirty > 0) {
      machine.work(step.scrubPage, dirty);
      machine.work(step.countScrubbed);
      machine.lock(this.heapLock);
      machine.store(this.needScrub, machine.load(this.needScrub) - dirty);
      machine.unlock(this.heapLock);
    }
  }
}
