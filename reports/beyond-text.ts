import type { BrokenLimit } from '../harness/compare/broken-limits';
import { groupedInteger } from '../harness/text/numbers';
import { formatMetric } from './metric-text';
import { metricNamed } from '../harness/metrics/registry';

/** `3,211 is beyond 500`. */
export function beyondText({ metric, value, part }: BrokenLimit): string {
  const unit = metricNamed(metric) ?? { unit: 'times' as const };
  return `${formatMetric(unit, value)} is beyond ${groupedInteger(part.value)}`;
}
