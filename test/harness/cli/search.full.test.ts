import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder } from './command';

const test = suite('cli: search, killed, interrupted and on many workers');

const ROOT = join(__dirname, '../../..');
const EVALUATIONS = '1500';
const SEARCH = [
  ...['search', '-a', 'textbook-first-fit', '--maximize', 'search.steps.max', '--no-shrink'],
  ...[
    '--events',
    '300',
    '--live-bytes',
    '100000',
    '--heap-pages',
    '256',
    '-p',
    'flat',
    '--evaluations',
    EVALUATIONS,
  ],
  ...['--start', 'synth:churn?live=50&ops=100'],
];

const start = (...words: readonly string[]): ChildProcess =>
  spawn(
    process.execPath,
    ['-r', join(ROOT, '.ci/register.cjs'), join(ROOT, 'harness/cli/main.ts'), ...words],
    {
      stdio: 'ignore',
    },
  );

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.on('exit', (code) => resolve(code)));

const found = (folder: string): string[] =>
  ['search.json', 'worst.csv'].map((name) => readFileSync(join(folder, name), 'utf8'));

/** Waits until a search has something to go on from. */
async function begun(folder: string): Promise<void> {
  while (!existsSync(join(folder, 'search.json'))) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('1, 2 and 4 workers find the same bytes; so does one that was killed twice', () =>
  inFolder(async (folder) => {
    const results: string[][] = [];
    for (const workers of ['1', '2', '4']) {
      const out = join(folder, workers);
      assert.is(await ended(start(...SEARCH, '--out', out, '--workers', workers)), 0);
      results.push(found(out));
    }
    assert.equal(results[1], results[0]);
    assert.equal(results[2], results[0]);
    const out = join(folder, 'killed');
    const words = [...SEARCH, '--out', out, '--resume', '--workers'];
    for (const workers of ['1', '2']) {
      const child = start(...words, workers);
      await begun(out);
      await new Promise((resolve) => setTimeout(resolve, 400));
      child.kill('SIGKILL');
      await ended(child);
    }
    assert.is(await ended(start(...words, '1')), 0);
    assert.equal(found(out), results[0]);
  }));

test('Ctrl-C keeps the best so far, and says that it was no failure', () =>
  inFolder(async (folder) => {
    const out = join(folder, 'stopped');
    const longer = SEARCH.map((word) => (word === EVALUATIONS ? '100000' : word));
    const child = start(...longer, '--out', out, '--workers', '2');
    await begun(out);
    child.kill('SIGINT');
    assert.is(await ended(child), 130);
    assert.ok(existsSync(join(out, 'worst.csv')));
  }));

test.run();
