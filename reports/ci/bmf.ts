import type { Results } from '../../harness/results/results';
import { benchmarks, measureSlug } from './measures';

/**
 * Bencher Metric Format: benchmark → measure → value. Measures are slugs, because Bencher makes slugs of them anyway.
 * https://bencher.dev/docs/reference/bencher-metric-format/
 */
export function bencherMetricFormat(results: Results): string {
  const format = new Map<string, Record<string, { value: number }>>();
  for (const { engine, trace, pricing, measures } of benchmarks(results)) {
    const name = [engine, trace, ...(pricing === null ? [] : [pricing])].join('/');
    const slot = freeName(name, format);
    format.set(
      slot,
      Object.fromEntries(measures.map((each) => [measureSlug(each), { value: each.value.value }])),
    );
  }
  // A line for each benchmark: a nightly run has so many measures that blanks alone would be half a megabyte.
  const lines = [...format].map(
    ([name, measures]) => `  ${JSON.stringify(name)}: ${JSON.stringify(measures)}`,
  );
  return lines.length === 0 ? '{}\n' : `{\n${lines.join(',\n')}\n}\n`;
}

/** Two replays may be called alike; a key of an object may not. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) {
    free = `${name} (${number})`;
  }
  return free;
}
