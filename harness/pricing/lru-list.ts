import { EMPTY } from './lru-sets';

/**
 * A fully associative cache of page translations with exact least-recently-used replacement in constant time: a
 * circular list of slots in order of use, and for every page the slot that holds it.
 */
export class LruList {
  /** Slot + 1 of every page; 0 where the page is not held. */
  private readonly slotOfPage: Uint16Array;
  private readonly pageOfSlot: Int32Array;
  private readonly older: Uint16Array;
  private readonly newer: Uint16Array;
  private newest = 0;

  /** Pages are numbered below `pageCount`; fewer than 2^16 - 1 slots. */
  constructor(
    readonly slots: number,
    pageCount: number,
  ) {
    this.slotOfPage = new Uint16Array(pageCount);
    this.pageOfSlot = new Int32Array(slots).fill(EMPTY);
    this.older = Uint16Array.from({ length: slots }, (_, slot) => (slot + 1) % slots);
    this.newer = Uint16Array.from({ length: slots }, (_, slot) => (slot + slots - 1) % slots);
  }

  /** Uses `page`: returns whether it was there, and leaves it the most recent. */
  touch(page: number): boolean {
    const held = this.slotOfPage[page]!;
    if (held !== 0) {
      this.moveToFront(held - 1);
      return true;
    }
    this.slotOfPage[page] = this.reuseOldest(page) + 1;
    return false;
  }

  /** Empties the cache, at the cost of what it holds. */
  evict(): void {
    let slot = this.newest;
    for (let count = 0; count < this.slots && this.pageOfSlot[slot] !== EMPTY; count++) {
      this.slotOfPage[this.pageOfSlot[slot]!] = 0;
      this.pageOfSlot[slot] = EMPTY;
      slot = this.older[slot]!;
    }
  }

  /** Lets `pages` never repeated foreign pages pass through. */
  passForeign(pages: number): void {
    for (let count = Math.min(pages, this.slots); count > 0; count--) {
      this.reuseOldest(EMPTY);
    }
  }

  /** The oldest slot becomes the newest and holds `page`; the circle itself need not change. */
  private reuseOldest(page: number): number {
    const slot = this.newer[this.newest]!;
    const evicted = this.pageOfSlot[slot]!;
    if (evicted !== EMPTY) {
      this.slotOfPage[evicted] = 0;
    }
    this.pageOfSlot[slot] = page;
    this.newest = slot;
    return slot;
  }

  private moveToFront(slot: number): void {
    const newest = this.newest;
    if (slot === newest) {
      return;
    }
    const older = this.older[slot]!;
    const newer = this.newer[slot]!;
    this.older[newer] = older;
    this.newer[older] = newer;
    const oldest = this.newer[newest]!;
    this.older[oldest] = slot;
    this.newer[slot] = oldest;
    this.older[slot] = newest;
    this.newer[newest] = slot;
    this.newest = slot;
  }
}
