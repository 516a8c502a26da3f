import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import * as assert from 'uvu/assert';
import { inFolder } from './command';
import { CompiledCli, outputOf, TINY_CELLS, writeSuite } from './suite-runs';

/** Files that a run of the tiny suite gives their final names: its cells, results.json and six reports. */
const DURABLE_WRITES = TINY_CELLS + 7;

/**
 * Kills runs after seeded numbers of durable writes and resumes each: it must leave what an uninterrupted run leaves,
 * and nothing else.
 */
export async function killAndResume(times: number, seed: number): Promise<void> {
  const cli = new CompiledCli();
  try {
    await inFolder(async (folder) => {
      const file = writeSuite(folder);
      const whole = join(folder, 'whole');
      assert.is((await cli.run('suite', file, '--out', whole, '--workers', '2')).code, 0);
      const random = xorshift128plus(seed);
      for (let run = 0; run < times; run++) {
        const writes = uniformInt(random, 1, DURABLE_WRITES);
        const out = join(folder, `out-${run}`);
        killRun(cli, file, out, writes);
        const { code, stderr } = await cli.run('suite', file, '--out', out, '--workers', '2', '--resume');
        assert.is(code, 0, stderr);
        assert.equal(outputOf(out), outputOf(whole), `killed after ${writes} writes`);
      }
    });
  } finally {
    cli.remove();
  }
}

function killRun(cli: CompiledCli, file: string, out: string, writes: number): void {
  const killed = spawnSync(
    process.execPath,
    [
      ...['-r', join(__dirname, 'kill-after.cjs'), cli.main],
      ...['suite', file, '--out', out, '--workers', '2'],
    ],
    { env: { ...process.env, KILL_AFTER: String(writes) }, encoding: 'utf8' },
  );
  assert.is(killed.signal, 'SIGKILL', killed.stderr);
  assert.ok(readdirSync(out).length > 0);
}
