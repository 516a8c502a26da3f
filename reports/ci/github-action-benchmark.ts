import type { Results } from '../../harness/results/results';
import { jsonText } from '../../harness/results/json-text';
import { benchmarks } from './measures';

/**
 * The custom format of github-action-benchmark. A file has one direction, which its `tool` setting names:
 * `customSmallerIsBetter` or `customBiggerIsBetter`. It refuses an empty list, so a direction without measures gives
 * undefined.
 */
export function githubActionBenchmark(results: Results, better: 'lower' | 'higher'): string | undefined {
  const entries = benchmarks(results).flatMap(({ engine, trace, pricing, measures }) =>
    measures
      .filter(({ metric }) => metric.better === better)
      .map(({ name, metric, value }) => ({
        name: [engine, trace, ...(pricing === null ? [] : [pricing]), name].join(' › '),
        unit: metric.unit,
        value: value.value,
        ...(value.operation !== undefined && { extra: `operation ${value.operation}` }),
      })),
  );
  return entries.length === 0 ? undefined : jsonText(entries);
}
