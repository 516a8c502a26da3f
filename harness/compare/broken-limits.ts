import type { MeasuredReplay } from '../metrics/measured-replay';
import type { MetricValue } from '../metrics/metric';
import { metricNamed, metricsByName } from '../metrics/registry';
import type { Results } from '../results/results';
import { exceededParts, limitFor, type Limit, type LimitPart } from './limits';

/** A metric of one replay that is beyond a value which its limit says must not be passed. */
export interface BrokenLimit {
  readonly replay: MeasuredReplay;
  /** Null for metrics that no pricing changes. */
  readonly pricing: string | null;
  readonly metric: string;
  readonly value: MetricValue;
  readonly limit: Limit;
  readonly part: Extract<LimitPart, { kind: 'value' }>;
}

/** The limits on values that results break by themselves; what limits say of a base has to wait for one. */
export function brokenLimits({ replays }: Results, limits: readonly Limit[]): BrokenLimit[] {
  return replays.flatMap((replay) => [
    ...replay.pricings.flatMap(({ id, metrics }) => brokenBy(replay, id, metrics, limits)),
    ...brokenBy(replay, null, replay.metrics, limits),
  ]);
}

function brokenBy(
  replay: MeasuredReplay,
  pricing: string | null,
  metrics: MeasuredReplay['metrics'],
  limits: readonly Limit[],
): BrokenLimit[] {
  return Object.entries(metricsByName(metrics)).flatMap(([name, value]) => {
    const metric = metricNamed(name);
    const limit = limitFor(limits, name, metric);
    if (value === null || limit === undefined) {
      return [];
    }
    return exceededParts(limit, metric?.better ?? 'none', null, value)
      .filter((part) => part.kind === 'value')
      .map((part) => ({ replay, pricing, metric: name, value, limit, part }));
  });
}
