import { END_OF_OPERATION, LOCK_MASK, type StreamBatch } from '../machine/access-stream';
import { PRICED, PRICED_COUNT } from '../machine/domain-events';
import { priceFlatAccesses, type PriceAccesses } from './access-pricing';
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
import { MemoryHierarchy } from './memory-hierarchy';
import { profileSha256 } from './profile';
import { pricingId, type PricingSpecification } from './specification';

const INSTRUCTIONS = causeIndex('instructions');
const BIT_SCANS = causeIndex('bitScans');
const HALF_CYCLE = COST_PER_CYCLE / 2;
const CYCLES_PER_COST = 1 / COST_PER_CYCLE;

/** Locks that a machine may have: one bit each in the flags of a segment. */
export const LOCK_COUNT = 8;

/** What a pricing reads of a batch. */
export type PricedStream = Pick<
  StreamBatch,
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
  operationCauses: Float64Array = new Float64Array(0);
  operationHeldCycles = new Float64Array(0);

  private readonly outcomeCosts: OutcomeCosts;
  private readonly eventCosts: EventCosts;
  private readonly hierarchy: MemoryHierarchy | undefined;
  private readonly priceAccesses: PriceAccesses;
  private segmentCosts: Float64Array = new Float64Array(0);
  private entriesMax = 0;
  /** Of the operation under way, in 1/256 cycle, by lock and as a set of bits. */
  private readonly heldCosts = new Float64Array(LOCK_COUNT);
  private locksHeld = 0;
  /** What a cold operation pays for its first instructions, and how many of these the one under way still has. */
  private readonly coldInstructionCost: number;
  private readonly coldInstructionsMax: number;
  private coldInstructions: number;

  /** Throws a `UsageError` when the host has no room for it. */
  constructor(specification: PricingSpecification) {
    const { profile, mapping, state } = specification;
    this.id = pricingId(specification);
    this.profileSha256 = profileSha256(profile);
    this.outcomeCosts = outcomeCosts(profile, mapping);
    this.eventCosts = eventCosts(profile);
    const coldCode = state.kind === 'cold' ? profile.costs.coldCode : undefined;
    this.coldInstructionCost = coldCode === undefined ? 0 : toCost(coldCode.cyclesPerInstruction);
    this.coldInstructionsMax = coldCode?.instructionsMax ?? 0;
    this.coldInstructions = this.coldInstructionsMax;
    this.hierarchy = profile.model === 'flat' ? undefined : new MemoryHierarchy(profile, mapping, state);
    this.priceAccesses = this.hierarchy?.priceAccesses ?? priceFlatAccesses;
  }

  /** Forgets the replay so far, wherever it broke off: the next batch is the first of another one. */
  restart(): void {
    this.hierarchy?.restart();
    this.operationCount = 0;
    this.operationCauses.fill(0, 0, CAUSE_COUNT);
    this.heldCosts.fill(0);
    this.locksHeld = 0;
    this.coldInstructions = this.coldInstructionsMax;
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
    const { segmentCosts, operationCauses: causes } = this;
    const { cycles256 } = this.eventCosts;
    const perInstruction = cycles256[PRICED.instructions]!;
    const perBitScan = cycles256[PRICED.bitScans]!;
    let row = 0;
    let instructions = 0;
    let bitScans = 0;
    for (let segment = 0; segment < segmentCount; segment++) {
      const at = segment * PRICED_COUNT;
      const instructionCost = segmentPriced[at + PRICED.instructions]! * perInstruction;
      const bitScanCost = segmentPriced[at + PRICED.bitScans]! * perBitScan;
      instructions += instructionCost;
      bitScans += bitScanCost;
      segmentCosts[segment] = instructionCost + bitScanCost + this.addRareEvents(segmentPriced, at, row);
      if (this.coldInstructionCost > 0) {
        segmentCosts[segment]! += this.addColdCode(segmentPriced[at + PRICED.instructions]!, row);
      }
      if ((segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        causes[row + INSTRUCTIONS]! += instructions;
        causes[row + BIT_SCANS]! += bitScans;
        instructions = 0;
        bitScans = 0;
        row += CAUSE_COUNT;
        this.coldInstructions = this.coldInstructionsMax;
      }
    }
    causes[row + INSTRUCTIONS]! += instructions;
    causes[row + BIT_SCANS]! += bitScans;
  }

  /** Adds the events that few segments have to the operation's row and returns their cost. */
  private addRareEvents(priced: Float64Array, at: number, row: number): number {
    const mispredicts = priced[at + PRICED.mispredicts]!;
    const maps = priced[at + PRICED.maps]!;
    const unmaps = priced[at + PRICED.unmaps]!;
    const tlbFlushes = priced[at + PRICED.tlbFlushes]!;
    if (mispredicts + maps + unmaps + tlbFlushes === 0) {
      return 0;
    }
    const { cycles256, causes } = this.eventCosts;
    let cost = 0;
    for (let event: number = PRICED.mispredicts; event <= PRICED.tlbFlushes; event++) {
      const eventCost = priced[at + event]! * cycles256[event]!;
      this.operationCauses[row + causes[event]!]! += eventCost;
      cost += eventCost;
    }
    return cost;
  }

  /** Adds what the code of a segment costs to fetch to the operation's row and returns it. */
  private addColdCode(instructions: number, row: number): number {
    const fetched = Math.min(instructions, this.coldInstructions);
    this.coldInstructions -= fetched;
    const cost = fetched * this.coldInstructionCost;
    this.operationCauses[row + INSTRUCTIONS]! += cost;
    return cost;
  }

  private finishOperations({ segmentFlags, segmentCount }: PricedStream): void {
    this.operationCount = 0;
    for (let segment = 0; segment < segmentCount; segment++) {
      const flags = segmentFlags[segment]!;
      if ((flags & LOCK_MASK) !== 0) {
        this.addHeld(flags & LOCK_MASK, this.segmentCosts[segment]!);
      }
      if ((flags & END_OF_OPERATION) !== 0) {
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
    const end = (row + 1) * CAUSE_COUNT;
    let sum = 0;
    let cycles = 0;
    for (let cause = row * CAUSE_COUNT; cause < end; cause++) {
      sum += operationCauses[cause]!;
      const cyclesSoFar = wholeCycles(sum);
      operationCauses[cause] = cyclesSoFar - cycles;
      cycles = cyclesSoFar;
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
    const { entries, segmentEnds, operationCodes } = batch;
    if (
      this.operationCycles.length < operationCodes.length ||
      this.segmentCosts.length < segmentEnds.length ||
      this.entriesMax < entries.length
    ) {
      this.enlarge(entries.length, segmentEnds.length, operationCodes.length);
    }
    const underWay = this.operationCount * CAUSE_COUNT;
    this.operationCauses.copyWithin(0, underWay, underWay + CAUSE_COUNT);
    this.operationCauses.fill(0, CAUSE_COUNT, (batch.operationCount + 1) * CAUSE_COUNT);
    this.operationHeldCycles.fill(0, 0, batch.operationCount * LOCK_COUNT);
  }

  private enlarge(entries: number, segments: number, operations: number): void {
    const causes = (operations + 1) * CAUSE_COUNT;
    const before = this.operationCauses.slice();
    const { segmentCosts, causeCosts } = this.hierarchy?.costArrays(entries, segments, causes) ?? {
      segmentCosts: new Float64Array(segments),
      causeCosts: new Float64Array(causes),
    };
    causeCosts.set(before.subarray(0, causes));
    this.entriesMax = entries;
    this.segmentCosts = segmentCosts;
    this.operationCauses = causeCosts;
    this.operationCycles = new Float64Array(operations);
    this.operationHeldCycles = new Float64Array(operations * LOCK_COUNT);
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
