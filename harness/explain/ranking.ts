import { OP_NAMES } from '../../traces/trace';
import type { AccessStream } from '../machine/access-stream';
import { countsOf } from '../machine/count-columns';
import { CostCounter } from '../metrics/cost-counter';
import { costAt, countOf, distributionOf, largestCost, QUANTILES } from '../metrics/distribution';
import { KIND_OF_CODE, OP_KINDS } from '../metrics/op-kinds';
import { causeCycles, eventCounts, type WorstOperation } from '../metrics/worst-operations';
import { CAUSE_COUNT } from '../pricing/costs';
import { LOCK_COUNT, type PricedBatch } from '../pricing/pricing';
import type { Standing } from './explanation';

/** Which operations of a replay are to be remembered. */
export interface Wish {
  /** By index of event. */
  readonly operations: ReadonlySet<number>;
  /** How many of the dearest, or of the longest holders of `lock`. */
  readonly count: number;
  /** Number of the lock in the machine's order. */
  readonly lock?: number;
}

/** The order in which the dearest are found: cycles descending, earlier operation first among equals. */
export type RankedOperation = WorstOperation;

/**
 * Finds the operations of a wish among all that a replay runs, and how each stands among those of its kind. What it
 * keeps does not grow with the trace: the wished operations, and one counter a distinct cost.
 */
export class Ranking {
  private readonly counters = OP_KINDS.map(() => new CostCounter());
  private readonly best: { readonly value: number; readonly operation: RankedOperation }[] = [];
  private readonly found = new Map<number, RankedOperation>();

  constructor(private readonly wish: Wish) {}

  record(batch: AccessStream, priced: PricedBatch): void {
    const { operations, count, lock } = this.wish;
    for (let row = 0; row < batch.operationCount; row++) {
      const cycles = priced.operationCycles[row]!;
      this.counters[KIND_OF_CODE[batch.operationCodes[row]!]!]!.add(cycles);
      const value = lock === undefined ? cycles : priced.operationHeldCycles[row * LOCK_COUNT + lock]!;
      if (count > 0 && this.qualifies(value)) {
        this.keep(value, rankedOperation(batch, row, priced));
      }
      if (operations.size > 0 && operations.has(batch.operationIndices[row]!)) {
        this.found.set(batch.operationIndices[row]!, rankedOperation(batch, row, priced));
      }
    }
  }

  /** The dearest, or the longest holders of the lock, first. */
  get dearest(): readonly RankedOperation[] {
    return this.best.map(({ operation }) => operation);
  }

  /** A wished operation, or undefined where it was not run. */
  operation(index: number): RankedOperation | undefined {
    return this.found.get(index);
  }

  standing({ op, cycles }: RankedOperation): Standing {
    const kind = KIND_OF_CODE[OP_NAMES.indexOf(op)]!;
    const distribution = distributionOf([this.counters[kind]!]);
    const dearer = distribution.counts.reduce(
      (sum, count, index) => (distribution.costs[index]! > cycles ? sum + count : sum),
      0,
    );
    const [median] = QUANTILES;
    return {
      rank: dearer + 1,
      of: countOf(distribution),
      kind: OP_KINDS[kind]!,
      cyclesP50: costAt(distribution, median)!,
      cyclesMax: largestCost(distribution)!,
    };
  }

  /** An operation that never held the lock is none of its holders. */
  private qualifies(value: number): boolean {
    const { count, lock } = this.wish;
    const last = this.best[count - 1];
    return last === undefined ? lock === undefined || value > 0 : value > last.value;
  }

  private keep(value: number, operation: RankedOperation): void {
    const after = this.best.findIndex((each) => each.value < value);
    this.best.splice(after < 0 ? this.best.length : after, 0, { value, operation });
    this.best.length = Math.min(this.best.length, this.wish.count);
  }
}

function rankedOperation(batch: AccessStream, row: number, priced: PricedBatch): RankedOperation {
  return {
    operation: batch.operationIndices[row]!,
    op: OP_NAMES[batch.operationCodes[row]!]!,
    id: batch.operationIds[row]!,
    sizeBytes: batch.operationBytes[row]!,
    alignBytes: batch.operationAligns[row]!,
    cycles: priced.operationCycles[row]!,
    causes: causeCycles(priced.operationCauses, row * CAUSE_COUNT),
    events: eventCounts(countsOf(batch.operationNoted, row)),
  };
}
