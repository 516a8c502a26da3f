import type { MetricValue } from '../../harness/metrics/metric';
import { metricNamed, metricsByName, type AnyMetric } from '../../harness/metrics/registry';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import type { Results } from '../../harness/results/results';
import { engineLabel } from '../trace-groups';

/** A number that a service may follow over time: it has a better side, and a value. */
export interface Measure {
  readonly name: string;
  readonly metric: AnyMetric;
  readonly value: MetricValue;
}

/** What the services call a benchmark: an engine on a trace, under a pricing where one had a say. */
export interface Benchmark {
  readonly engine: string;
  readonly trace: string;
  /** Null for the measures that no pricing changes. */
  readonly pricing: string | null;
  readonly operations: number;
  readonly measures: readonly Measure[];
}

/** The benchmarks of results in their order, of replays that came to their end: a part of the work looks cheap. */
export function benchmarks(results: Results): Benchmark[] {
  return results.replays
    .filter(({ outcome }) => outcome.kind === 'ok')
    .flatMap((replay) => replayBenchmarks(replay, results.replays))
    .filter(({ measures }) => measures.length > 0);
}

function replayBenchmarks(replay: MeasuredReplay, others: readonly MeasuredReplay[]): Benchmark[] {
  const rivals = others.filter(({ trace }) => trace.name === replay.trace.name);
  const about = {
    engine: engineLabel(replay, rivals),
    trace: replay.trace.name,
    operations: replay.operations,
  };
  return [
    ...replay.pricings.map((pricing) => ({
      ...about,
      pricing: pricing.id,
      measures: measuresOf(pricing.metrics),
    })),
    { ...about, pricing: null, measures: measuresOf(replay.metrics) },
  ];
}

function measuresOf(metrics: MeasuredReplay['metrics']): Measure[] {
  return Object.entries(metricsByName(metrics)).flatMap(([name, value]) => {
    const metric = metricNamed(name);
    return value === null || metric === undefined || metric.better === 'none'
      ? []
      : [{ name, metric, value }];
  });
}

/** `free.cycles.p99.9` → `free-cycles-p99-9`; a unit that the name does not have goes to its end. */
export function measureSlug({ name, metric: { unit } }: Measure): string {
  const words = name.split('.').includes(unit) ? name : `${name} ${unit}`;
  return words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
