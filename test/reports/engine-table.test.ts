import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { OP_KINDS } from '../../harness/metrics/op-kinds';
import type { MetricName } from '../../harness/metrics/registry';
import { METRICS, type AnyMetric } from '../../harness/metrics/registry';
import { summaryCsv } from '../../reports/csv/summary';
import { engineColumns, engineRows } from '../../reports/engine-table';
import { htmlReport } from '../../reports/html/page';
import { markdownReport } from '../../reports/markdown/report';
import { terminalReport } from '../../reports/terminal';
import { measured, resultsOf } from './example-results';

const test = suite('table of engines');

const DUMMY: AnyMetric = {
  name: 'dummy.figure.max',
  unit: 'times',
  better: 'lower',
  group: '@events',
  formula: 'a figure for this test',
  column: { heading: 'dummies', shownIn: 'every report' },
};

/** With one more metric in the registry while `work` runs. */
function withDummy<Result>(work: () => Result): Result {
  const registry = METRICS as AnyMetric[];
  registry.push(DUMMY);
  try {
    return work();
  } finally {
    registry.pop();
  }
}

async function replayWithDummy(): Promise<MeasuredReplay> {
  const replay = await measured();
  return {
    ...replay,
    metrics: { ...replay.metrics, ['dummy.figure.max' as MetricName]: { value: 987_654 } },
  };
}

test('a metric appears in every report by its one object', async () => {
  const results = resultsOf(await replayWithDummy());
  withDummy(() => {
    for (const report of [terminalReport, markdownReport, htmlReport]) {
      assert.match(report(results), /dummies/i, report.name);
      assert.match(report(results), /987,654/, report.name);
    }
    assert.match(summaryCsv(results), /dummy\.figure\.max/);
    assert.match(summaryCsv(results), /987654/);
  });
});

test('columns of one unit stand together, cycles first and counts last', async () => {
  const rows = engineRows([await measured()]);
  assert.equal(
    engineColumns(rows, 'page').map(({ heading }) => heading),
    [
      ...['alloc worst', 'alloc p99.9', 'alloc median', 'free worst', 'free p99.9', 'free median'],
      ...['waste', '#4', 'holes', 'held peak', 'failed'],
    ],
  );
  assert.equal(
    engineColumns(rows, 'terminal')
      .map(({ heading }) => heading)
      .slice(6),
    ['waste', 'held peak', 'failed'],
  );
});

test('every column of the registry is shown where it says', async () => {
  const replay = await measured();
  const all = Object.fromEntries(OP_KINDS.map((kind) => [`${kind}.operations`, { value: 1 }]));
  const rows = engineRows([{ ...replay, metrics: { ...replay.metrics, ...all } }]);
  const shown = engineColumns(rows, 'page').map(({ metric }) => metric.name);
  const declared = METRICS.filter(({ column }) => column !== undefined).map(({ name }) => name);
  assert.equal([...shown].sort(), declared.sort());
});

test.run();
