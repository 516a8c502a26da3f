import type { Lock } from '../../harness/machine/lock';
import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { PageAccount } from './page-account';

/**
 * The x86_64 page tables behind vmalloc's virtual area: four levels of 8-byte entries in physical memory. A table
 * entry holds the address of the next table or page, with bit 0 for "present".
 *
 * The upper levels exist from boot. A leaf table is made when the first of its 512 pages is mapped, and stays: its
 * page comes out of reserved memory, or out of the heap with `-o page-tables=charged`.
 */

const ENTRY_BYTES = 8;
const ENTRIES = 512;
const ENTRIES_SHIFT = 9;
/** Pages of address space behind an entry of the third level, and behind one of the top level. */
const LEVEL2_SHIFT = 2 * ENTRIES_SHIFT;
const LEVEL3_SHIFT = 3 * ENTRIES_SHIFT;
const PAGES_PER_LEVEL2 = 1 << LEVEL2_SHIFT;
const PAGES_PER_LEVEL3 = 1 << LEVEL3_SHIFT;
const PRESENT = 1;
const SUPERPAGE_BYTES = ENTRIES * PAGE_BYTES;

export class PageTables {
  private readonly top: number;
  private readonly level3: number;
  private readonly level2: number;
  /** The leaf tables, one behind the other; only the first one where the others come out of the heap. */
  private readonly leaves: number;
  private readonly tableLock: Lock;

  /** @param tableAccount pays for leaf tables, undefined where reserved memory does */
  constructor(
    private readonly machine: Machine,
    private readonly tableAccount: PageAccount | undefined,
  ) {
    const leafTables = Math.ceil(machine.virtualPages / ENTRIES);
    const level2Tables = Math.ceil(leafTables / ENTRIES);
    const level3Tables = Math.ceil(level2Tables / ENTRIES);
    this.top = machine.reserve('top page table', PAGE_BYTES, PAGE_BYTES);
    this.level3 = machine.reserve('level 3 page tables', level3Tables * PAGE_BYTES, PAGE_BYTES);
    this.level2 = machine.reserve('level 2 page tables', level2Tables * PAGE_BYTES, PAGE_BYTES);
    const reservedLeaves = tableAccount === undefined ? leafTables : 1;
    this.leaves = machine.reserve('leaf page tables', reservedLeaves * PAGE_BYTES, PAGE_BYTES);
    this.tableLock = machine.defineLock('page tables', machine.reserve('page table lock', 4));
  }

  start(): void {
    const { machine } = this;
    for (let page = 0; page < machine.virtualPages; page += PAGES_PER_LEVEL3) {
      const index = page >>> LEVEL3_SHIFT;
      machine.store(this.top + index * ENTRY_BYTES, this.level3 + index * PAGE_BYTES + PRESENT);
    }
    for (let page = 0; page < machine.virtualPages; page += PAGES_PER_LEVEL2) {
      const index = page >>> LEVEL2_SHIFT;
      machine.store(this.level3 + index * ENTRY_BYTES, this.level2 + index * PAGE_BYTES + PRESENT);
    }
    machine.store(this.level2, this.leaves + PRESENT);
  }

  /** Maps one page; false where a leaf table is missing and cannot be had. */
  map(page: number, frame: number): boolean {
    const { machine } = this;
    let leaf = this.walkToLeaf(page);
    if (leaf === 0) {
      leaf = this.leafCreate(page);
      if (leaf === 0) {
        return false;
      }
    }
    const entry = leaf + (page % ENTRIES) * ENTRY_BYTES;
    machine.chase(entry);
    machine.store(entry, frame + PRESENT);
    machine.map(1);
    this.superpageProbe(leaf, page);
    return true;
  }

  /** Unmaps a range of present pages: the translation of each is flushed on all CPUs, one by one. */
  unmap(first: number, pages: number): void {
    const { machine } = this;
    for (let page = first; page < first + pages; page++) {
      const entry = this.walkToLeaf(page) + (page % ENTRIES) * ENTRY_BYTES;
      machine.chase(entry);
      machine.store(entry, 0);
      machine.tlbFlush(1);
    }
    machine.unmap(pages);
  }

  /** The page behind a mapped page of the area, by a walk through all levels. */
  translate(page: number): number {
    return pageOf(this.machine.chase(this.walkToLeaf(page) + (page % ENTRIES) * ENTRY_BYTES));
  }

  /** The processor's own translation, which no engine asks for and no stream has; 0 where nothing is mapped. */
  frameOf(page: number): number {
    const entry = this.leafOf(page) + (page % ENTRIES) * ENTRY_BYTES;
    return this.machine.isMapped(entry, ENTRY_BYTES) ? pageOf(this.machine.peek(entry)) : 0;
  }

  /** Visits the leaf tables that the heap paid for; for observers. */
  visitChargedTables(visit: (table: number) => void): void {
    for (let page = 0; page < this.machine.virtualPages; page += ENTRIES) {
      const leaf = this.leafOf(page);
      if (this.tableAccount !== undefined && leaf !== 0 && leaf !== this.leaves) {
        visit(leaf);
      }
    }
  }

  /** The leaf table of a page, or 0: three loads, each of which needs the one before. */
  private walkToLeaf(page: number): number {
    const { machine } = this;
    machine.load(this.top + (page >>> LEVEL3_SHIFT) * ENTRY_BYTES);
    machine.chase(this.level3 + (page >>> LEVEL2_SHIFT) * ENTRY_BYTES);
    machine.chase(this.level2 + (page >>> ENTRIES_SHIFT) * ENTRY_BYTES);
    return this.leafOf(page);
  }

  private leafOf(page: number): number {
    return pageOf(this.machine.peek(this.level2 + (page >>> ENTRIES_SHIFT) * ENTRY_BYTES));
  }

  private leafCreate(page: number): number {
    const { machine } = this;
    const index = page >>> ENTRIES_SHIFT;
    const leaf =
      this.tableAccount === undefined ? this.leaves + index * PAGE_BYTES : this.tableAccount.take(0);
    if (leaf !== 0) {
      machine.clear(leaf, PAGE_BYTES);
      machine.store(this.level2 + index * ENTRY_BYTES, leaf + PRESENT);
    }
    return leaf;
  }

  /**
   * After every page mapped, under the page-table lock: whether the whole leaf table is one contiguous superpage by
   * now, up to the first entry that is not; then the same a level higher, where the first entry, a table, says no.
   */
  private superpageProbe(leaf: number, page: number): void {
    const { machine } = this;
    machine.lock(this.tableLock);
    let frame = pageOf(machine.load(leaf));
    const base = frame - (frame % SUPERPAGE_BYTES);
    for (let entry = 0; frame === base + entry * PAGE_BYTES && entry < ENTRIES - 1;) {
      entry++;
      frame = pageOf(machine.load(leaf + entry * ENTRY_BYTES));
    }
    machine.unlock(this.tableLock);
    machine.lock(this.tableLock);
    machine.load(this.level2 + (page >>> LEVEL2_SHIFT) * PAGE_BYTES);
    machine.unlock(this.tableLock);
  }
}

/** The page that an entry points to: the entry without its flags. */
function pageOf(entry: number): number {
  return entry - (entry % PAGE_BYTES);
}
