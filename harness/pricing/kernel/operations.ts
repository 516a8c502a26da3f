import { batch, END_OF_OPERATION, EVENT_COUNT, LOCK_COUNT, LOCK_MASK } from './batch';

/**
 * What operations cost besides their accesses, and what everything comes to: domain events by their counts, whole cycles
 * by cause, and those for which locks were held.
 */

/** Of the counts of a segment the first are instructions and bit scans; most batches have none of the others. */
const RARE_EVENTS: i32 = 2;
const CAUSE_COUNT_MAX: i32 = 16;
const eventCosts: usize = memory.data(EVENT_COUNT << 3, 16);
/** Where in a row their causes are, in bytes. */
const eventCauses: usize = memory.data(EVENT_COUNT << 2, 16);
/** Of the operation under way, by lock. */
const heldCosts: usize = memory.data(LOCK_COUNT << 3, 16);
/** Cycles of all operations that have ended, by cause. */
export const causeTotals: usize = memory.data(CAUSE_COUNT_MAX << 3, 16);
const COST_PER_CYCLE: f64 = 256;

@unmanaged
export class Operations {
  /** What a cold operation pays for its first instructions, and how many of these the one under way still has. */
  coldInstructionCost: f64;
  coldInstructionsMax: f64;
  coldInstructions: f64;
  /** Locks that the operation under way has held so far. */
  locksHeld: i32;

  restart(): void {
    this.coldInstructions = this.coldInstructionsMax;
    this.locksHeld = 0;
    memory.fill(heldCosts, 0, LOCK_COUNT << 3);
    memory.fill(causeTotals, 0, CAUSE_COUNT_MAX << 3);
  }

  describeEvent(event: i32, cost: f64, cause: i32): void {
    store<f64>(eventCosts + (event << 3), cost);
    store<i32>(eventCauses + (event << 2), cause << 3);
  }

  /** Prices the domain events of the segments: what these cost begins with that. */
  priceEvents(segmentCount: i32, hasRareEvents: bool): void {
    const perInstruction = load<f64>(eventCosts);
    const perBitScan = load<f64>(eventCosts, 8);
    let row = batch.causeCosts;
    let instructions: f64 = 0;
    let bitScans: f64 = 0;
    for (let segment = 0; segment < segmentCount; segment++) {
      const counts = batch.segmentEvents + (segment << 3);
      let instructionCost = load<f64>(counts) * perInstruction;
      const bitScanCost = load<f64>(counts + batch.eventColumnBytes) * perBitScan;
      if (this.coldInstructionCost > 0) {
        instructionCost += this.fetchCode(load<f64>(counts));
      }
      let cost = instructionCost + bitScanCost;
      if (hasRareEvents) {
        cost += this.priceRareEvents(counts, row);
      }
      store<f64>(batch.costOf(segment), cost);
      instructions += instructionCost;
      bitScans += bitScanCost;
      if (batch.endsAt(segment)) {
        this.addCommonEvents(row, instructions, bitScans);
        instructions = 0;
        bitScans = 0;
        row += batch.rowBytes;
        this.coldInstructions = this.coldInstructionsMax;
      }
    }
    this.addCommonEvents(row, instructions, bitScans);
  }

  @inline
  private addCommonEvents(row: usize, instructions: f64, bitScans: f64): void {
    const instructionsAt = row + load<i32>(eventCauses);
    store<f64>(instructionsAt, load<f64>(instructionsAt) + instructions);
    const bitScansAt = row + load<i32>(eventCauses, 4);
    store<f64>(bitScansAt, load<f64>(bitScansAt) + bitScans);
  }

  private priceRareEvents(counts: usize, row: usize): f64 {
    let sum: f64 = 0;
    for (let event = RARE_EVENTS; event < EVENT_COUNT; event++) {
      const times = load<f64>(counts + event * batch.eventColumnBytes);
      if (times != 0) {
        const cost = times * load<f64>(eventCosts + (event << 3));
        const cause = row + load<i32>(eventCauses + (event << 2));
        store<f64>(cause, load<f64>(cause) + cost);
        sum += cost;
      }
    }
    return sum;
  }

  /** What the code of a segment costs to fetch. */
  private fetchCode(instructions: f64): f64 {
    const fetched = min(instructions, this.coldInstructions);
    this.coldInstructions -= fetched;
    return fetched * this.coldInstructionCost;
  }

  /** Turns what the operations that end have cost into whole cycles. */
  finish(segmentCount: i32): void {
    let row = 0;
    for (let segment = 0; segment < segmentCount; segment++) {
      const flags = batch.flagsOf(segment);
      if ((flags & LOCK_MASK) != 0) {
        this.addHeld(flags & LOCK_MASK, load<f64>(batch.costOf(segment)));
      }
      if ((flags & END_OF_OPERATION) != 0) {
        this.finishCauses(row);
        this.finishHeld(row);
        row++;
      }
    }
  }

  @inline
  private addHeld(locks: i32, cost: f64): void {
    this.locksHeld |= locks;
    for (let rest = locks; rest != 0; rest &= rest - 1) {
      const held = heldCosts + (ctz(rest) << 3);
      store<f64>(held, load<f64>(held) + cost);
    }
  }

  /** Rounding the running sum, not each cause, makes the causes add up exactly; two at a time. */
  @inline
  private finishCauses(row: i32): void {
    const first = batch.causeCosts + row * batch.rowBytes;
    const end = first + batch.rowBytes;
    const half = f64x2.splat(COST_PER_CYCLE / 2);
    const perCost = f64x2.splat(1 / COST_PER_CYCLE);
    // The sum before a pair stands in both lanes, the cycles before it in the second.
    let before = f64x2.splat(0);
    let cyclesBefore = f64x2.splat(0);
    let total = causeTotals;
    for (let at = first; at < end; at += 16) {
      const costs = v128.load(at);
      const sumsOfPair = f64x2.add(costs, v128.shuffle<f64>(f64x2.splat(0), costs, 0, 2));
      const sums = f64x2.add(before, sumsOfPair);
      const cycles = f64x2.floor(f64x2.mul(f64x2.add(sums, half), perCost));
      const ofCauses = f64x2.sub(cycles, v128.shuffle<f64>(cyclesBefore, cycles, 1, 2));
      v128.store(at, ofCauses);
      v128.store(total, f64x2.add(v128.load(total), ofCauses));
      total += 16;
      before = v128.shuffle<f64>(sums, sums, 1, 1);
      cyclesBefore = cycles;
    }
    store<f64>(batch.cycles + (row << 3), f64x2.extract_lane(cyclesBefore, 1));
  }

  @inline
  private finishHeld(row: i32): void {
    const cycles = batch.heldCycles + row * (LOCK_COUNT << 3);
    for (let rest = this.locksHeld; rest != 0; rest &= rest - 1) {
      const lock = ctz(rest) << 3;
      store<f64>(cycles + lock, wholeCycles(load<f64>(heldCosts + lock)));
      store<f64>(heldCosts + lock, 0);
    }
    this.locksHeld = 0;
  }
}

/** Half a cycle rounds up. */
function wholeCycles(cost: f64): f64 {
  return floor((cost + COST_PER_CYCLE / 2) * (1 / COST_PER_CYCLE));
}
