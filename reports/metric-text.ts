import type { MetricUnit, MetricValue } from '../harness/metrics/metric';
import type { AnyMetric } from '../harness/metrics/registry';
import { decimalRatio, groupedInteger, percentText } from '../harness/text/numbers';

type Formatter = (value: MetricValue) => string;

const plain: Formatter = ({ value, ratio }) =>
  ratio === undefined || ratio[1] === 0 ? groupedInteger(value) : decimalRatio(ratio[0], ratio[1], 1);

const FORMATTERS: Readonly<Record<MetricUnit, Formatter>> = {
  cycles: plain,
  bytes: plain,
  'basis points': ({ value }) => percentText(value),
  'per mille': ({ value }) => decimalRatio(value, 1000, 3),
  accesses: plain,
  instructions: plain,
  operations: plain,
  times: plain,
};

/** A metric's value without its unit, except for percentages; an empty text stands for one that does not apply. */
export function formatMetric(metric: Pick<AnyMetric, 'unit'>, value: MetricValue | null | undefined): string {
  return value ? FORMATTERS[metric.unit](value) : '';
}
