import { LruLog } from './lru-log';
import { LruSets, type Disturbance } from './lru-sets';
import { NOTHING, SECOND_TLB, WALKED } from './outcomes';
import type { CachesProfile, Mapping } from './profile';

const PAGE_SHIFTS = { '4k': 12, '2m': 21 } as const;

interface TlbGeometry {
  readonly entries: number;
  readonly ways: number;
}

/** The data TLB: two levels at most, the first of them set-associative or fully associative. */
export class DataTlb {
  readonly pageShift: number;
  /** The first level is one or the other. */
  private readonly firstLog: LruLog | undefined;
  private readonly firstSets: LruSets | undefined;
  private readonly second: LruSets | undefined;
  /** Foreign bytes short of a whole page. */
  private foreignRestBytes = 0;

  constructor({ tlb }: CachesProfile, mapping: Mapping, disturbance: Disturbance) {
    this.pageShift = PAGE_SHIFTS[mapping];
    const sets = ({ entries, ways }: TlbGeometry) => new LruSets(entries / ways, ways, disturbance);
    const first = tlb.first[mapping];
    const second = tlb.second?.[mapping];
    const pageCount = (-1 >>> this.pageShift) + 1;
    this.firstLog = first.ways === first.entries ? new LruLog(first.entries, pageCount) : undefined;
    this.firstSets = first.ways === first.entries ? undefined : sets(first);
    this.second = second && sets(second);
  }

  /** The outcome that a translation adds to an access of `kind`. */
  translate(page: number, kind: number): number {
    const isHeld = this.firstLog !== undefined ? this.firstLog.touch(page) : this.firstSets!.touch(page);
    if (isHeld) {
      return NOTHING;
    }
    return (this.second !== undefined && this.second.touch(page) ? SECOND_TLB : WALKED) + kind;
  }

  evict(): void {
    this.firstLog?.evict();
    this.firstSets?.evict();
    this.second?.evict();
  }

  /** Lets foreign traffic pass through; returns whether it took any translation. */
  passForeign(bytes: number): boolean {
    const pageBytes = 1 << this.pageShift;
    const passed = this.foreignRestBytes + bytes;
    const pages = Math.floor(passed / pageBytes);
    this.foreignRestBytes = passed % pageBytes;
    this.firstLog?.passForeign(pages);
    this.firstSets?.passForeign(pages);
    this.second?.passForeign(pages);
    return pages > 0;
  }
}
