import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRegistries } from '../../../../harness/cli/names/registries';
import { metricsByName } from '../../../../harness/metrics/registry';
import { runCell } from '../../../../harness/results/cell';
import { WORST_CASES } from '../../../../harness/studies/search/worst-cases';
import { adversaryTraces } from '../../../../traces/shipped';

const test = suite('search: worst cases that ship');

test('each trace in the folder is in the list, once', () => {
  assert.equal(
    adversaryTraces().map(({ name }) => name),
    WORST_CASES.map(({ trace }) => trace).sort(),
  );
});

for (const { engine, metric, value, events, trace, pricing, heapPages } of WORST_CASES) {
  test(`${engine} comes to ${metric} = ${value} on ${trace}`, async () => {
    const replay = await runCell(
      {
        trace: { specification: `adversaries:${trace}` },
        engine,
        options: {},
        pricings: [pricing],
        heapPages,
        virtualPages: 1 << 24,
        survey: false,
        pictures: false,
      },
      createRegistries(),
    );
    const values = { ...metricsByName(replay.metrics), ...metricsByName(replay.pricings[0]!.metrics) };
    assert.is(values[metric]!.value, value);
    assert.is(replay.trace.events, events);
  });
}

test.run();
