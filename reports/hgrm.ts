import { countOf, largestCost, totalOf, type Distribution } from '../harness/metrics/distribution';
import { plainRatio } from '../harness/text/numbers';
import { percentileLadder } from './percentile-ladder';

/**
 * A distribution as an `.hgrm` file, which HdrHistogram's plotters read. The values are exact, unlike those of a
 * histogram with buckets: the 100 % line shows the true maximum. An empty distribution has only the frame.
 */
export function hgrmText(distribution: Distribution): string {
  const lines = percentileLadder(distribution).map(({ numerator, denominator, cycles, operations }) => {
    const columns = [
      plainRatio(cycles, 1, 3).padStart(12),
      plainRatio(numerator, denominator, 12),
      String(operations).padStart(10),
    ];
    const rest = denominator - numerator;
    return (rest === 0 ? columns : [...columns, plainRatio(denominator, rest, 2).padStart(14)]).join(' ');
  });
  const count = countOf(distribution);
  const [mean, deviation] = count === 0 ? ['0.000', '0.000'] : moments(distribution, count);
  return [
    '       Value     Percentile TotalCount 1/(1-Percentile)',
    '',
    ...lines,
    `#[Mean    = ${mean.padStart(12)}, StdDeviation   = ${deviation.padStart(12)}]`,
    `#[Max     = ${plainRatio(largestCost(distribution) ?? 0, 1, 3).padStart(12)}, Total count    = ${String(count).padStart(12)}]`,
    `#[Buckets = ${'0'.padStart(12)}, SubBuckets     = ${'0'.padStart(12)}]`,
    '',
  ].join('\n');
}

/** Mean and standard deviation of the population, three decimals, from exact sums. */
function moments(distribution: Distribution, count: number): [mean: string, deviation: string] {
  const total = totalOf(distribution);
  const squares = distribution.costs.reduce(
    (sum, cost, index) => sum + BigInt(cost) * BigInt(cost) * BigInt(distribution.counts[index]!),
    0n,
  );
  // Variance = (n Σx² − (Σx)²) / n²; its root, in ten-thousandths, is √((n Σx² − (Σx)²) · 10⁸) / n.
  const spread = BigInt(count) * squares - BigInt(total) * BigInt(total);
  const deviation = squareRoot(spread * 100_000_000n) / BigInt(count);
  return [plainRatio(total, count, 3), plainRatio(Number(deviation), 10_000, 3)];
}

/** ⌊√value⌋ by Newton's method. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) {
    return value;
  }
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) {
      return root;
    }
    root = next;
  }
}
