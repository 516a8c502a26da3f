import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Results } from '../../../harness/results/results';
import { inFolder, runCli } from '../cli/command';

/** A real allocator that was not written for us runs with a handful of lines: wasi-libc's malloc. */

const ENGINES = path.join(__dirname, 'engines');
const ENGINE = path.join(ENGINES, 'dlmalloc.engine.yaml');

test('the glue of wasi-libc’s dlmalloc is no longer than 15 lines', () => {
  const lines = readFileSync(path.join(ENGINES, 'dlmalloc.glue.c'), 'utf8').trim().split('\n');
  assert.ok(lines.length <= 15, String(lines.length));
});

test('it runs the trace of sqlite3, and the results say what it was built from', () =>
  inFolder(async (folder) => {
    const out = path.join(folder, 'out');
    const trace = 'recorded:sqlite3-2000';
    const run = await runCli('run', trace, '-a', ENGINE, '-p', 'flat', '--verify-payload', '--out', out);
    assert.is(run.code, 0, run.stderr);
    const { replays } = JSON.parse(readFileSync(path.join(out, 'results.json'), 'utf8')) as Results;
    const { outcome, engine, operations, events } = replays[0]!;
    assert.equal(outcome, { kind: 'ok', failedAllocations: 0, firstFailureOperation: null });
    assert.is(operations, 105_875);
    assert.ok(!('misaligned' in events));
    const { build } = engine;
    assert.match(build!.moduleSha256, /^[0-9a-f]{64}$/);
    assert.match(build!.compiler, /^@yowasp\/clang \d+\./);
    assert.is(build!.abi, 'ilp32');
    assert.ok(build!.flags.includes('-O2'));
    assert.ok('dlmalloc.glue.c' in build!.sources);
    assert.ok('$alloc-replay/alloc-replay.h' in build!.sources);
  }));

for (const engine of [ENGINE, path.join(__dirname, '../../../allocators/c/tlsf.engine.yaml')]) {
  test(`${path.basename(engine)} conforms`, async () => {
    const { code, stdout } = await runCli('conformance', engine, '--runs', '4');
    assert.is(code, 0, stdout);
  });
}

test.run();
