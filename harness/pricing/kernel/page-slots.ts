import { FOREIGN } from './lru-sets';
import { allocate } from './memory';

/**
 * The first-level TLB, made for pages that are nearly always held. Every page knows its slot and every slot when it was
 * last used: a use is one look and one mark, and only a newcomer has to search its set for the slot used longest ago.
 * The least recently used goes, exactly.
 */

/** Slot 0 is held by no page and its stamp is always too old; the slots of the sets come after it. */
const FIRST_SLOT: i32 = 4;
const NEVER_USED: i32 = i32.MIN_VALUE;
/** Slots that only fill up vectors: never the one used longest ago. */
const NO_SLOT: i32 = i32.MAX_VALUE;
/** Stamps that were put back so far are replaced by their ranks. It begins so late that this is nothing rare. */
const AGE_MAX: i32 = 0x4000_0000;
const AGE_FIRST: i32 = AGE_MAX - (4 << 16);

@unmanaged
export class PageSlots {
  slotOf: usize;
  pages: usize;
  stamps: usize;
  ranks: usize;
  slotCount: i32;
  setMask: i32;
  slotsOfSet: i32;
  ways: i32;
  /** Who was used before `oldest` is not held any more. */
  oldest: i32;
  /** How far time has been put back since the stamps were ranks. */
  age: i32;
  /** So many slots of a single set, the first ones, are empty since an eviction: they need not be searched for. */
  emptyCount: i32;
  nextForeignSet: i32;

  configure(setCount: i32, ways: i32, pageCount: i32): void {
    this.setMask = setCount - 1;
    this.ways = ways;
    this.slotsOfSet = (ways + 3) & ~3;
    this.slotCount = FIRST_SLOT + setCount * this.slotsOfSet;
    this.slotOf = allocate(pageCount << 1);
    this.pages = allocate(this.slotCount << 2);
    this.stamps = allocate(this.slotCount << 2);
    this.ranks = allocate(this.slotCount << 2);
  }

  /** Forgets all that has happened: page by page, for `slotOf` may be megabytes. */
  restart(): void {
    for (let slot = 0; slot < this.slotCount; slot++) {
      const isSlot = slot < FIRST_SLOT || (slot - FIRST_SLOT) % this.slotsOfSet < this.ways;
      this.replace(slot, FOREIGN, isSlot ? NEVER_USED : NO_SLOT);
    }
    this.oldest = 0;
    this.age = AGE_FIRST;
    this.emptyCount = 0;
    this.nextForeignSet = 0;
  }

  /** Where the stamp of the page's slot is: the page is held if it is not before `oldest`. */
  @inline
  stampOf(page: i32): usize {
    return this.stamps + (load<u16>(this.slotOf + (page << 1)) << 2);
  }

  /** Lets a page in that is not held. */
  @inline
  admit(page: i32, now: i32): void {
    const slot = this.emptyCount > 0 ? FIRST_SLOT + --this.emptyCount : this.oldestSlot(page & this.setMask);
    this.replace(slot, page, now);
    store<u16>(this.slotOf + (page << 1), slot);
  }

  evict(now: i32): void {
    this.oldest = now;
    this.emptyCount = this.setMask == 0 ? this.ways : 0;
  }

  passForeign(pages: i64, now: i32): void {
    const setCount: i64 = this.setMask + 1;
    const kept = min(pages, setCount * this.ways);
    this.nextForeignSet = <i32>((this.nextForeignSet + pages - kept) % setCount);
    for (let count = kept; count > 0; count--) {
      this.replace(this.oldestSlot(this.nextForeignSet), FOREIGN, now - 1);
      this.nextForeignSet = (this.nextForeignSet + 1) & this.setMask;
    }
  }

  @inline
  private replace(slot: i32, page: i32, time: i32): void {
    const old = load<i32>(this.pages + (slot << 2));
    if (old != FOREIGN && load<u16>(this.slotOf + (old << 1)) == slot) {
      store<u16>(this.slotOf + (old << 1), 0);
    }
    store<i32>(this.pages + (slot << 2), page);
    store<i32>(this.stamps + (slot << 2), time);
  }

  @inline
  private oldestSlot(set: i32): i32 {
    const first = this.stamps + ((FIRST_SLOT + set * this.slotsOfSet) << 2);
    const end = first + (this.slotsOfSet << 2);
    let least = v128.load(first);
    for (let at = first + 16; at < end; at += 16) {
      least = i32x4.min_s(least, v128.load(at));
    }
    least = i32x4.min_s(least, v128.shuffle<i32>(least, least, 2, 3, 0, 1));
    least = i32x4.min_s(least, v128.shuffle<i32>(least, least, 1, 0, 3, 2));
    let at = first;
    let bits = i32x4.bitmask(i32x4.eq(v128.load(at), least));
    while (bits == 0) {
      at += 16;
      bits = i32x4.bitmask(i32x4.eq(v128.load(at), least));
    }
    return <i32>((at - this.stamps) >> 2) + ctz(bits);
  }

  /** Puts time back: what is at `by` now is at 0 then. */
  putBack(by: i32): void {
    this.age += by;
    if (this.age >= AGE_MAX) {
      this.rank();
      return;
    }
    for (let slot = 0; slot < this.slotCount; slot++) {
      const at = this.stamps + (slot << 2);
      const stamp = load<i32>(at);
      if (stamp != NO_SLOT) {
        store<i32>(at, stamp >= this.oldest ? stamp - by : NEVER_USED);
      }
    }
    this.oldest -= by;
  }

  /** Every slot takes the rank of its last use; who is not held takes none. */
  private rank(): void {
    for (let slot = 0; slot < this.slotCount; slot++) {
      const stamp = load<i32>(this.stamps + (slot << 2));
      let rank = NEVER_USED;
      if (stamp >= this.oldest) {
        rank = 0;
        for (let other = 0; other < this.slotCount; other++) {
          rank += i32(load<i32>(this.stamps + (other << 2)) < stamp);
        }
      }
      store<i32>(this.ranks + (slot << 2), stamp == NO_SLOT ? NO_SLOT : rank);
    }
    memory.copy(this.stamps, this.ranks, this.slotCount << 2);
    this.oldest = 0;
    this.age = 0;
  }
}
