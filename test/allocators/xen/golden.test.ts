import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { allEngines } from '../../../allocators/registry';
import { endState } from './end-state';
import { goldenEntries, goldenText, replayGolden } from './golden-replay';

/** Every placement of every Xen engine, operation by operation, as the real allocators chose it. */

const engines = new Set(allEngines().map((engine) => engine.name));

for (const entry of goldenEntries()) {
  if (!engines.has(entry.stack)) {
    continue;
  }
  test(`${entry.stack} places ${entry.trace} like the real allocator`, async () => {
    const golden = goldenText(entry);
    assert.is(createHash('sha256').update(golden).digest('hex'), entry.goldenSha256);
    const replayed = await replayGolden(entry);
    assert.is(firstDifference(replayed.placements, golden), undefined);
    assert.is(replayed.report.outcome.kind, 'ok');
    replayed.stack.engine.check();
    assert.equal(endState(replayed, entry), entry.end);
  });
}

const onTodaysPages = [
  ['xenheap-pages', { version: 'head' }],
  ['xmalloc-tlsf', { 'page-version': 'head' }],
  ['xvmalloc', { 'page-version': 'head' }],
] as const;

for (const [stack, options] of onTodaysPages) {
  test(`${stack} places the same on today's page allocator while no idle CPU scrubs`, async () => {
    for (const entry of goldenEntries().filter((each) => each.stack === stack)) {
      const { placements, stack: replayed } = await replayGolden(entry, options);
      assert.is(firstDifference(placements, goldenText(entry)), undefined);
      replayed.engine.check();
    }
  });
}

test('the goldens of every Xen engine are there', () => {
  const stacks = new Set(goldenEntries().map((entry) => entry.stack));
  assert.is(stacks.size, 6);
  assert.is(goldenEntries().length, 35);
  assert.ok([...stacks].every((stack) => engines.has(stack)));
});

test.run();

/** The first line in which two texts differ, with what was expected; undefined where they are equal. */
function firstDifference(actual: string, expected: string): string | undefined {
  if (actual === expected) {
    return undefined;
  }
  const lines = expected.split('\n');
  const index = actual.split('\n').findIndex((line, at) => line !== lines[at]);
  return `${actual.split('\n')[index]} where the golden has ${lines[index]}`;
}
