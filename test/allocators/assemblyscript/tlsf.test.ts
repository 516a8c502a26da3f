import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { loadEngine } from '../../../harness/cli/names/load-engine';
import type { EngineDefinition } from '../../../harness/replay/port';
import { countStorm } from '../../fidelity/storm-replay';
import { assertCosts } from '../../harness/foreign/costs';
import { REDUCTION } from '../xen/compiled-extras';
import { goldenEntries, goldenText, replayGolden } from '../xen/golden-replay';
import { measuredRuns, stormOf } from '../xen/measured-rows';

/** TLSF in AssemblyScript, built here: it places as the real allocator did, and works as the compiled one. */

const sources = path.join(__dirname, '../../../allocators/assemblyscript');
const folder = mkdtempSync(path.join(tmpdir(), 'alloc-replay-'));
const OPTIONS = ['-O3', '--converge', '--runtime', 'stub', '--noAssert', '--use', 'abort='];
/** Data lies above the null pointer's neighbourhood; locked instructions are threads' by name. */
const AS_AN_ENGINE = ['--memoryBase', '65536', '--enable', 'threads', '--debug', '--disableWarning'];

let engine: EngineDefinition;

test.before(() => {
  const module = path.join(folder, 'tlsf-as.wasm');
  const compiler = require.resolve('assemblyscript/bin/asc.js');
  const run = ['tlsf.ts', ...OPTIONS, ...AS_AN_ENGINE, '-o', path.relative(sources, module)];
  execFileSync(process.execPath, [compiler, ...run], { cwd: sources, stdio: 'pipe' });
  engine = loadEngine(module);
});

test.after(() => rmSync(folder, { recursive: true }));

for (const entry of goldenEntries().filter(({ stack }) => stack === 'xmalloc-tlsf')) {
  test(`it places ${entry.trace} like the real allocator`, async () => {
    const { placements, report } = await replayGolden(entry, {}, engine);
    assert.is(report.outcome.kind, 'ok');
    assert.ok(placements === goldenText(entry));
  });
}

for (const run of measuredRuns().filter((each) => each.engine === 'xmalloc-tlsf' && each.live === 1000)) {
  test(`it works like the compiled code in the ${run.storm} storm`, async () => {
    const model = await countStorm(stormOf(run));
    const phases = await countStorm({ ...stormOf(run), definition: engine });
    for (const row of run.rows) {
      const key = `${row.phase} ${row.op}`;
      assertCosts(phases.get(key)!, model.get(key)!, row, REDUCTION, `${row.storm} ${key}`);
    }
  });
}

test.run();
