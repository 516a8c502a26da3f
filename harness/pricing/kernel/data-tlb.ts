import { LruSets } from './lru-sets';
import { SECOND_TLB, WALKED } from './outcomes';
import { PageSlots } from './page-slots';

export const first = changetype<PageSlots>(memory.data(offsetof<PageSlots>()));
const second = changetype<LruSets>(memory.data(offsetof<LruSets>()));

/** The data TLB: two levels at most, the first of them set-associative or fully associative. */
@unmanaged
export class DataTlb {
  pageShift: i32;
  /** Foreign bytes short of a whole page. */
  foreignRestBytes: i64;

  configureFirst(pageShift: i32, entries: i32, ways: i32): void {
    this.pageShift = pageShift;
    first.configure(entries / ways, ways, (-1 >>> pageShift) + 1);
  }

  configureSecond(entries: i32, ways: i32, disturbance: i32): void {
    second.configure(entries / ways, ways, disturbance, false, false);
  }

  restart(): void {
    this.foreignRestBytes = 0;
    first.restart();
    second.restart();
  }

  /** The outcome for a page that the first level does not hold. */
  @inline
  translate(page: i32, kind: i32, now: i32): i32 {
    first.admit(page, now);
    return (second.touch(page) < 0 ? SECOND_TLB : WALKED) + kind;
  }

  evict(now: i32): void {
    first.evict(now);
    second.evict();
  }

  /** Lets foreign traffic pass through. */
  passForeign(bytes: i64, now: i32): void {
    const passed = this.foreignRestBytes + bytes;
    const pages = passed >> this.pageShift;
    this.foreignRestBytes = passed - (pages << this.pageShift);
    first.passForeign(pages, now);
    second.passForeign(pages);
  }
}
