import { END_OF_OPERATION, ENTRY_CAPACITY, type AccessStream } from '../machine/access-stream';
import { columnsOf } from '../machine/count-columns';
import { PRICED_COUNT } from '../machine/domain-events';
import { causeCycles, type CauseCycles } from '../metrics/worst-operations';
import { CAUSE_COUNT, COST_PER_CYCLE } from '../pricing/costs';
import { LOCK_COUNT, Pricing } from '../pricing/pricing';
import type { PricingSpecification } from '../pricing/specification';

/** Costs by cause in 1/256 cycle, in the order of `CAUSES`. */
export type CauseCosts = Float64Array;

/**
 * Prices a replay by batches as always, and the operations to be explained in pieces: what each piece of an operation
 * costs is what the pricing has put down to the operation under way more than before it. A pricing does not care how
 * a stream is cut, so the pieces cost together exactly what the operation costs.
 */
export class PiecewisePricing {
  readonly pricing: Pricing;
  /** A batch of one segment that is filled anew for each piece. */
  private readonly piece = {
    entries: new Int32Array(ENTRY_CAPACITY),
    segmentEnds: new Int32Array(1),
    segmentFlags: new Int32Array(1),
    segmentPriced: columnsOf(new Float64Array(PRICED_COUNT), 1),
    pricedEvents: (1 << PRICED_COUNT) - 1,
    segmentCount: 1,
    operationCodes: new Uint8Array(1),
    operationCount: 0,
  };
  private readonly costsBefore: CauseCosts = new Float64Array(CAUSE_COUNT);
  /** Of the piece priced last; valid until the next. */
  readonly costs: CauseCosts = new Float64Array(CAUSE_COUNT);

  constructor(specification: PricingSpecification) {
    this.pricing = new Pricing(specification);
  }

  /** Prices whole operations. */
  price(batch: AccessStream): void {
    this.pricing.price(batch);
  }

  /** Prices what segment `segment` of a batch did besides its accesses. */
  priceEvents(batch: AccessStream, segment: number): CauseCosts {
    const { piece } = this;
    piece.segmentPriced.forEach((counts, event) => (counts[0] = batch.segmentPriced[event]![segment]!));
    this.pricePiece(0, batch.segmentFlags[segment]!);
    piece.segmentPriced.forEach((counts) => counts.fill(0));
    return this.costs;
  }

  /** Prices accesses `from` to `to` of a batch, which lie in segment `segment`. */
  priceAccesses(batch: AccessStream, segment: number, from: number, to: number): CauseCosts {
    this.piece.entries.set(batch.entries.subarray(from, to));
    this.pricePiece(to - from, batch.segmentFlags[segment]!);
    return this.costs;
  }

  /** Ends the operation that was priced in pieces. */
  endOperation(): PricedOperation {
    const { piece, pricing } = this;
    piece.segmentEnds[0] = 0;
    piece.segmentFlags[0] = END_OF_OPERATION;
    piece.operationCount = 1;
    pricing.price(piece);
    piece.operationCount = 0;
    this.costsBefore.fill(0);
    return {
      cycles: pricing.operationCycles[0]!,
      causes: causeCycles(pricing.operationCauses, 0),
      heldCycles: [...pricing.operationHeldCycles.subarray(0, LOCK_COUNT)],
    };
  }

  private pricePiece(accesses: number, flags: number): void {
    const { piece, pricing, costsBefore, costs } = this;
    piece.segmentEnds[0] = accesses;
    piece.segmentFlags[0] = flags & ~END_OF_OPERATION;
    pricing.price(piece);
    for (let cause = 0; cause < CAUSE_COUNT; cause++) {
      const cost = pricing.operationCauses[cause]!;
      costs[cause] = cost - costsBefore[cause]!;
      costsBefore[cause] = cost;
    }
  }
}

export interface PricedOperation {
  readonly cycles: number;
  readonly causes: CauseCycles;
  /** By lock, in the order of the machine. */
  readonly heldCycles: readonly number[];
}

/**
 * Turns costs into whole cycles, part after part. It rounds the running sum as a pricing does, so that the cycles of
 * all parts add up to those of the operation exactly; half a cycle rounds up.
 */
export class RunningCycles {
  private sum = 0;
  private cycles = 0;

  /** The whole cycles of the next part. */
  add(cost: number): number {
    this.sum += cost;
    const before = this.cycles;
    this.cycles = Math.floor((this.sum + COST_PER_CYCLE / 2) / COST_PER_CYCLE);
    return this.cycles - before;
  }

  /** The whole cycles of the next parts by cause, and together. */
  addCauses(costs: CauseCosts): { cycles: number; causes: CauseCycles } {
    const before = this.cycles;
    const causes = causeCycles(
      costs.map((cost) => this.add(cost)),
      0,
    );
    return { cycles: this.cycles - before, causes };
  }
}

export function totalCost(costs: CauseCosts): number {
  return costs.reduce((sum, cost) => sum + cost, 0);
}
