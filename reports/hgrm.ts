import { countOf, largestCost, totalOf, type Distribution } from '../harness/metrics/distribution';
import { percentileLadder } from './percentile-ladder';

/**
 * A distribution as an `.hgrm` file, which HdrHistogram's plotters read. The values are exact, unlike those of a
 * histogram with buckets: the 100 % line shows the true maximum. An empty distribution has only the frame.
 */
export function hgrmText(distribution: Distribution): string {
  const lines = percentileLadder(distribution).map(({ numerator, denominator, cycles, operations }) => {
    const columns = [
      fixed(cycles, 1, 3).padStart(12),
      fixed(numerator, denominator, 12),
      String(operations).padStart(10),
    ];
    const rest = denominator - numerator;
    return (rest === 0 ? columns : [...columns, fixed(denominator, rest, 2).padStart(14)]).join(' ');
  });
  const count = countOf(distribution);
  const [mean, deviation] = count === 0 ? ['0.000', '0.000'] : moments(distribution, count);
  return [
    '       Value     Percentile TotalCount 1/(1-Percentile)',
    '',
    ...lines,
    `#[Mean    = ${mean.padStart(12)}, StdDeviation   = ${deviation.padStart(12)}]`,
    `#[Max     = ${fixed(largestCost(distribution) ?? 0, 1, 3).padStart(12)}, Total count    = ${String(count).padStart(12)}]`,
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
  // Variance = (n Σx² − (Σx)²) / n²; its root in thousandths is √((n Σx² − (Σx)²) · 10⁶) / n.
  const spread = BigInt(count) * squares - BigInt(total) * BigInt(total);
  const thousandths = squareRoot(spread * 1_000_000n) / BigInt(count);
  return [fixed(total, count, 3), fixed(Number(thousandths), 1000, 3)];
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

/** numerator / denominator with a fixed number of decimals and no grouping, rounded half up. */
function fixed(numerator: number, denominator: number, decimals: number): string {
  const scale = 10n ** BigInt(decimals);
  const scaled = (2n * BigInt(numerator) * scale + BigInt(denominator)) / (2n * BigInt(denominator));
  return `${scaled / scale}.${String(scaled % scale).padStart(decimals, '0')}`;
}
