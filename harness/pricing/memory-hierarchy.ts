import { CHASE, END_OF_OPERATION, KIND_COUNT, STORE, UPDATE } from '../machine/access-stream';
import type { PriceAccesses } from './access-pricing';
import { CAUSE_COUNT, causeIndex } from './costs';
import { LruLog } from './lru-log';
import { LruSets, type Disturbance } from './lru-sets';
import {
  deepened,
  drained,
  DRAM,
  found,
  L1,
  L2,
  L3,
  LOCKED,
  NOTHING,
  overlapped,
  prefetched,
  SECOND_TLB,
  WALKED,
} from './outcomes';
import type { CachesProfile, Mapping } from './profile';
import type { CacheState } from './specification';

/**
 * The processor's way to memory: data caches, data TLB, stride prefetcher, the window in which independent misses
 * overlap, and the store buffer. What it keeps from batch to batch is the state of that hardware; the first three
 * live on from operation to operation, the others start afresh with each.
 */

const LINE_SHIFT = 6;
const LINE_BYTES = 1 << LINE_SHIFT;
const PAGE_SHIFTS = { '4k': 12, '2m': 21 } as const;
// V8 folds constants of the module it compiles, but not imported ones.
const ROW = CAUSE_COUNT;
const END = END_OF_OPERATION;
const LOCKED_KIND = UPDATE;
const NO_OUTCOME = NOTHING;
const KIND_MASK = KIND_COUNT - 1;
const NO_PAGE = -1;
/** So far from every line that no stride leads from here. */
const NO_LINE = -0x4000_0000;
const L1_CAUSE = causeIndex('l1');
const LOCKED_CAUSE = causeIndex('lockedUpdates');

const DISTURBANCES: Readonly<Record<CacheState['kind'], Disturbance>> = {
  warm: 'none',
  cold: 'eviction',
  shared: 'foreign traffic',
};

export class MemoryHierarchy {
  private readonly l1: LruSets;
  private readonly l2: LruSets | undefined;
  private readonly l3: LruSets | undefined;

  private readonly pageShift: number;
  private readonly pageBytes: number;
  /** The first-level TLB is one or the other. */
  private readonly firstTlbLog: LruLog | undefined;
  private readonly firstTlbSets: LruSets | undefined;
  private readonly secondTlb: LruSets | undefined;
  /** The page of the last access is the most recent of its set: looking it up again would change nothing. */
  private lastPage = NO_PAGE;

  private readonly disturbance: Disturbance;
  private readonly foreignBytes: number;
  /** Foreign bytes short of a whole line, and of a whole page. */
  private foreignLineRest = 0;
  private foreignPageRest = 0;

  /** The stride prefetcher watches the lines of loads that miss L1. */
  private readonly strideLinesMax: number;
  private readonly trainingStrides: number;
  private missedLine = NO_LINE;
  private strideLines = 0;
  private stridesSeen = 0;

  /** Independent loads before `windowEnd` run beside the misses since; the slowest of these came from `windowLevel`. */
  private readonly windowAccesses: number;
  private windowEnd = 0;
  private windowLevel = L1;
  /** Until `storeEnd` a store may still be fetching its line, from `storeLevel`. */
  private storeEnd = 0;
  private storeLevel = L1;

  constructor(profile: CachesProfile, mapping: Mapping, state: CacheState) {
    const { caches, tlb, prefetch, independentLoads } = profile;
    this.disturbance = DISTURBANCES[state.kind];
    this.foreignBytes = state.kind === 'shared' ? state.bytes : 0;
    const cache = ({ bytes, ways }: { bytes: number; ways: number }) =>
      new LruSets((bytes >>> LINE_SHIFT) / ways, ways, this.disturbance);
    this.l1 = cache(caches.l1);
    this.l2 = caches.l2 && cache(caches.l2);
    this.l3 = caches.l3 && cache(caches.l3);

    this.pageShift = PAGE_SHIFTS[mapping];
    this.pageBytes = 1 << this.pageShift;
    const translations = ({ entries, ways }: { entries: number; ways: number }) =>
      new LruSets(entries / ways, ways, this.disturbance);
    const first = tlb.first[mapping];
    const second = tlb.second?.[mapping];
    const isFull = first.ways === first.entries;
    this.firstTlbLog = isFull ? new LruLog(first.entries, (-1 >>> this.pageShift) + 1) : undefined;
    this.firstTlbSets = isFull ? undefined : translations(first);
    this.secondTlb = second && translations(second);

    this.strideLinesMax = prefetch.strideBytesMax >>> LINE_SHIFT;
    this.trainingStrides = prefetch.trainingStrides;
    this.windowAccesses = independentLoads.windowAccesses;
  }

  /** See `PriceAccesses`. */
  readonly priceAccesses: PriceAccesses = (
    entries,
    segmentEnds,
    segmentFlags,
    segmentCount,
    { cycles256, causes },
    segmentCosts,
    causeCosts,
  ) => {
    const { pageShift } = this;
    const { tags, setMask, ways } = this.l1;
    const perUpdate = cycles256[LOCKED]!;
    let lastPage = this.lastPage;
    let row = 0;
    let index = 0;
    for (let segment = 0; segment < segmentCount; segment++) {
      const end = segmentEnds[segment]!;
      let l1Cost = 0;
      let lockedCost = 0;
      let otherCost = 0;
      for (; index < end; index++) {
        const entry = entries[index]!;
        const kind = entry & KIND_MASK;
        const page = (entry >>> pageShift) | 0;
        if (page !== lastPage) {
          lastPage = page;
          const translation = this.translate(page, kind);
          if (translation !== NO_OUTCOME) {
            causeCosts[row + causes[translation]!]! += cycles256[translation]!;
            otherCost += cycles256[translation]!;
          }
        }
        if (kind === LOCKED_KIND) {
          lockedCost += perUpdate;
          const wait = this.drainStores(index);
          if (wait !== NO_OUTCOME) {
            causeCosts[row + causes[wait]!]! += cycles256[wait]!;
            otherCost += cycles256[wait]!;
          }
        }
        const line = entry >>> LINE_SHIFT;
        if (tags[(line & setMask) * ways] === line) {
          l1Cost += cycles256[kind]!;
        } else {
          const outcome = this.fetch(line, kind, index);
          causeCosts[row + causes[outcome]!]! += cycles256[outcome]!;
          otherCost += cycles256[outcome]!;
        }
      }
      causeCosts[row + L1_CAUSE]! += l1Cost;
      causeCosts[row + LOCKED_CAUSE]! += lockedCost;
      segmentCosts[segment] = l1Cost + lockedCost + otherCost;
      if ((segmentFlags[segment]! & END) !== 0) {
        row += ROW;
        if (this.endOperation()) {
          lastPage = NO_PAGE;
        }
      }
    }
    this.lastPage = lastPage;
    this.windowEnd = Math.max(this.windowEnd - index, 0);
    this.storeEnd = Math.max(this.storeEnd - index, 0);
  };

  /** The outcome of an access whose line is not the most recent of its set in L1. */
  private fetch(line: number, kind: number, index: number): number {
    if (this.l1.touch(line)) {
      return found(L1, kind);
    }
    const level = this.levelOf(line);
    if (kind === STORE) {
      this.storeLevel = index < this.storeEnd ? Math.max(level, this.storeLevel) : level;
      this.storeEnd = index + this.windowAccesses;
      return found(level, STORE);
    }
    if (kind === UPDATE) {
      return found(level, UPDATE);
    }
    return this.isPrefetched(line) ? prefetched(level) : this.overlap(level, kind, index);
  }

  private levelOf(line: number): number {
    if (this.l2 !== undefined && this.l2.touch(line)) {
      return L2;
    }
    return this.l3 !== undefined && this.l3.touch(line) ? L3 : DRAM;
  }

  /** Whether the prefetcher foresaw a load that misses L1; it learns from the load in any case. */
  private isPrefetched(line: number): boolean {
    const strideLines = line - this.missedLine;
    this.missedLine = line;
    if (strideLines !== this.strideLines) {
      this.strideLines = strideLines;
      this.stridesSeen = 1;
      return false;
    }
    const isTrained = this.stridesSeen++ >= this.trainingStrides;
    return isTrained && strideLines !== 0 && Math.abs(strideLines) <= this.strideLinesMax;
  }

  /** A dependent load bears its latency; an independent one only what the misses beside it do not cover. */
  private overlap(level: number, kind: number, index: number): number {
    if (kind === CHASE || index >= this.windowEnd) {
      this.windowEnd = index + this.windowAccesses;
      this.windowLevel = level;
      return found(level, kind);
    }
    const slowest = this.windowLevel;
    if (level <= slowest) {
      return overlapped(level);
    }
    this.windowLevel = level;
    return deepened(level, slowest);
  }

  /** A locked update is a barrier: it waits for the stores before it, and no later load runs beside an earlier one. */
  private drainStores(index: number): number {
    this.windowEnd = index;
    if (index >= this.storeEnd) {
      return NOTHING;
    }
    this.storeEnd = index;
    return drained(this.storeLevel);
  }

  private translate(page: number, kind: number): number {
    const isHeld =
      this.firstTlbLog !== undefined ? this.firstTlbLog.touch(page) : this.firstTlbSets!.touch(page);
    if (isHeld) {
      return NOTHING;
    }
    return (this.secondTlb !== undefined && this.secondTlb.touch(page) ? SECOND_TLB : WALKED) + kind;
  }

  /** Readies the hardware for the next operation; returns whether the last page may have lost its place. */
  private endOperation(): boolean {
    this.windowEnd = 0;
    this.storeEnd = 0;
    this.missedLine = NO_LINE;
    this.stridesSeen = 0;
    if (this.disturbance === 'eviction') {
      this.evict();
      return true;
    }
    return this.disturbance === 'foreign traffic' && this.passForeignTraffic();
  }

  private evict(): void {
    this.l1.evict();
    this.l2?.evict();
    this.l3?.evict();
    this.firstTlbLog?.evict();
    this.firstTlbSets?.evict();
    this.secondTlb?.evict();
  }

  /** The foreign traffic misses everywhere, so all of it passes through every level. */
  private passForeignTraffic(): boolean {
    const lineBytes = this.foreignLineRest + this.foreignBytes;
    const lines = Math.floor(lineBytes / LINE_BYTES);
    this.foreignLineRest = lineBytes % LINE_BYTES;
    this.l1.passForeign(lines);
    this.l1.settleAll();
    this.l2?.passForeign(lines);
    this.l3?.passForeign(lines);

    const pageBytes = this.foreignPageRest + this.foreignBytes;
    const pages = Math.floor(pageBytes / this.pageBytes);
    this.foreignPageRest = pageBytes % this.pageBytes;
    this.firstTlbLog?.passForeign(pages);
    this.firstTlbSets?.passForeign(pages);
    this.secondTlb?.passForeign(pages);
    return pages > 0;
  }
}
