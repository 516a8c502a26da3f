import { EVENT_METRICS } from './event-metrics';
import { FOOTPRINT_METRICS } from './footprint-metrics';
import { FRAGMENTATION_METRICS } from './fragmentation-metrics';
import { LATENCY_METRICS } from './latency-metrics';
import type { MetricDefinition, PricingMetric, ReplayMetric } from './metric';

/** Metrics that no pricing changes, in the order of reports. */
export const REPLAY_METRICS: readonly ReplayMetric[] = [
  ...FOOTPRINT_METRICS,
  ...FRAGMENTATION_METRICS,
  ...EVENT_METRICS,
];

/** Metrics of one pricing of a replay, in the order of reports. */
export const PRICING_METRICS: readonly PricingMetric[] = LATENCY_METRICS;

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
