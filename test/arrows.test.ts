import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Linter } from 'eslint';
import * as path from 'node:path';
import { arrows, refusal, rule } from '../.ci/eslint/arrows.js';
import { findCircle } from './import-graph';

test('the table of arrows has no circle', () => {
  const graph = new Map<string, Set<string>>();
  for (const [zone, allowed] of Object.entries(arrows)) {
    graph.set(zone, new Set(allowed === 'all' ? [] : allowed));
  }
  assert.is(findCircle(graph)?.join(' -> '), undefined);
});

test('the arrows of the design are allowed', () => {
  assert.is(refusal('allocators/xen/tlsf.ts', 'harness/replay/port'), undefined);
  assert.is(refusal('allocators/registry.ts', 'allocators/xen/tlsf'), undefined);
  assert.is(refusal('harness/suite/matrix.ts', 'harness/results/results'), undefined);
  assert.is(refusal('harness/replay/replay.ts', 'traces/trace'), undefined);
  assert.is(refusal('harness/cli/main.ts', 'traces/importers/registry'), undefined);
  assert.is(refusal('traces/formats/csv.ts', 'traces/input-error'), undefined);
  assert.is(refusal('reports/explain/refusal-text.ts', 'traces/ground/integers'), undefined);
  assert.is(refusal('reports/csv.ts', 'harness/results/results'), undefined);
  assert.is(refusal('test/x.test.ts', 'harness/cli/main'), undefined);
});

test('everything else is refused with the reason', () => {
  const refused = (from: string, to: string) => assert.type(refusal(from, to), 'string', `${from} -> ${to}`);
  refused('harness/replay/replay.ts', 'traces/read');
  refused('harness/replay/replay.ts', 'harness/pricing/caches');
  refused('harness/machine/machine.ts', 'harness/replay/port');
  refused('harness/compare/compare.ts', 'harness/suite/matrix');
  refused('harness/suite/matrix.ts', 'allocators/registry');
  refused('harness/suite/matrix.ts', 'harness');
  refused('allocators/xen/tlsf.ts', 'harness/pricing/caches');
  refused('allocators/xen/tlsf.ts', 'harness/cli/main');
  refused('traces/formats/csv.ts', 'harness/machine/machine');
  refused('reports/csv.ts', 'harness/replay/replay');
  refused('harness/somewhere-new/x.ts', 'harness/machine/machine');
  refused('traces/read.ts', '../elsewhere');
});

test('the rule sees every way to import', () => {
  const linter = new Linter();
  const filename = path.join(__dirname, '..', 'traces', 'read.js');
  const config = {
    plugins: { house: { rules: { arrows: rule } } },
    rules: { 'house/arrows': 'error' as const },
  };
  for (const code of [
    "import { a } from '../harness/machine/a';",
    "export { a } from '../harness/machine/a';",
    "export * from '../harness/machine/a';",
    "import('../harness/machine/a');",
    "require('../harness/machine/a');",
    "require.resolve('../harness/machine/a');",
  ]) {
    const found = linter.verify(code, { files: ['**'], ...config }, { filename });
    assert.equal(
      found.map((message) => message.ruleId),
      ['house/arrows'],
      code,
    );
  }
  assert.equal(linter.verify("import { a } from './trace';", { files: ['**'], ...config }, { filename }), []);
});

test.run();
