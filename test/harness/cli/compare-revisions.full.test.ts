import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inRepository } from './engine-repository';

const test = suite('cli: compare --base-ref, interrupted');

const ROOT = join(__dirname, '../../..');
const MAIN = join(ROOT, 'harness/cli/main.ts');

test('a comparison that is told to end takes its worktree and what runs in it along', () =>
  inRepository(async (folder) => {
    const [started, stopped] = ['started', 'stopped'].map((name) => join(folder, '..', '.git', name));
    const command = `trap "touch '${stopped}'; exit 1" TERM; touch '${started}'; sleep 60 & wait`;
    const child = spawn(
      process.execPath,
      [
        '-r',
        join(__dirname, '../../../.ci/register.cjs'),
        MAIN,
        'compare',
        '--base-ref',
        'HEAD',
        '--command',
        command,
      ],
      { cwd: folder, stdio: 'ignore', env: { ...process.env, TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') } },
    );
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
    while (!existsSync(started!)) {
      await setTimeout(50);
    }
    child.kill('SIGTERM');
    assert.is(await ended, 'SIGTERM');
    for (let tries = 0; !existsSync(stopped!) && tries < 100; tries++) {
      await setTimeout(50);
    }
    assert.ok(existsSync(stopped!));
  }));

test.run();
