import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';
import { COMMAND_LINE, outputOf, writeSuite } from './suite-runs';

/** Beside its cells, what a run gives its final name: results.json and six reports. */
const REPORTS = 7;

export interface KilledSuite {
  readonly suite: 'tiny' | 'quick';
  readonly cells: number;
  readonly times: number;
  readonly seed: number;
}

/**
 * Kills runs after seeded numbers of durable writes and resumes each: it must leave what an uninterrupted run leaves,
 * and nothing else.
 */
export async function killAndResume({ suite, cells, times, seed }: KilledSuite): Promise<void> {
  await inFolder(async (folder) => {
    const file = suite === 'tiny' ? writeSuite(folder) : suite;
    const whole = join(folder, 'whole');
    assert.is((await runCli('suite', file, '--out', whole, '--workers', '2')).code, 0);
    const random = xorshift128plus(seed);
    for (let run = 0; run < times; run++) {
      const writes = uniformInt(random, 1, cells + REPORTS);
      const out = join(folder, `out-${run}`);
      killRun(file, out, writes);
      const { code, stderr } = await runCli('suite', file, '--out', out, '--workers', '2', '--resume');
      assert.is(code, 0, stderr);
      assert.equal(outputOf(out), outputOf(whole), `killed after ${writes} writes`);
    }
  });
}

function killRun(file: string, out: string, writes: number): void {
  const killed = spawnSync(
    process.execPath,
    [
      ...['-r', join(__dirname, 'kill-after.cjs'), ...COMMAND_LINE],
      ...['suite', file, '--out', out, '--workers', '2'],
    ],
    { env: { ...process.env, KILL_AFTER: String(writes) }, encoding: 'utf8' },
  );
  assert.is(killed.signal, 'SIGKILL', killed.stderr);
  assert.ok(readdirSync(out).length > 0);
}
