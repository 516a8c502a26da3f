import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CELL_LIST_ENGINE } from './cell-list-engine';
import { runCli, type CommandRun } from './command';
import { inRepository } from './engine-repository';

const test = suite('cli: compare --base-ref');

const compareHead = (...argv: string[]): Promise<CommandRun> =>
  runCli('compare', '--base-ref', 'HEAD', ...argv);

test('the engine of a revision is compared with that of the working directory', () =>
  inRepository(async () => {
    const run = await compareHead('-a', './engine.js', 'trace.csv', '-p', 'flat', '--fail-on', 'any-change');
    assert.is(run.code, 3, run.stderr);
    assert.match(
      run.stdout,
      /trace +cell-list +flat +both changed\n\nHEAD \([0-9a-f]{12}\) -> working directory: /,
    );
  }));

test('an engine that the revision does not have yet is one line, and nothing stays behind', () =>
  inRepository(async (folder) => {
    writeFileSync(join(folder, 'newer.js'), CELL_LIST_ENGINE);
    const run = await compareHead('-a', './newer.js', 'trace.csv', '-p', 'flat');
    assert.is(run.code, 2);
    assert.match(run.stderr, /^alloc-replay: run at --base-ref: no file "\.\/newer\.js".* --command .*\n$/);
  }));

test('what neither side has is no question of building an engine', () =>
  inRepository(async () => {
    for (const [engine, trace] of [
      ['./engine.js', 'nowhere.csv'],
      ['./nowhere.js', 'trace.csv'],
    ] as const) {
      const run = await compareHead('-a', engine, trace, '-p', 'flat');
      assert.is(run.code, 2);
      assert.match(run.stderr, /^alloc-replay: .*nowhere.*\n$/);
      assert.not.match(run.stderr, '--command');
    }
  }));

test('an engine of this program is refused: the two sides would be one', () =>
  inRepository(async () => {
    const run = await compareHead('-a', 'xmalloc-tlsf', 'trace.csv', '-p', 'flat');
    assert.is(run.code, 2);
    assert.match(
      run.stderr,
      /^alloc-replay: --base-ref: xmalloc-tlsf: of this program, and the same on both/,
    );
  }));

test('a command says itself how results come about', () =>
  inRepository(async (folder) => {
    await runCli(
      'run',
      'trace.csv',
      '-a',
      './engine.js',
      '-p',
      'flat',
      '--out',
      join(folder, '..', '.git', 'results'),
    );
    const results = join(folder, '..', '.git', 'results', 'results.json');
    const command = `cp '${results}' "$ALLOC_REPLAY_OUT/results.json"`;
    const run = await compareHead('--command', command, '--fail-on', 'any-change');
    assert.is(run.code, 0, run.stderr);
    assert.match(run.stdout, /placements identical, costs identical/);
    const failing = await compareHead('--command', 'echo nothing to build >&2; exit 7');
    assert.is(failing.code, 2);
    assert.match(failing.stderr, /exit code 7: nothing to build; expected a command that writes/);
  }));

test('an unknown revision, and a folder outside every repository', () =>
  inRepository(async () => {
    const unknown = await runCli('compare', '--base-ref', 'nowhere', '-a', './engine.js', 'trace.csv');
    assert.is(unknown.code, 2);
    assert.match(unknown.stderr, /--base-ref: no commit "nowhere"/);
    process.chdir(tmpdir());
    const outside = await runCli('compare', '--base-ref', 'HEAD', '-a', './engine.js', 'trace.csv');
    assert.is(outside.code, 2);
    assert.match(outside.stderr, /in no git repository/);
  }));

test.run();
