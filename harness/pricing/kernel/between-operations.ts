import { l1, l2, l3, tlb } from './caches';
import { EVICTION, FOREIGN_TRAFFIC } from './lru-sets';
import { LINE_SHIFT } from './outcomes';

const LINE_BYTES: i32 = 1 << LINE_SHIFT;
const COST_PER_CYCLE: f64 = 256;
/** A line of a neighbour that brings in one byte a kilocycle takes this much cost to come. */
const SHARES_OF_LINE: f64 = 1000 * COST_PER_CYCLE * LINE_BYTES;

/** What others do to the caches: it is settled where an operation ends, and what neighbours do goes on beside it. */
@unmanaged
export class BetweenOperations {
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

  restart(): void {
    this.foreignRestBytes = 0;
    this.neighbourLines = 0;
    this.neighbourShare = 0;
    this.linesSinceL2 = 0;
  }

  endOperation(now: i32): void {
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

  /** What neighbours bring in meanwhile. */
  countNeighbours(cost: f64): void {
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
