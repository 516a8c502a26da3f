import type { BrokenLimit } from '../harness/compare/broken-limits';
import { formatMetric, groupedInteger } from '../harness/metrics/format';
import { metricNamed } from '../harness/metrics/registry';

/** `3,211 is beyond 500`. */
export function beyondText({ metric, value, part }: BrokenLimit): string {
  const unit = metricNamed(metric) ?? { unit: 'times' as const };
  return `${formatMetric(unit, value)} is beyond ${groupedInteger(part.value)}`;
}
