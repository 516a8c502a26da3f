import { END_OF_OPERATION, type AccessStream } from '../../machine/access-stream';
import { NOTED, PRICED, PRICED_COUNT } from '../../machine/domain-events';
import { Pricing } from '../../pricing/pricing';
import type { PricingSpecification } from '../../pricing/specification';

/** What one operation cost, and the events that trials ask about. */
export interface OperationCost {
  readonly cycles: number;
  readonly instructions: number;
  readonly maps: number;
  readonly unmaps: number;
  readonly tlbFlushes: number;
  readonly searchSteps: number;
  readonly pagesTaken: number;
  readonly moves: number;
}

const FREE_OF_CHARGE: OperationCost = {
  cycles: 0,
  instructions: 0,
  maps: 0,
  unmaps: 0,
  tlbFlushes: 0,
  searchSteps: 0,
  pagesTaken: 0,
  moves: 0,
};

/** Keeps the cost of every operation of a short replay. */
export class OperationCosts {
  private readonly pricing: Pricing;
  private readonly costs = new Map<number, OperationCost>();
  /** Priced counts of the operation under way, which may span batches. */
  private readonly counts = new Float64Array(PRICED_COUNT);

  constructor(specification: PricingSpecification) {
    this.pricing = new Pricing(specification);
  }

  /** The operation of that event; one that touched nothing cost nothing. */
  of(index: number): OperationCost {
    return this.costs.get(index) ?? FREE_OF_CHARGE;
  }

  readonly drain = (batch: AccessStream): void => {
    this.pricing.price(batch);
    let row = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      for (let count = 0; count < PRICED_COUNT; count++) {
        this.counts[count]! += batch.segmentPriced[count]![segment]!;
      }
      if ((batch.segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        this.keep(batch, row++);
      }
    }
  };

  private keep(batch: AccessStream, row: number): void {
    const noted = (event: number): number => batch.operationNoted[event]![row]!;
    this.costs.set(batch.operationIndices[row]!, {
      cycles: this.pricing.operationCycles[row]!,
      instructions: this.counts[PRICED.instructions]!,
      maps: this.counts[PRICED.maps]!,
      unmaps: this.counts[PRICED.unmaps]!,
      tlbFlushes: this.counts[PRICED.tlbFlushes]!,
      searchSteps: noted(NOTED.searchSteps),
      pagesTaken: noted(NOTED.pagesTaken),
      moves: noted(NOTED.moves),
    });
    this.counts.fill(0);
  }
}
