import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { METRIC_GROUPS, readMetrics, type MetricDefinition } from '../../../harness/metrics/metric';
import { metricNamed, METRICS } from '../../../harness/metrics/registry';

const test = suite('metric registry');

test('names are unique, lower-case words parted by dots, and documented', () => {
  const names = METRICS.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
  for (const metric of METRICS) {
    assert.match(metric.name, /^[a-z0-9<>-]+(\.[A-Za-z0-9<>-]+)+$/);
    assert.ok(metric.formula.length > 10, metric.name);
    assert.ok(METRIC_GROUPS.includes(metric.group), metric.name);
  }
});

test('the worst case of a free is registered as cycles, the lower the better', () => {
  const metric = metricNamed('free.cycles.max')!;
  assert.equal([metric.unit, metric.better, metric.group], ['cycles', 'lower', '@latency']);
});

test('a lock’s metrics belong to their family whatever the lock is called', () => {
  assert.is(metricNamed('lock.heap.held.cycles.max')!.name, 'lock.<lock>.held.cycles.max');
  assert.is(metricNamed('lock.a.b.held.cycles.total')!.name, 'lock.<lock>.held.cycles.total');
  assert.is(metricNamed('lock..held.cycles.max'), undefined);
  assert.is(metricNamed('nonsense'), undefined);
});

test('what does not apply is null, and a family gives one value a member', () => {
  const metric = { unit: 'times', better: 'none', group: '@events', formula: '' } as const;
  const definitions: MetricDefinition<number>[] = [
    { ...metric, name: 'twice', read: (facts) => ({ value: 2 * facts }) },
    { ...metric, name: 'never', read: () => undefined },
    {
      ...metric,
      name: 'lock.<lock>.x',
      read: () => [
        { name: 'lock.b.x', value: { value: 1 } },
        { name: 'lock.a.x', value: null },
      ],
    },
  ];
  const values = readMetrics(definitions, 21);
  assert.equal(values, { twice: { value: 42 }, never: null, 'lock.b.x': { value: 1 }, 'lock.a.x': null });
  assert.equal(Object.keys(values), ['twice', 'never', 'lock.b.x', 'lock.a.x']);
});

test.run();
