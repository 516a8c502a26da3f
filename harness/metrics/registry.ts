import { EVENT_METRICS } from './event-metrics';
import { FOOTPRINT_METRICS } from './footprint-metrics';
import { FRAGMENTATION_METRICS } from './fragmentation-metrics';
import { LATENCY_METRICS } from './latency-metrics';
import type { MetricDefinition, MetricValue } from './metric';

/** Metrics that no pricing changes, in the order of reports. */
export const REPLAY_METRICS = [...FOOTPRINT_METRICS, ...FRAGMENTATION_METRICS, ...EVENT_METRICS] as const;

/** Metrics of one pricing of a replay, in the order of reports. */
export const PRICING_METRICS = LATENCY_METRICS;

type RegisteredName = (typeof REPLAY_METRICS | typeof PRICING_METRICS)[number]['name'];

/** What a family's name is in results: `lock.<lock>.held.cycles.max` has any text in place of `<lock>`. */
type InResults<Name extends string> = Name extends `${infer Start}<${string}>${infer End}`
  ? `${Start}${string}${End}`
  : Name;

/** The name of a registered metric as it stands in results: a misspelt one does not compile. */
export type MetricName = InResults<RegisteredName>;

/** Values by metric name, in the registry's order; null where the metric does not apply. */
export type MetricValues = { readonly [Name in MetricName]?: MetricValue | null };

/** The same for names that are known only at run time. */
export function metricsByName(values: MetricValues): Readonly<Record<string, MetricValue | null>> {
  return values as Readonly<Record<string, MetricValue | null>>;
}

export type AnyMetric = Omit<MetricDefinition<never>, 'read'>;

export const METRICS: readonly AnyMetric[] = [...PRICING_METRICS, ...REPLAY_METRICS];

/** The definition behind a name as it stands in results (`lock.heap.held.cycles.max`), or undefined. */
export function metricNamed(name: string): AnyMetric | undefined {
  return (
    METRICS.find((metric) => metric.name === name) ?? METRICS.find((metric) => isMember(metric.name, name))
  );
}

/** Whether a name belongs to a family such as `lock.<lock>.held.cycles.max`. */
function isMember(family: string, name: string): boolean {
  const [start, end] = family.split(/<\w+>/);
  return (
    end !== undefined &&
    name.length > start!.length + end.length &&
    name.startsWith(start!) &&
    name.endsWith(end)
  );
}
