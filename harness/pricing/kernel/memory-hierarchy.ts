import { batch, chargeUpdates } from './batch';
import { BetweenOperations } from './between-operations';
import { Any, Caches, l1, l2, l3, Plain, tlb } from './caches';
import { first as firstTlb } from './data-tlb';
import { EMPTY, LruSets } from './lru-sets';
import { CHASE, deepened, drained, DRAM, found, KIND_MASK, L1, L2, L3, LINE_SHIFT } from './outcomes';
import { NOTHING, overlapped, prefetched, Price, STORE, TLB_CAUSE, UPDATE } from './outcomes';
import { Ways } from './ways';

/**
 * The processor's way to memory. Caches and TLB live on from operation to operation; the stride prefetcher, the window
 * in which independent misses overlap and the store buffer start afresh with each. All that an access may meet is
 * inlined, because a call anywhere in the loop would push its variables to the stack at every turn.
 *
 * The time of an access is where its entry is: `at`. When the next batch takes the place of this one, time is put back.
 */

const NO_LINE: i32 = -1;
/** Set in the tag of a line in L1 that a store is still fetching, so that the line is not simply found. */
const FETCHING: i32 = 0x4000_0000;
const FAR_LINE: i32 = -0x4000_0000;

export const between = changetype<BetweenOperations>(memory.data(offsetof<BetweenOperations>()));

@unmanaged
export class MemoryHierarchy {
  /** The row of the operation under way. */
  row: usize;
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

  /** What accesses of the segment under way cost beside what they meet themselves: translations and waits. */
  tlbCost: f64;
  waitCost: f64;

  /** Forgets all that has happened but to caches and TLB, in the middle of an operation too. */
  restart(): void {
    this.storeLine = NO_LINE;
    this.forgetOperation();
  }

  /** The entries are elsewhere now: so are the times to come. */
  moveTimes(by: i32): void {
    this.windowEnd += by;
    this.storeEnd += by;
  }

  priceAccesses(segmentCount: i32): void {
    if (Caches.havePlainShape()) {
      this.priceSegments<Plain>(segmentCount);
    } else {
      this.priceSegments<Any>(segmentCount);
    }
  }

  private priceSegments<Shape>(segmentCount: i32): void {
    const hasNeighbours = between.neighbourBytesPerKilocycle > 0;
    let index = 0;
    this.row = batch.causeCosts;
    for (let segment = 0; segment < segmentCount; segment++) {
      const end = load<i32>(batch.segmentEnds + (segment << 2));
      this.updates = 0;
      let cost = this.priceSegment<Shape>(index, end);
      if (this.updates > 0) {
        cost += chargeUpdates(this.updates, this.row);
      }
      index = end;
      const segmentCost = batch.costOf(segment);
      cost += load<f64>(segmentCost);
      store<f64>(segmentCost, cost);
      if (hasNeighbours) {
        between.countNeighbours(cost);
      }
      if (batch.endsAt(segment)) {
        this.row += batch.rowBytes;
        this.endOperation(batch.entries + (index << 2));
      }
    }
    const bytes = index << 2;
    this.windowEnd = max(this.windowEnd - bytes, 0);
    this.storeEnd = max(this.storeEnd - bytes, 0);
    firstTlb.putBack(bytes);
  }

  /** Prices the accesses of a segment. */
  @inline
  private priceSegment<Shape>(from: i32, to: i32): f64 {
    const pageShift = tlb.pageShift;
    const slotOf = firstTlb.slotOf;
    const stamps = firstTlb.stamps;
    const oldest = firstTlb.oldest;
    const tags = l1.tags;
    const setMask = l1.setMask;
    const setBytes = l1.setBytes;
    const end = batch.entries + (to << 2);
    let l1Cost: f64 = 0;
    this.tlbCost = 0;
    this.waitCost = 0;
    let near = f64x2.splat(0);
    let far = f64x2.splat(0);
    for (let at = batch.entries + (from << 2); at < end; at += 4) {
      const entry = load<i32>(at);
      const kind = entry & KIND_MASK;
      const stamp = stamps + (load<u16>(slotOf + ((entry >>> pageShift) << 1)) << 2);
      if (load<i32>(stamp) >= oldest) {
        store<i32>(stamp, at);
      } else {
        this.tlbCost += Price.translated(tlb.translate(entry >>> tlb.pageShift, kind, at));
      }
      const line = entry >>> LINE_SHIFT;
      const set = Caches.arePlain<Shape>() ? l1.plainSet(line, 2) : tags + (line & setMask) * setBytes;
      const front = load<i32>(set);
      let outcome: i32;
      if (front == line) {
        if (kind != UPDATE) {
          l1Cost += Price.inL1(kind);
          continue;
        }
        l1Cost += Price.inL1(UPDATE);
        this.updates++;
        outcome = this.drainStores(at);
        if (outcome == NOTHING) {
          continue;
        }
      } else {
        if (front == EMPTY) {
          l1.noteFilled(set);
        }
        outcome = this.fetch<Shape>(entry, set, at);
        if (outcome < 0) {
          l1Cost += Price.inL1(kind);
          continue;
        }
      }
      const price = Price.at(outcome);
      near = f64x2.add(near, v128.load(price));
      far = f64x2.add(far, v128.load(price, 16));
    }
    const causes = this.row + batch.accessCauses;
    store<f64>(causes, load<f64>(causes) + l1Cost);
    v128.store(causes, f64x2.add(v128.load(causes, 8), near), 8);
    v128.store(causes, f64x2.add(v128.load(causes, 24), far), 24);
    store<f64>(causes, load<f64>(causes, TLB_CAUSE << 3) + this.tlbCost, TLB_CAUSE << 3);
    const sums = f64x2.add(near, far);
    const cost = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    return cost + l1Cost + this.tlbCost + this.waitCost;
  }

  /** A wait is all that a locked update of a line in L1 costs beside itself; that of another one has its own price. */
  private chargeWait(wait: i32): void {
    if (wait == NOTHING) {
      return;
    }
    const price = Price.at(wait);
    const causes = this.row + batch.accessCauses + 8;
    v128.store(causes, f64x2.add(v128.load(causes), v128.load(price)));
    v128.store(causes, f64x2.add(v128.load(causes, 16), v128.load(price, 16)), 16);
    const sums = f64x2.add(v128.load(price), v128.load(price, 16));
    this.waitCost += f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  }

  /** An access that is not a hit on the most recent line of a set of L1; a number below 0 if it is in L1. */
  @inline
  private fetch<Shape>(entry: i32, set: usize, at: i32): i32 {
    const line = entry >>> LINE_SHIFT;
    const kind = entry & KIND_MASK;
    if (kind == UPDATE) {
      this.updates++;
      this.chargeWait(this.drainStores(at));
    }
    if (line == this.storeLine) {
      if (l1.touchIn(set, line | FETCHING) < 0) {
        return this.meetStore(entry, at);
      }
      this.forgetStore();
    } else if (this.isInL1<Shape>(set, line)) {
      return -1;
    }
    const level = this.levelOf<Shape>(line);
    if (kind >= STORE) {
      if (kind == STORE) {
        this.noteStore(entry, level, at);
      } else {
        this.windowEnd = at;
      }
      return found(level, kind);
    }
    const strideLines = line - this.missedLine;
    this.missedLine = line;
    if (strideLines == this.strideLines) {
      if (this.stridesSeen++ >= this.trainingStrides) {
        if (strideLines != 0) {
          if (abs(strideLines) <= this.strideLinesMax) {
            return prefetched(level);
          }
        }
      }
    } else {
      this.strideLines = strideLines;
      this.stridesSeen = 1;
    }
    return this.overlap(level, kind, at);
  }

  @inline
  private isInL1<Shape>(set: usize, line: i32): bool {
    if (Caches.arePlain<Shape>()) {
      return Ways.touchTwo<i32>(set, i32x4.splat(line));
    }
    return l1.touchIn(set, line) < 0;
  }

  @inline
  private levelOf<Shape>(line: i32): i32 {
    if (Caches.arePlain<Shape>()) {
      const tag = LruSets.narrowTag(line);
      if (Ways.touchOne<i16>(l2.plainSet(line, 1), tag)) {
        return L2;
      }
      return Ways.touchTwo<i16>(l3.plainSet(line, 2), tag) ? L3 : DRAM;
    }
    if (l2.touch(line) < 0) {
      return L2;
    }
    return l3.touch(line) < 0 ? L3 : DRAM;
  }

  /**
   * A dependent load bears its latency, and what comes after it mostly uses what it loaded: nothing runs beside it.
   * An independent one bears what the misses beside it do not cover.
   */
  @inline
  private overlap(level: i32, kind: i32, at: i32): i32 {
    if (kind == CHASE) {
      this.windowEnd = at;
      return found(level, CHASE);
    }
    if (at < this.windowEnd) {
      return this.runBeside(level);
    }
    this.openWindow(level, at);
    return found(level, kind);
  }

  @inline
  private openWindow(level: i32, at: i32): void {
    this.windowEnd = at + this.windowAccesses;
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
  private noteStore(entry: i32, level: i32, at: i32): void {
    this.forgetStore();
    this.storeLevel = at < this.storeEnd ? max(level, this.storeLevel) : level;
    this.storeEnd = at + this.windowAccesses;
    this.storeLine = entry >>> LINE_SHIFT;
    this.storeLineLevel = level;
    this.storedWords = wordBit(entry);
    const first = l1.tags + (this.storeLine & l1.setMask) * l1.setBytes;
    store<i32>(first, load<i32>(first) | FETCHING);
  }

  /** A load from the line that a store is fetching waits for it, unless the store buffer holds the very word. */
  @inline
  private meetStore(entry: i32, at: i32): i32 {
    const kind = entry & KIND_MASK;
    if (kind == STORE) {
      this.storedWords |= wordBit(entry);
    } else if (at >= this.storeEnd) {
      this.forgetStore();
    } else if ((this.storedWords & wordBit(entry)) == 0) {
      this.forgetStore();
      return this.overlap(this.storeLineLevel, kind, at);
    }
    return -1;
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
  private drainStores(at: i32): i32 {
    this.forgetStore();
    if (at >= this.storeEnd) {
      return NOTHING;
    }
    this.storeEnd = at;
    if (at < this.windowEnd) {
      return this.runBeside(this.storeLevel);
    }
    this.openWindow(this.storeLevel, at);
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
    between.endOperation(now);
  }
}

/** The bit of the accessed word among the 16 of its line. */
function wordBit(entry: i32): i32 {
  return 1 << ((entry >>> 2) & 15);
}
