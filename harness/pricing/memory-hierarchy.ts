import { CHASE, END_OF_OPERATION, KIND_COUNT, STORE, UPDATE } from '../machine/access-stream';
import type { PriceAccesses } from './access-pricing';
import { CAUSE_COUNT, causeIndex, COST_PER_CYCLE } from './costs';
import { DataTlb } from './data-tlb';
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
} from './outcomes';
import type { CacheGeometry, CachesProfile, Mapping } from './profile';
import type { CacheState } from './specification';

/**
 * The processor's way to memory: data caches, data TLB, stride prefetcher, the window in which independent misses
 * overlap, and the store buffer. What it keeps from batch to batch is the state of that hardware; caches and TLB live
 * on from operation to operation, the others start afresh with each.
 */

const LINE_SHIFT = 6;
const LINE_BYTES = 1 << LINE_SHIFT;
const KIND_MASK = KIND_COUNT - 1;
/** A line of a neighbour that brings in one byte a kilocycle takes this much cost to come. */
const SHARES_OF_LINE = 1000 * COST_PER_CYCLE * LINE_BYTES;
const NO_PAGE = -1;
const NO_LINE = -1;
/** Set in the tag of a line in L1 that a store is still fetching, so that the line is not simply found. */
const FETCHING = 0x4000_0000;
/** So far from every line that no stride leads from here. */
const FAR_LINE = -0x4000_0000;
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
  private readonly tlb: DataTlb;
  /** The page of the last access is the most recent of its set: looking it up again would change nothing. */
  private lastPage = NO_PAGE;

  /** What happens between operations; foreign bytes short of a whole line are kept. */
  private readonly disturbance: Disturbance;
  private readonly foreignBytes: number;
  private foreignRestBytes = 0;
  /** What others bring into L3 meanwhile: whole lines that wait for the operation to end, and a share of the next. */
  private readonly neighbourBytesPerKilocycle: number;
  private readonly costBetweenOperations: number;
  private neighbourLines = 0;
  private neighbourShare = 0;
  /** One in so many of these lines passes through L2 as well; 0 where none does. */
  private readonly linesPerL2Line: number;
  private linesSinceL2 = 0;

  /** The stride prefetcher watches the lines of loads that miss L1. */
  private readonly strideLinesMax: number;
  private readonly trainingStrides: number;
  private missedLine = FAR_LINE;
  private strideLines = 0;
  private stridesSeen = 0;

  /** Independent loads before `windowEnd` run beside the misses since; the slowest of these came from `windowLevel`. */
  private readonly windowAccesses: number;
  private windowEnd = 0;
  private windowLevel = L1;
  /** Until `storeEnd` stores may still be fetching lines, the slowest from `storeLevel`; `storeLine` is the last. */
  private storeEnd = 0;
  private storeLevel = L1;
  private storeLine = NO_LINE;
  private storeLineLevel = L1;
  private storedWords = 0;

  constructor(profile: CachesProfile, mapping: Mapping, state: CacheState) {
    const { caches, neighbours, prefetch, independentLoads } = profile;
    this.disturbance = DISTURBANCES[state.kind];
    this.foreignBytes = state.kind === 'shared' ? state.bytes : 0;
    this.neighbourBytesPerKilocycle = neighbours?.l3BytesPerKilocycle ?? 0;
    this.costBetweenOperations = (neighbours?.cyclesBetweenOperations ?? 0) * COST_PER_CYCLE;
    const hasNeighbours = this.neighbourBytesPerKilocycle > 0 && state.kind !== 'cold';
    this.linesPerL2Line = neighbours?.l3LinesPerL2Line ?? 0;
    const isL2Shared = hasNeighbours && this.linesPerL2Line > 0;
    const cache = ({ bytes, ways, index }: CacheGeometry, disturbance: Disturbance) =>
      new LruSets(bytes / (LINE_BYTES * ways), ways, disturbance, index === 'hashed');
    this.l1 = cache(caches.l1, this.disturbance);
    this.l2 = caches.l2 && cache(caches.l2, isL2Shared ? 'foreign traffic' : this.disturbance);
    this.l3 = caches.l3 && cache(caches.l3, hasNeighbours ? 'foreign traffic' : this.disturbance);
    this.tlb = new DataTlb(profile, mapping, this.disturbance);
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
    const { tlb } = this;
    const { pageShift } = tlb;
    const { tags, setMask, ways } = this.l1;
    const hasNeighbours = this.neighbourBytesPerKilocycle > 0;
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
          const translation = tlb.translate(page, kind);
          if (translation !== NOTHING) {
            causeCosts[row + causes[translation]!]! += cycles256[translation]!;
            otherCost += cycles256[translation]!;
          }
        }
        if (kind === UPDATE) {
          lockedCost += perUpdate;
          const wait = this.drainStores(index);
          if (wait !== NOTHING) {
            causeCosts[row + causes[wait]!]! += cycles256[wait]!;
            otherCost += cycles256[wait]!;
          }
        }
        const line = entry >>> LINE_SHIFT;
        if (tags[(line & setMask) * ways] === line) {
          l1Cost += cycles256[kind]!;
        } else {
          const outcome = this.fetch(entry, index);
          causeCosts[row + causes[outcome]!]! += cycles256[outcome]!;
          otherCost += cycles256[outcome]!;
        }
      }
      causeCosts[row + L1_CAUSE]! += l1Cost;
      causeCosts[row + LOCKED_CAUSE]! += lockedCost;
      const cost = segmentCosts[segment]! + l1Cost + lockedCost + otherCost;
      segmentCosts[segment] = cost;
      if (hasNeighbours) {
        this.countNeighbours(cost);
      }
      if ((segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        row += CAUSE_COUNT;
        if (this.endOperation()) {
          lastPage = NO_PAGE;
        }
      }
    }
    this.lastPage = lastPage;
    this.windowEnd = Math.max(this.windowEnd - index, 0);
    this.storeEnd = Math.max(this.storeEnd - index, 0);
  };

  /** The outcome of an access whose line is not the most recent of its set in L1, or is still being fetched. */
  private fetch(entry: number, index: number): number {
    const line = entry >>> LINE_SHIFT;
    const kind = entry & KIND_MASK;
    const isFetching = line === this.storeLine;
    if (this.l1.touch(isFetching ? line | FETCHING : line)) {
      return isFetching ? this.meetStore(entry, index) : found(L1, kind);
    }
    if (isFetching) {
      this.forgetStore();
    }
    const level = this.levelOf(line);
    if (kind === STORE) {
      this.noteStore(entry, level, index);
      return found(level, STORE);
    }
    if (kind === UPDATE) {
      // Nothing is read ahead of a lock that is not there yet.
      this.windowEnd = index;
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

  /**
   * A dependent load bears its latency, and what comes after it mostly uses what it loaded: nothing runs beside it.
   * An independent one bears what the misses beside it do not cover.
   */
  private overlap(level: number, kind: number, index: number): number {
    if (kind === CHASE) {
      this.windowEnd = index;
      return found(level, CHASE);
    }
    if (index < this.windowEnd) {
      return this.runBeside(level);
    }
    this.openWindow(level, index);
    return found(level, kind);
  }

  private openWindow(level: number, index: number): void {
    this.windowEnd = index + this.windowAccesses;
    this.windowLevel = level;
  }

  private runBeside(level: number): number {
    const slowest = this.windowLevel;
    if (level <= slowest) {
      return overlapped(level);
    }
    this.windowLevel = level;
    return deepened(level, slowest);
  }

  /** A store fetches its line, which was just made the most recent of its set, from `level`. */
  private noteStore(entry: number, level: number, index: number): void {
    this.forgetStore();
    this.storeLevel = index < this.storeEnd ? Math.max(level, this.storeLevel) : level;
    this.storeEnd = index + this.windowAccesses;
    this.storeLine = entry >>> LINE_SHIFT;
    this.storeLineLevel = level;
    this.storedWords = wordBit(entry);
    const { tags, setMask, ways } = this.l1;
    tags[(this.storeLine & setMask) * ways]! |= FETCHING;
  }

  /** A load from the line that a store is fetching waits for it, unless the store buffer holds the very word. */
  private meetStore(entry: number, index: number): number {
    const kind = entry & KIND_MASK;
    if (kind === STORE) {
      this.storedWords |= wordBit(entry);
    } else if (index >= this.storeEnd) {
      this.forgetStore();
    } else if ((this.storedWords & wordBit(entry)) === 0) {
      this.forgetStore();
      return this.overlap(this.storeLineLevel, kind, index);
    }
    return found(L1, kind);
  }

  /** The line has arrived, or nobody asks any more. */
  private forgetStore(): void {
    if (this.storeLine === NO_LINE) {
      return;
    }
    const { tags, setMask, ways } = this.l1;
    const tag = this.storeLine | FETCHING;
    const first = (this.storeLine & setMask) * ways;
    for (let way = first; way < first + ways; way++) {
      if (tags[way] === tag) {
        tags[way] = this.storeLine;
        break;
      }
    }
    this.storeLine = NO_LINE;
  }

  /**
   * A locked update waits for the stores before it. What comes after it does not wait as well: the core runs ahead and
   * asks for those lines meanwhile.
   */
  private drainStores(index: number): number {
    this.forgetStore();
    if (index >= this.storeEnd) {
      return NOTHING;
    }
    this.storeEnd = index;
    if (index < this.windowEnd) {
      return this.runBeside(this.storeLevel);
    }
    this.openWindow(this.storeLevel, index);
    return drained(this.storeLevel);
  }

  /** Readies the hardware for the next operation; returns whether the last page may have lost its place. */
  private endOperation(): boolean {
    this.windowEnd = 0;
    this.storeEnd = 0;
    this.forgetStore();
    this.missedLine = FAR_LINE;
    this.stridesSeen = 0;
    if (this.disturbance === 'eviction') {
      this.evict();
      return true;
    }
    if (this.neighbourBytesPerKilocycle > 0) {
      this.passNeighbours();
    }
    return this.disturbance === 'foreign traffic' && this.passForeignTraffic();
  }

  private evict(): void {
    this.l1.evict();
    this.l2?.evict();
    this.l3?.evict();
    this.tlb.evict();
  }

  /** Neighbours bring in so many bytes in so many cycles; whole lines are let in when the operation ends. */
  private countNeighbours(cost: number): void {
    const share = this.neighbourShare + cost * this.neighbourBytesPerKilocycle;
    const lines = Math.floor(share / SHARES_OF_LINE);
    this.neighbourLines += lines;
    this.neighbourShare = share - lines * SHARES_OF_LINE;
  }

  private passNeighbours(): void {
    this.countNeighbours(this.costBetweenOperations);
    this.l3?.passNeighbours(this.neighbourLines);
    if (this.linesPerL2Line > 0) {
      const lines = this.linesSinceL2 + this.neighbourLines;
      this.linesSinceL2 = lines % this.linesPerL2Line;
      this.l2?.passNeighbours(Math.floor(lines / this.linesPerL2Line));
    }
    this.neighbourLines = 0;
  }

  /** The foreign traffic misses everywhere, so all of it passes through every level. */
  private passForeignTraffic(): boolean {
    const passed = this.foreignRestBytes + this.foreignBytes;
    const lines = Math.floor(passed / LINE_BYTES);
    this.foreignRestBytes = passed % LINE_BYTES;
    this.l1.passForeign(lines);
    this.l1.settleAll();
    this.l2?.passForeign(lines);
    this.l3?.passForeign(lines);
    return this.tlb.passForeign(this.foreignBytes);
  }
}

/** The bit of the accessed word among the 16 of its line. */
function wordBit(entry: number): number {
  return 1 << ((entry >>> 2) & 15);
}
