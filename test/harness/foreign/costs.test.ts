import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as path from 'node:path';
import { loadEngine } from '../../../harness/cli/names/load-engine';
import { ORIGINALS } from '../../allocators/xen/compiled-extras';
import { measuredRows2026, replayed2026 } from '../../allocators/xen/measured-2026-rows';
import { assertCosts, assertStormCosts, twinRuns } from './costs';

/** Our engines in C do what the compiled reference was measured to do; storms of more objects: `costs.full.test.ts`. */

const runs = twinRuns().filter(({ live }) => live === 1000);

test('both engines are measured in both storms', () => {
  const names = runs.map(({ engine, storm }) => `${engine} ${storm}`);
  const engines = ['xmalloc-first-fit', 'xmalloc-tlsf'];
  assert.equal(
    names,
    engines.flatMap((engine) => [`${engine} frag`, `${engine} near`]),
  );
});

for (const run of runs) {
  test(`the twin of ${run.engine} works like the compiled code in the ${run.storm} storm of 1000`, () =>
    assertStormCosts(run));
}

const rows2026 = measuredRows2026().filter(({ engine }) => engine === 'xmalloc-tlsf');

for (const trace of ['near', 'half']) {
  test(`tlsf.c over today's page allocator works like the originals in ${trace}`, async () => {
    const rows = rows2026.filter((row) => row.trace === trace);
    assert.equal(
      rows.map(({ op }) => op),
      ['alloc', 'free'],
    );
    const engine = await replayed2026(rows[0]!, loadEngine(path.join(__dirname, 'tlsf-head.engine.yaml')));
    const model = await replayed2026(rows[0]!);
    for (const row of rows) {
      const key = `all ${row.op}`;
      assertCosts(engine.get(key)!, model.get(key)!, row, ORIGINALS, `${trace} ${row.op}`);
    }
  });
}

test.run();
