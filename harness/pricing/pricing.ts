import { END_OF_OPERATION, KIND_COUNT, LOCK_MASK, UPDATE, type AccessStream } from '../machine/access-stream';
import { PRICED_COUNT } from '../machine/domain-events';
import { CAUSE_COUNT, causeIndex, COST_PER_CYCLE, costTables, type CostTables } from './costs';
import { countFlatOutcomes, type CountOutcomes } from './count-outcomes';
import { MemoryHierarchy } from './memory-hierarchy';
import { FOUND, LEVELS, OUTCOME_COUNT } from './outcomes';
import { profileSha256 } from './profile';
import { pricingId, type PricingSpecification } from './specification';

/** Locks that a machine may have: one bit each in the flags of a segment. */
export const LOCK_COUNT = 8;

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

  private readonly tables: CostTables;
  /** Costs of the outcomes, those of locked updates with the lock's own: what segments are made of. */
  private readonly accessCosts: Float64Array;
  private readonly countOutcomes: CountOutcomes;
  private segmentCosts = new Float64Array(0);
  private counts = new Int32Array(OUTCOME_COUNT);

  /** The operation under way, in 1/256 cycle. */
  private cost = 0;
  private readonly events = new Float64Array(PRICED_COUNT);
  private readonly heldCosts = new Float64Array(LOCK_COUNT);
  private readonly causeCosts = new Float64Array(CAUSE_COUNT);

  constructor(specification: PricingSpecification) {
    const { profile, mapping, state } = specification;
    this.id = pricingId(specification);
    this.profileSha256 = profileSha256(profile);
    this.tables = costTables(profile, mapping);
    this.accessCosts = this.tables.outcomes.slice();
    for (let level = 0; level < LEVELS.length; level++) {
      this.accessCosts[FOUND + level * KIND_COUNT + UPDATE]! += this.tables.lockedUpdate;
    }
    this.countOutcomes =
      profile.model === 'flat'
        ? countFlatOutcomes
        : new MemoryHierarchy(profile, mapping, state).countOutcomes;
  }

  /** Prices the operations that end in `batch`. One that never ends is never priced. */
  price(batch: AccessStream): void {
    this.growTo(batch);
    this.countOutcomes(
      batch.entries,
      batch.segmentEnds,
      batch.segmentFlags,
      batch.segmentCount,
      this.accessCosts,
      this.segmentCosts,
      this.counts,
    );
    this.operationCount = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      const flags = batch.segmentFlags[segment]!;
      const cost = this.segmentCosts[segment]! + this.takeEvents(batch.segmentPriced, segment * PRICED_COUNT);
      this.cost += cost;
      if ((flags & LOCK_MASK) !== 0) {
        this.addHeld(flags & LOCK_MASK, cost);
      }
      if ((flags & END_OF_OPERATION) !== 0) {
        this.finishOperation(this.operationCount++);
      }
    }
    const underWay = this.operationCount * OUTCOME_COUNT;
    this.counts.copyWithin(0, underWay, underWay + OUTCOME_COUNT);
  }

  /** Adds the priced events of a segment to the operation and returns their cost. */
  private takeEvents(priced: Float64Array, base: number): number {
    let cost = 0;
    for (let event = 0; event < PRICED_COUNT; event++) {
      const times = priced[base + event]!;
      if (times !== 0) {
        this.events[event]! += times;
        cost += times * this.tables.events[event]!;
      }
    }
    return cost;
  }

  private addHeld(locks: number, cost: number): void {
    for (let lock = 0; lock < LOCK_COUNT; lock++) {
      if ((locks & (1 << lock)) !== 0) {
        this.heldCosts[lock]! += cost;
      }
    }
  }

  private finishOperation(row: number): void {
    this.operationCycles[row] = wholeCycles(this.cost);
    this.cost = 0;
    for (let lock = 0; lock < LOCK_COUNT; lock++) {
      this.operationHeldCycles[row * LOCK_COUNT + lock] = wholeCycles(this.heldCosts[lock]!);
      this.heldCosts[lock] = 0;
    }
    this.sumCauses(row * OUTCOME_COUNT);
    // Rounding the running sum, not each cause, makes the causes add up to the operation.
    let sum = 0;
    let cyclesBefore = 0;
    for (let cause = 0; cause < CAUSE_COUNT; cause++) {
      sum += this.causeCosts[cause]!;
      this.causeCosts[cause] = 0;
      const cycles = wholeCycles(sum);
      this.operationCauses[row * CAUSE_COUNT + cause] = cycles - cyclesBefore;
      cyclesBefore = cycles;
    }
  }

  private sumCauses(counts: number): void {
    const { outcomes, outcomeCauses, events, eventCauses, lockedUpdate } = this.tables;
    for (let outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
      const times = this.counts[counts + outcome]!;
      if (times !== 0) {
        this.causeCosts[outcomeCauses[outcome]!]! += times * outcomes[outcome]!;
      }
    }
    let updates = 0;
    for (let level = 0; level < LEVELS.length; level++) {
      updates += this.counts[counts + FOUND + level * KIND_COUNT + UPDATE]!;
    }
    this.causeCosts[LOCKED_UPDATES]! += updates * lockedUpdate;
    for (let event = 0; event < PRICED_COUNT; event++) {
      this.causeCosts[eventCauses[event]!]! += this.events[event]! * events[event]!;
      this.events[event] = 0;
    }
  }

  private growTo(batch: AccessStream): void {
    const segments = batch.segmentEnds.length;
    const operations = batch.operationCodes.length;
    if (this.segmentCosts.length >= segments && this.operationCycles.length >= operations) {
      return;
    }
    this.segmentCosts = new Float64Array(segments);
    this.operationCycles = new Float64Array(operations);
    this.operationCauses = new Float64Array(operations * CAUSE_COUNT);
    this.operationHeldCycles = new Float64Array(operations * LOCK_COUNT);
    const counts = new Int32Array((operations + 1) * OUTCOME_COUNT);
    counts.set(this.counts.subarray(0, OUTCOME_COUNT));
    this.counts = counts;
  }
}

const LOCKED_UPDATES = causeIndex('lockedUpdates');

/** Half a cycle rounds up. */
function wholeCycles(cost: number): number {
  return Math.floor((cost + COST_PER_CYCLE / 2) / COST_PER_CYCLE);
}
