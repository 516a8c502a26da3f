import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { ENGINES } from '../../../allocators/registry';
import { goldenEntries, goldenText, replayGolden } from './golden-replay';

/** Every placement of every Xen engine, operation by operation, as the real allocators chose it. */

const engines = new Set(ENGINES.map((engine) => engine.name));

for (const entry of goldenEntries()) {
  if (!engines.has(entry.stack)) continue;
  test(`${entry.stack} places ${entry.trace} like the real allocator`, () => {
    const golden = goldenText(entry);
    assert.is(createHash('sha256').update(golden).digest('hex'), entry.goldenSha256);
    const { placements, engine } = replayGolden(entry);
    assert.is(firstDifference(placements, golden), undefined);
    engine.check();
  });
}

test.run();

/** The first line in which two texts differ, with what was expected; undefined where they are equal. */
function firstDifference(actual: string, expected: string): string | undefined {
  if (actual === expected) return undefined;
  const lines = expected.split('\n');
  const index = actual.split('\n').findIndex((line, at) => line !== lines[at]);
  return `${actual.split('\n')[index]} where the golden has ${lines[index]}`;
}
