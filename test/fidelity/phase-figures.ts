import type { StepTable } from '../../harness/machine/steps';
import { CAUSE_COUNT } from '../../harness/pricing/costs';
import type { PricedBatch } from '../../harness/pricing/pricing';

/** More than all engines of one machine name. */
const STEPS_MAX = 256;

/** What the operations of one phase and verb did, summed, and what they cost, one by one. */
export class PhaseFigures {
  operations = 0;
  loads = 0;
  stores = 0;
  instructions = 0;
  /** Executions of each step, by its index on the machine. */
  readonly byStep = new Float64Array(STEPS_MAX);
  /** With what the reference did not have, summed over the last run. */
  wholeCycles = 0;

  constructor(
    private readonly table: StepTable,
    /** By pricing. */
    readonly priced: readonly PricedPhase[],
  ) {}

  countStep(step: number, times: number): void {
    this.byStep[step]! += times;
  }

  /** Executions by `engine: step`. */
  get steps(): ReadonlyMap<string, number> {
    const named = new Map<string, number>();
    this.byStep.forEach((times, index) => {
      if (times > 0) {
        const { engine, name } = this.table.step(index);
        named.set(`${engine}: ${name}`, times);
      }
    });
    return named;
  }
}

/** What one pricing says of the operations of one phase and verb: of every operation the cheapest of all runs. */
export class PricedPhase {
  readonly cycles: number[] = [];
  /** Sums of the last run, in the order of `CAUSES`. */
  readonly causes = new Float64Array(CAUSE_COUNT);
  private firstRun: Float64Array | undefined;
  private next = 0;

  startRun(): void {
    if (this.next > 0) {
      this.firstRun ??= this.causes.slice();
    }
    this.next = 0;
    this.causes.fill(0);
  }

  /** Sums of the first run, which found all memory untouched. */
  get firstRunCauses(): Float64Array {
    return this.firstRun ?? this.causes;
  }

  add(pricing: PricedBatch, operation: number): void {
    const cycles = pricing.operationCycles[operation]!;
    this.cycles[this.next] = Math.min(cycles, this.cycles[this.next] ?? cycles);
    this.next++;
    for (let cause = 0; cause < CAUSE_COUNT; cause++) {
      this.causes[cause]! += pricing.operationCauses[operation * CAUSE_COUNT + cause]!;
    }
  }

  get sumOfLastRun(): number {
    return this.causes.reduce((total, each) => total + each, 0);
  }

  /** Nearest rank, in hundredths. */
  percentile(percent: number): number {
    const sorted = Float64Array.from(this.cycles).sort();
    return sorted[Math.max(Math.ceil((sorted.length * percent) / 100) - 1, 0)]!;
  }
}
