import * as v from 'valibot';
import { CostCounter } from './cost-counter';
import { counts, type Shape } from './schema';

/**
 * An exact distribution of integer costs: the distinct values in ascending order, and how often each occurred. All
 * statistics are order statistics by nearest rank (values that did occur, no interpolation) or exact sums.
 */
export const distribution = v.pipe(
  v.strictObject({ costs: counts, counts }),
  // What order statistics rest on; no sum may exceed 2^53 − 1.
  v.check(
    ({ costs, counts: times }) =>
      costs.length === times.length &&
      costs.every((cost, index) => index === 0 || cost > costs[index - 1]!) &&
      times.every((count) => count > 0) &&
      Number.isSafeInteger(times.reduce((sum, each) => sum + each, 0)),
    'ascending costs, with as many counts that are not 0',
  ),
);
export type Distribution = Shape<typeof distribution>;

/** A rank between 0 and 1 as an exact fraction: 99.9 % is 999/1000. */
export interface Quantile {
  readonly name: string;
  readonly numerator: number;
  readonly denominator: number;
}

export const QUANTILES = [
  { name: 'p50', numerator: 50, denominator: 100 },
  { name: 'p90', numerator: 90, denominator: 100 },
  { name: 'p99', numerator: 99, denominator: 100 },
  { name: 'p99.9', numerator: 999, denominator: 1000 },
] as const satisfies readonly Quantile[];

/** The sum of several counters as one distribution. */
export function distributionOf(counters: readonly CostCounter[]): Distribution {
  const all = new CostCounter();
  counters.forEach((counter) => all.addAll(counter));
  const costs = all.costs();
  return { costs, counts: costs.map((cost) => all.countOf(cost)) };
}

export function countOf({ counts }: Distribution): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Sum of all costs. Exact: past 2^53 it could only come from more simulated accesses than a host can run. */
export function totalOf({ costs, counts }: Distribution): number {
  return costs.reduce((sum, cost, index) => sum + cost * counts[index]!, 0);
}

/**
 * The cost at a rank, by nearest rank: the smallest cost such that at least numerator/denominator of all operations
 * cost no more. Undefined for an empty distribution.
 */
export function costAt(distribution: Distribution, rank: Omit<Quantile, 'name'>): number | undefined {
  const total = countOf(distribution);
  let reached = 0;
  for (const [index, count] of distribution.counts.entries()) {
    reached += count;
    if (reached * rank.denominator >= total * rank.numerator) {
      return distribution.costs[index];
    }
  }
  return undefined;
}

export function smallestCost({ costs }: Distribution): number | undefined {
  return costs[0];
}

export function largestCost({ costs }: Distribution): number | undefined {
  return costs[costs.length - 1];
}
