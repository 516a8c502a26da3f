import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';

const test = suite('cli: suite nightly');

const CELL_SECONDS_MAX = 5;

/** What is kept of every night. */
const FOLDER_BYTES_MAX = 15_000_000;

test('nightly ends well and small, no cell takes more than five seconds, and a cache makes it free', () =>
  inFolder(async (folder) => {
    const run = () =>
      runCli('suite', 'nightly', '--out', join(folder, 'out'), '--cache', join(folder, 'cache'));
    const { code, stdout, stderr } = await run();
    assert.is(code, 0, stderr);
    const [, seconds] = /\nThe slowest took ([\d.]+) s of processor time here: /.exec(stdout) ?? [];
    assert.ok(Number(seconds) <= CELL_SECONDS_MAX, stdout);
    const files = readdirSync(join(folder, 'out')).map((name) => statSync(join(folder, 'out', name)).size);
    const bytes = files.reduce((sum, each) => sum + each, 0);
    assert.ok(bytes <= FOLDER_BYTES_MAX, `${bytes} bytes`);
    const again = await run();
    assert.match(again.stdout, /\n(\d+) of \1 cells were known and not run again\n/);
    assert.not.match(again.stdout, 'The slowest took');
  }));

test.run();
