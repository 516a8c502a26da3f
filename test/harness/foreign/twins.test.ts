import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { goldenEntries, goldenText, replayGolden } from '../../allocators/xen/golden-replay';
import { cEngine, TWINS } from './c-engine';

/** Our engines in C place every operation of the goldens as the real allocators did: a second witness of the models. */

for (const [stack, name] of TWINS) {
  for (const entry of goldenEntries().filter((each) => each.stack === stack)) {
    test(`${name}.c places ${entry.trace} like the real allocator`, async () => {
      const { placements, report, stack: replayed } = await replayGolden(entry, {}, cEngine(name));
      assert.is(report.outcome.kind, 'ok');
      assert.ok(placements === goldenText(entry), firstDifference(placements, goldenText(entry)));
      replayed.engine.check();
    });
  }
}

test.run();

function firstDifference(actual: string, expected: string): string {
  const lines = expected.split('\n');
  const index = actual.split('\n').findIndex((line, at) => line !== lines[at]);
  return `${actual.split('\n')[index]} where the golden has ${lines[index]}`;
}
