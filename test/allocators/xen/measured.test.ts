import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareRun, measuredRuns } from './measured-rows';

/** Loads, stores and instructions per operation against callgrind counts of the compiled reference. */

const runs = measuredRuns();

test('every engine was measured', () => {
  assert.is(new Set(runs.map((run) => run.engine)).size, 6);
  assert.is(
    runs.reduce((sum, run) => sum + run.rows.length, 0),
    92,
  );
});

for (const run of runs.filter(({ live }) => live === 1000)) {
  test(`${run.engine} works like the compiled code in the ${run.storm} storm of ${run.live}`, () =>
    compareRun(run));
}

test.run();
