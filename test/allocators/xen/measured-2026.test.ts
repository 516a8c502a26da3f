import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compiled, ORIGINALS } from './compiled-extras';
import { measuredRows2026, replayed2026 } from './measured-2026-rows';
import { assertNear } from './measured-rows';

/** Instructions, loads and stores per operation against callgrind counts of the original page allocators. */

const OFF_MAX = 0.05;

const rows = measuredRows2026();

for (const alloc of rows.filter(({ op }) => op === 'alloc')) {
  const { engine, options, trace } = alloc;
  test(`${engine}, ${options}: ${trace} works like the original`, async () => {
    const figures = await replayed2026(alloc);
    const both = rows.filter(
      (row) => row.engine === engine && row.options === options && row.trace === trace,
    );
    assert.is(both.length, 2);
    for (const row of both) {
      const counts = figures.get(`all ${row.op}`)!;
      assert.is(counts.operations, row.count);
      for (const kind of ['loads', 'stores'] as const) {
        assertNear(compiled(counts, kind, ORIGINALS), row[kind], OFF_MAX, `${kind} of ${trace} ${row.op}`);
      }
      const instructions = counts.instructions / counts.operations;
      assertNear(instructions, row.instructions, OFF_MAX, `instructions of ${trace} ${row.op}`);
    }
  });
}

test('fifteen empty zones cost a take of today’s page allocator what was measured', async () => {
  const row = rows.find(({ options, trace }) => options === 'version=head' && trace === 'ord0')!;
  const counts = (await replayed2026({ ...row, options: 'version=head zones=16' })).get('all alloc')!;
  assertNear(counts.instructions / counts.operations, 487, OFF_MAX, 'instructions of a take');
});

test('every row was measured', () => assert.is(rows.length, 40));

test.run();
