import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { metricNamed } from '../../harness/metrics/registry';
import { formatMetric } from '../../reports/metric-text';

test('a metric is printed in the form of its unit', () => {
  const format = (name: string, value: Parameters<typeof formatMetric>[1]) =>
    formatMetric(metricNamed(name)!, value);
  assert.is(format('free.cycles.max', { value: 3_456_789, operation: 5 }), '3,456,789');
  assert.is(format('free.cycles.mean', { value: 33, ratio: [100, 3] }), '33.3');
  assert.is(format('waste.peak', { value: 3032, ratio: [1, 3] }), '30.32 %');
  assert.is(format('pages.fragmentation-index.order3.peak', { value: -1000 }), '-1.000');
  assert.is(format('free.cycles.max', null), '');
});

test.run();
