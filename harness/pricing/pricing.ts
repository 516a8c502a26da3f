import { END_OF_OPERATION, LOCK_MASK, type AccessStream } from '../machine/access-stream';
import { PRICED_COUNT } from '../machine/domain-events';
import type { PriceAccesses } from './access-pricing';
import {
  CAUSE_COUNT,
  causeIndex,
  COST_PER_CYCLE,
  eventCosts,
  outcomeCosts,
  toCost,
  type EventCosts,
  type OutcomeCosts,
} from './costs';
import { accessPricing, type PricingKernel } from './pricing-kernel';
import { profileSha256 } from './profile';
import { pricingId, type PricingSpecification } from './specification';

// V8 folds constants of the module it compiles, but not imported ones.
const ROW = CAUSE_COUNT;
const EVENTS = PRICED_COUNT;
const BIT_SCANS = causeIndex('bitScans');
const HALF_CYCLE = COST_PER_CYCLE / 2;
const CYCLES_PER_COST = 1 / COST_PER_CYCLE;
const LOCKS = LOCK_MASK;
const END = END_OF_OPERATION;

/** Locks that a machine may have: one bit each in the flags of a segment. */
export const LOCK_COUNT = 8;

/** What a pricing reads of a batch. */
export type PricedStream = Pick<
  AccessStream,
  | 'entries'
  | 'segmentEnds'
  | 'segmentFlags'
  | 'segmentPriced'
  | 'segmentCount'
  | 'operationCodes'
  | 'operationCount'
>;

/**
 * What a pricing says of the operations that ended in the last batch, in their order. All figures are whole cycles.
 * The arrays are reused from batch to batch and longer than needed.
 */
export interface PricedBatch {
  readonly id: string;
  readonly operationCount: number;
  readonly operationCycles: Float64Array;
  /** A row of `CAUSE_COUNT` per operation, in the order of `CAUSES`; a row sums to the operation's cycles. */
  readonly operationCauses: Float64Array;
  /** A row of `LOCK_COUNT` per operation: cycles during which the lock of that bit was held. */
  readonly operationHeldCycles: Float64Array;
}

/**
 * Prices the access stream of one replay on one machine: feed it every batch, in order. The state of the modelled
 * processor lives here, so every pricing of a replay is an object of its own.
 */
export class Pricing implements PricedBatch {
  readonly id: string;
  readonly profileSha256: string;
  operationCount = 0;
  operationCycles = new Float64Array(0);
  operationCauses = new Float64Array(0);
  operationHeldCycles = new Float64Array(0);

  private readonly outcomeCosts: OutcomeCosts;
  private readonly eventCosts: EventCosts;
  private readonly priceAccesses: PriceAccesses;
  private segmentCosts = new Float64Array(0);
  /** Of the operation under way, in 1/256 cycle, by lock and as a set of bits. */
  private readonly heldCosts = new Float64Array(LOCK_COUNT);
  private locksHeld = 0;
  /** What a cold operation pays for its first instructions, and how many of these the one under way still has. */
  private readonly coldInstructionCost: number;
  private readonly coldInstructionsMax: number;
  private coldInstructions: number;

  /** @param kernel changes how long it takes, and nothing else */
  constructor(specification: PricingSpecification, kernel: PricingKernel = 'auto') {
    const { profile, mapping, state } = specification;
    this.id = pricingId(specification);
    this.profileSha256 = profileSha256(profile);
    this.outcomeCosts = outcomeCosts(profile, mapping);
    this.eventCosts = eventCosts(profile);
    const coldCode = state.kind === 'cold' ? profile.costs.coldCode : undefined;
    this.coldInstructionCost = coldCode === undefined ? 0 : toCost(coldCode.cyclesPerInstruction);
    this.coldInstructionsMax = coldCode?.instructionsMax ?? 0;
    this.coldInstructions = this.coldInstructionsMax;
    this.priceAccesses = accessPricing(specification, kernel);
  }

  /** Prices the operations that end in `batch`. One that never ends is never priced. */
  price(batch: PricedStream): void {
    this.makeRoom(batch);
    // Until an operation ends, its row of `operationCauses` collects costs in 1/256 cycle.
    this.priceEvents(batch);
    this.priceAccesses(
      batch.entries,
      batch.segmentEnds,
      batch.segmentFlags,
      batch.segmentCount,
      this.outcomeCosts,
      this.segmentCosts,
      this.operationCauses,
    );
    this.finishOperations(batch);
  }

  private priceEvents({ segmentPriced, segmentFlags, segmentCount }: PricedStream): void {
    const { segmentCosts } = this;
    let row = 0;
    for (let segment = 0; segment < segmentCount; segment++) {
      segmentCosts[segment] = this.addEvents(segmentPriced, segment * EVENTS, row);
      if (this.coldInstructionCost > 0) {
        segmentCosts[segment]! += this.addColdCode(segmentPriced[segment * EVENTS]!, row);
      }
      if ((segmentFlags[segment]! & END) !== 0) {
        row += ROW;
        this.coldInstructions = this.coldInstructionsMax;
      }
    }
  }

  /**
   * Adds the events of a segment to the operation's row and returns their cost. Written out, because a loop over the
   * six would cost as much as the accesses of most segments.
   */
  private addEvents(priced: Float64Array, at: number, row: number): number {
    const { operationCauses: causes } = this;
    const { cycles256 } = this.eventCosts;
    const instructions = priced[at]! * cycles256[0]!;
    const bitScans = priced[at + 1]! * cycles256[1]!;
    const mispredicts = priced[at + 2]! * cycles256[2]!;
    const maps = priced[at + 3]! * cycles256[3]!;
    const unmaps = priced[at + 4]! * cycles256[4]!;
    const tlbFlushes = priced[at + 5]! * cycles256[5]!;
    causes[row]! += instructions;
    causes[row + BIT_SCANS]! += bitScans;
    causes[row + BIT_SCANS + 1]! += mispredicts;
    causes[row + BIT_SCANS + 2]! += maps;
    causes[row + BIT_SCANS + 3]! += unmaps;
    causes[row + BIT_SCANS + 4]! += tlbFlushes;
    return instructions + bitScans + (mispredicts + maps) + (unmaps + tlbFlushes);
  }

  /** Adds what the code of a segment costs to fetch to the operation's row and returns it. */
  private addColdCode(instructions: number, row: number): number {
    const fetched = Math.min(instructions, this.coldInstructions);
    this.coldInstructions -= fetched;
    const cost = fetched * this.coldInstructionCost;
    this.operationCauses[row]! += cost;
    return cost;
  }

  private finishOperations({ segmentFlags, segmentCount }: PricedStream): void {
    this.operationCount = 0;
    for (let segment = 0; segment < segmentCount; segment++) {
      const flags = segmentFlags[segment]!;
      if ((flags & LOCKS) !== 0) {
        this.addHeld(flags & LOCKS, this.segmentCosts[segment]!);
      }
      if ((flags & END) !== 0) {
        this.finishOperation(this.operationCount++);
      }
    }
  }

  private addHeld(locks: number, cost: number): void {
    this.locksHeld |= locks;
    for (let rest = locks; rest !== 0; rest &= rest - 1) {
      this.heldCosts[lowestLock(rest)]! += cost;
    }
  }

  /** Turns costs into whole cycles. Rounding the running sum, not each cause, makes the causes add up exactly. */
  private finishOperation(row: number): void {
    const { operationCauses } = this;
    const end = (row + 1) * ROW;
    let sum = 0;
    let cycles = 0;
    for (let cause = row * ROW; cause < end; cause++) {
      const cost = operationCauses[cause]!;
      if (cost !== 0) {
        sum += cost;
        const cyclesSoFar = wholeCycles(sum);
        operationCauses[cause] = cyclesSoFar - cycles;
        cycles = cyclesSoFar;
      }
    }
    this.operationCycles[row] = cycles;
    for (; this.locksHeld !== 0; this.locksHeld &= this.locksHeld - 1) {
      const lock = lowestLock(this.locksHeld);
      this.operationHeldCycles[row * LOCK_COUNT + lock] = wholeCycles(this.heldCosts[lock]!);
      this.heldCosts[lock] = 0;
    }
  }

  /** Readies the arrays for a batch: large enough, all zero but for the costs of the operation that goes on. */
  private makeRoom(batch: PricedStream): void {
    const operations = batch.operationCodes.length;
    if (this.operationCycles.length < operations || this.segmentCosts.length < batch.segmentEnds.length) {
      this.enlarge(operations, batch.segmentEnds.length);
    }
    const underWay = this.operationCount * CAUSE_COUNT;
    this.operationCauses.copyWithin(0, underWay, underWay + CAUSE_COUNT);
    this.operationCauses.fill(0, CAUSE_COUNT, (batch.operationCount + 1) * CAUSE_COUNT);
    this.operationHeldCycles.fill(0, 0, batch.operationCount * LOCK_COUNT);
  }

  private enlarge(operations: number, segments: number): void {
    const causes = new Float64Array((operations + 1) * CAUSE_COUNT);
    causes.set(this.operationCauses);
    this.operationCauses = causes;
    this.operationCycles = new Float64Array(operations);
    this.operationHeldCycles = new Float64Array(operations * LOCK_COUNT);
    this.segmentCosts = new Float64Array(segments);
  }
}

/** The lowest bit set in `locks`, which is not 0. */
function lowestLock(locks: number): number {
  return 31 - Math.clz32(locks & -locks);
}

/** Half a cycle rounds up. */
function wholeCycles(cost: number): number {
  return Math.floor((cost + HALF_CYCLE) * CYCLES_PER_COST);
}
