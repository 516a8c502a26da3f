import { DataTlb, first as firstTlb } from './data-tlb';
import { EVICTION, FOREIGN_TRAFFIC, LruSets } from './lru-sets';
import { CHASE, deepened, drained, DRAM, found, KIND_COUNT, L1, L2, L3, LOCKED, NOTHING } from './outcomes';
import { OutcomeCost, overlapped, prefetched, STORE, UPDATE } from './outcomes';
import { TIME_STEP } from './page-slots';

/**
 * The processor's way to memory. Caches and TLB live on from operation to operation; the stride prefetcher, the window
 * in which independent misses overlap and the store buffer start afresh with each. All that an access may meet is
 * inlined, because a call anywhere in the loop would push its variables to the stack at every turn.
 */

const LINE_SHIFT: i32 = 6;
const LINE_BYTES: i32 = 1 << LINE_SHIFT;
const KIND_MASK: i32 = KIND_COUNT - 1;
const COST_PER_CYCLE: f64 = 256;
/** A line of a neighbour that brings in one byte a kilocycle takes this much cost to come. */
const SHARES_OF_LINE: f64 = 1000 * COST_PER_CYCLE * LINE_BYTES;
const NO_LINE: i32 = -1;
/** Set in the tag of a line in L1 that a store is still fetching, so that the line is not simply found. */
const FETCHING: i32 = 0x4000_0000;
const FAR_LINE: i32 = -0x4000_0000;
const END_OF_OPERATION: i32 = 0x100;

export const l1 = changetype<LruSets>(memory.data(offsetof<LruSets>()));
export const l2 = changetype<LruSets>(memory.data(offsetof<LruSets>()));
export const l3 = changetype<LruSets>(memory.data(offsetof<LruSets>()));
export const tlb = changetype<DataTlb>(memory.data(offsetof<DataTlb>()));

@unmanaged
export class MemoryHierarchy {
  /** Where the arrays of the batch are, and the row of the operation under way. */
  entries: usize;
  segmentEnds: usize;
  segmentFlags: usize;
  segmentCosts: usize;
  causeCosts: usize;
  rowBytes: usize;
  row: usize;

  disturbance: i32;
  foreignBytes: i64;
  foreignRestBytes: i64;
  /** What others bring into L3 meanwhile: whole lines that wait for the operation to end, and a share of the next. */
  neighbourBytesPerKilocycle: f64;
  costBetweenOperations: f64;
  neighbourLines: f64;
  neighbourShare: f64;
  /** One in so many of these lines passes through L2 as well; 0 where none does. */
  linesPerL2Line: f64;
  linesSinceL2: f64;

  /** The stride prefetcher watches the lines of loads that miss L1. */
  strideLinesMax: i32;
  trainingStrides: i32;
  missedLine: i32;
  strideLines: i32;
  stridesSeen: i32;

  /** Independent loads before `windowEnd` run beside the misses since; the slowest of these came from `windowLevel`. */
  windowAccesses: i32;
  windowEnd: i32;
  windowLevel: i32;
  /** Until `storeEnd` stores may still be fetching lines, the slowest from `storeLevel`; `storeLine` is the last. */
  storeEnd: i32;
  storeLevel: i32;
  storeLine: i32;
  storeLineLevel: i32;
  storedWords: i32;
  /** Locked updates of the segment under way. */
  updates: i32;

  /** Costs of the segment under way but for those of hits in L1. */
  otherCost: f64;

  /** Forgets all that has happened but to caches and TLB, in the middle of an operation too. */
  restart(): void {
    this.foreignRestBytes = 0;
    this.neighbourLines = 0;
    this.neighbourShare = 0;
    this.linesSinceL2 = 0;
    this.storeLine = NO_LINE;
    this.forgetOperation();
  }

  priceAccesses(segmentCount: i32): void {
    const hasNeighbours = this.neighbourBytesPerKilocycle > 0;
    const l1Cause = OutcomeCost.of(found(L1, STORE)).causeOffset;
    let index = 0;
    this.row = this.causeCosts;
    for (let segment = 0; segment < segmentCount; segment++) {
      const end = load<i32>(this.segmentEnds + (segment << 2));
      this.otherCost = 0;
      const l1Cost = this.priceSegment(index, end);
      index = end;
      store<f64>(this.row + l1Cause, load<f64>(this.row + l1Cause) + l1Cost);
      const segmentCost = this.segmentCosts + (segment << 3);
      const cost = load<f64>(segmentCost) + l1Cost + this.otherCost;
      store<f64>(segmentCost, cost);
      if (hasNeighbours) {
        this.countNeighbours(cost);
      }
      if ((load<i32>(this.segmentFlags + (segment << 2)) & END_OF_OPERATION) != 0) {
        this.row += this.rowBytes;
        this.endOperation(firstTlb.now + index * TIME_STEP);
      }
    }
    this.windowEnd = max(this.windowEnd - index, 0);
    this.storeEnd = max(this.storeEnd - index, 0);
    firstTlb.passTime(index);
  }

  /** Prices the accesses of a segment; returns what its hits in L1 cost. */
  @inline
  private priceSegment(from: i32, to: i32): f64 {
    const pageShift = tlb.pageShift;
    const slotOf = firstTlb.slotOf;
    const stamps = firstTlb.stamps;
    const oldest = firstTlb.oldest;
    const tags = l1.tags;
    const setMask = l1.setMask;
    const setBytes = l1.setBytes;
    const end = this.entries + (to << 2);
    const timeOffset = firstTlb.now - this.entries;
    let l1Cost: f64 = 0;
    for (let at = this.entries + (from << 2); at < end; at += 4) {
      const entry = load<i32>(at);
      const kind = entry & KIND_MASK;
      const line = entry >>> LINE_SHIFT;
      const stamp = stamps + (load<u16>(slotOf + ((entry >>> pageShift) << 1)) << 2);
      if (load<i32>(tags + (line & setMask) * setBytes) == line) {
        if (load<i32>(stamp) >= oldest) {
          if (kind != UPDATE) {
            store<i32>(stamp, at + timeOffset);
            l1Cost += OutcomeCost.of(kind).cost;
            continue;
          }
        }
      }
      l1Cost += this.priceAccess(entry, stamp, <i32>((at - this.entries) >> 2));
    }
    this.chargeUpdates();
    return l1Cost;
  }

  /** All locked updates of a segment cost the same. */
  @inline
  private chargeUpdates(): void {
    const price = OutcomeCost.of(LOCKED);
    const cost = <f64>this.updates * price.cost;
    const cause = this.row + price.causeOffset;
    store<f64>(cause, load<f64>(cause) + cost);
    this.otherCost += cost;
    this.updates = 0;
  }

  /** An access that is more than a hit on the most recent line of a set of L1; returns what it costs as a hit in L1. */
  @inline
  private priceAccess(entry: i32, stamp: usize, index: i32): f64 {
    const kind = entry & KIND_MASK;
    const now = firstTlb.now + index * TIME_STEP;
    if (load<i32>(stamp) >= firstTlb.oldest) {
      store<i32>(stamp, now);
    } else {
      this.charge(tlb.translate(entry >>> tlb.pageShift, kind, now));
    }
    const line = entry >>> LINE_SHIFT;
    if (kind == UPDATE) {
      this.updates++;
      const wait = this.drainStores(index);
      if (wait != NOTHING) {
        this.charge(wait);
      }
    }
    if (l1.front(line & l1.setMask) == line) {
      return OutcomeCost.of(kind).cost;
    }
    this.charge(this.fetch(entry, index));
    return 0;
  }

  @inline
  private charge(outcome: i32): void {
    const price = OutcomeCost.of(outcome);
    const cause = this.row + price.causeOffset;
    store<f64>(cause, load<f64>(cause) + price.cost);
    this.otherCost += price.cost;
  }

  @inline
  private fetch(entry: i32, index: i32): i32 {
    const line = entry >>> LINE_SHIFT;
    const kind = entry & KIND_MASK;
    const fetching = line == this.storeLine ? FETCHING : 0;
    if (l1.touchAs<i32>(line | fetching) < 0) {
      if (fetching != 0) {
        return this.meetStore(entry, index);
      }
      return found(L1, kind);
    }
    if (fetching != 0) {
      this.forgetStore();
    }
    const level = this.levelOf(line);
    if (kind == STORE) {
      this.noteStore(entry, level, index);
      return found(level, STORE);
    }
    if (kind == UPDATE) {
      this.windowEnd = index;
      return found(level, UPDATE);
    }
    if (this.isPrefetched(line)) {
      return prefetched(level);
    }
    return this.overlap(level, kind, index);
  }

  @inline
  private levelOf(line: i32): i32 {
    if (l2.touch(line) < 0) {
      return L2;
    }
    if (l3.touch(line) < 0) {
      return L3;
    }
    return DRAM;
  }

  @inline
  private isPrefetched(line: i32): bool {
    const strideLines = line - this.missedLine;
    this.missedLine = line;
    if (strideLines != this.strideLines) {
      this.strideLines = strideLines;
      this.stridesSeen = 1;
      return false;
    }
    const isTrained = this.stridesSeen++ >= this.trainingStrides;
    return isTrained && strideLines != 0 && abs(strideLines) <= this.strideLinesMax;
  }

  /**
   * A dependent load bears its latency, and what comes after it mostly uses what it loaded: nothing runs beside it.
   * An independent one bears what the misses beside it do not cover.
   */
  @inline
  private overlap(level: i32, kind: i32, index: i32): i32 {
    if (kind == CHASE) {
      this.windowEnd = index;
      return found(level, CHASE);
    }
    if (index < this.windowEnd) {
      return this.runBeside(level);
    }
    this.openWindow(level, index);
    return found(level, kind);
  }

  @inline
  private openWindow(level: i32, index: i32): void {
    this.windowEnd = index + this.windowAccesses;
    this.windowLevel = level;
  }

  @inline
  private runBeside(level: i32): i32 {
    const slowest = this.windowLevel;
    if (level <= slowest) {
      return overlapped(level);
    }
    this.windowLevel = level;
    return deepened(level, slowest);
  }

  @inline
  private noteStore(entry: i32, level: i32, index: i32): void {
    this.forgetStore();
    this.storeLevel = index < this.storeEnd ? max(level, this.storeLevel) : level;
    this.storeEnd = index + this.windowAccesses;
    this.storeLine = entry >>> LINE_SHIFT;
    this.storeLineLevel = level;
    this.storedWords = wordBit(entry);
    const first = l1.tags + (this.storeLine & l1.setMask) * l1.setBytes;
    store<i32>(first, load<i32>(first) | FETCHING);
  }

  /** A load from the line that a store is fetching waits for it, unless the store buffer holds the very word. */
  @inline
  private meetStore(entry: i32, index: i32): i32 {
    const kind = entry & KIND_MASK;
    if (kind == STORE) {
      this.storedWords |= wordBit(entry);
    } else if (index >= this.storeEnd) {
      this.forgetStore();
    } else if ((this.storedWords & wordBit(entry)) == 0) {
      this.forgetStore();
      return this.overlap(this.storeLineLevel, kind, index);
    }
    return found(L1, kind);
  }

  @inline
  private forgetStore(): void {
    if (this.storeLine == NO_LINE) {
      return;
    }
    const tag = this.storeLine | FETCHING;
    const first = l1.tags + (this.storeLine & l1.setMask) * l1.setBytes;
    for (let way = first; way < first + l1.setBytes; way += 4) {
      if (load<i32>(way) == tag) {
        store<i32>(way, this.storeLine);
        break;
      }
    }
    this.storeLine = NO_LINE;
  }

  /**
   * A locked update waits for the stores before it. What comes after it does not wait as well: the core runs ahead and
   * asks for those lines meanwhile.
   */
  @inline
  private drainStores(index: i32): i32 {
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

  private forgetOperation(): void {
    this.windowEnd = 0;
    this.storeEnd = 0;
    this.forgetStore();
    this.missedLine = FAR_LINE;
    this.stridesSeen = 0;
  }

  private endOperation(now: i32): void {
    this.forgetOperation();
    if (this.disturbance == EVICTION) {
      this.evict(now);
      return;
    }
    if (this.neighbourBytesPerKilocycle > 0) {
      this.passNeighbours();
    }
    if (this.disturbance == FOREIGN_TRAFFIC) {
      this.passForeignTraffic(now);
    }
  }

  private evict(now: i32): void {
    l1.evict();
    l2.evict();
    l3.evict();
    tlb.evict(now);
  }

  private countNeighbours(cost: f64): void {
    const share = this.neighbourShare + cost * this.neighbourBytesPerKilocycle;
    const lines = Math.floor(share / SHARES_OF_LINE);
    this.neighbourLines += lines;
    this.neighbourShare = share - lines * SHARES_OF_LINE;
  }

  private passNeighbours(): void {
    this.countNeighbours(this.costBetweenOperations);
    l3.passNeighbours(this.neighbourLines);
    if (this.linesPerL2Line > 0) {
      const lines = this.linesSinceL2 + this.neighbourLines;
      const l2Lines = Math.floor(lines / this.linesPerL2Line);
      this.linesSinceL2 = lines - l2Lines * this.linesPerL2Line;
      l2.passNeighbours(l2Lines);
    }
    this.neighbourLines = 0;
  }

  private passForeignTraffic(now: i32): void {
    const passed = this.foreignRestBytes + this.foreignBytes;
    const lines = passed >> LINE_SHIFT;
    this.foreignRestBytes = passed & (LINE_BYTES - 1);
    l1.passForeign(lines);
    l1.settleAll();
    l2.passForeign(lines);
    l3.passForeign(lines);
    tlb.passForeign(this.foreignBytes, now);
  }
}

/** The bit of the accessed word among the 16 of its line. */
function wordBit(entry: i32): i32 {
  return 1 << ((entry >>> 2) & 15);
}
