import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { CostCounter } from '../../../harness/metrics/cost-counter';
import {
  costAt,
  countOf,
  distributionOf,
  largestCost,
  QUANTILES,
  smallestCost,
  totalOf,
} from '../../../harness/metrics/distribution';

const test = suite('exact distribution');
const SEED = 20081121;

function counterOf(costs: readonly number[]): CostCounter {
  const counter = new CostCounter();
  costs.forEach((cost) => counter.add(cost));
  return counter;
}

const percentiles = (costs: readonly number[]) =>
  QUANTILES.map((quantile) => costAt(distributionOf([counterOf(costs)]), quantile));

test('percentiles are nearest-rank values that did occur', () => {
  // Wikipedia's worked example of nearest rank: p50 of 15, 20, 35, 40, 50 is the 3rd value, p90 and above the 5th.
  assert.equal(percentiles([50, 15, 40, 20, 35]), [35, 50, 50, 50]);
  // 1000 values 1 … 1000: ranks 500, 900, 990, 999.
  assert.equal(percentiles(Array.from({ length: 1000 }, (_, index) => 1000 - index)), [500, 900, 990, 999]);
  // 1001 values 1 … 1001: ranks ⌈500.5⌉, ⌈900.9⌉, ⌈990.99⌉, ⌈999.999⌉.
  assert.equal(percentiles(Array.from({ length: 1001 }, (_, index) => index + 1)), [501, 901, 991, 1000]);
  assert.equal(percentiles([7]), [7, 7, 7, 7]);
});

test('the median of two is the smaller: nothing is interpolated', () => {
  assert.equal(percentiles([10, 20]), [10, 20, 20, 20]);
});

test('an empty distribution has no percentile and no extremes', () => {
  const empty = distributionOf([]);
  assert.equal(percentiles([]), [undefined, undefined, undefined, undefined]);
  assert.equal([smallestCost(empty), largestCost(empty)], [undefined, undefined]);
  assert.equal([countOf(empty), totalOf(empty)], [0, 0]);
});

test('counters of several size classes add up to one distribution', () => {
  const distribution = distributionOf([counterOf([5, 3, 5]), counterOf([]), counterOf([9, 3])]);
  assert.equal(distribution, { costs: [3, 5, 9], counts: [2, 2, 1] });
  assert.equal([countOf(distribution), totalOf(distribution)], [5, 25]);
});

test('costs are kept apart up to 2^53 − 1, also when their low words are equal', () => {
  const costs = [0, 2 ** 32, 2 ** 33, Number.MAX_SAFE_INTEGER, 2 ** 32, 0];
  assert.equal(distributionOf([counterOf(costs)]), {
    costs: [0, 2 ** 32, 2 ** 33, Number.MAX_SAFE_INTEGER],
    counts: [2, 2, 1, 1],
  });
});

test('small costs, which have places of their own, and large ones are one distribution', () => {
  const costs = [0, 1, 2, 3, 4, 255, 256, 1022, 1023, 1024, 1025, 4096];
  const counter = counterOf([...costs].reverse());
  assert.equal(distributionOf([counter, counterOf(costs)]), { costs, counts: costs.map(() => 2) });
  assert.equal(
    [0, 5, 257, 1023, 1024, 5000].map((cost) => counter.countOf(cost)),
    [1, 0, 0, 1, 1, 0],
  );
});

test('any sequence is counted as sorting it would', () => {
  const cost = fc.oneof(fc.nat(20), fc.nat(100_000), fc.nat({ max: Number.MAX_SAFE_INTEGER }));
  fc.assert(
    fc.property(
      fc.array(cost, { minLength: 1, maxLength: 600 }),
      fc.constantFrom(...QUANTILES),
      (costs, q) => {
        const sorted = [...costs].sort((a, b) => a - b);
        const distribution = distributionOf([counterOf(costs)]);
        const unrolled = distribution.costs.flatMap((each, i) =>
          new Array<number>(distribution.counts[i]!).fill(each),
        );
        assert.equal(unrolled, sorted);
        const rank = Math.ceil((costs.length * q.numerator) / q.denominator);
        assert.is(costAt(distribution, q), sorted[rank - 1]);
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});

test.run();
