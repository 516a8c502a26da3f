import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CELL_LIST_ENGINE, PUSHED_AT_TAIL } from './cell-list-engine';
import { inFolder, runCli, type CommandRun } from './command';

const test = suite('cli: compare --base-ref');

const ROOT = join(__dirname, '../../..');
const MAIN = join(ROOT, 'harness/cli/main.ts');

const TRACE = 'op,id,size,align\nalloc,1,100,0\nalloc,2,50,0\nfree,1,0,0\nalloc,3,30,0\n';

function git(folder: string, ...argv: string[]): string {
  const { status, stdout, stderr } = spawnSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@b', ...argv],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  assert.is(status, 0, stderr);
  return stdout;
}

/** A repository with the engine committed in a folder of its own, and changed since. */
function inRepository(action: (folder: string) => Promise<void>): Promise<void> {
  return inFolder(async (repository) => {
    const folder = join(repository, 'engines');
    mkdirSync(folder);
    mkdirSync(join(repository, 'node_modules'));
    writeFileSync(join(repository, '.gitignore'), 'node_modules\ntrace.csv\n');
    writeFileSync(join(folder, 'engine.js'), CELL_LIST_ENGINE);
    git(repository, 'init', '-q');
    git(repository, 'add', '.');
    git(repository, 'commit', '-q', '-m', 'The engine');
    writeFileSync(join(folder, 'engine.js'), PUSHED_AT_TAIL);
    writeFileSync(join(folder, 'trace.csv'), TRACE);
    const before = process.cwd();
    process.chdir(folder);
    try {
      await action(folder);
      assert.is(git(repository, 'worktree', 'list').trim().split('\n').length, 1, 'the worktree is gone');
      assert.equal(readdirSync(repository).sort(), ['.git', '.gitignore', 'engines', 'node_modules']);
    } finally {
      process.chdir(before);
    }
  });
}

const leftovers = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('alloc-replay-base-'));

async function compareHead(...argv: string[]): Promise<CommandRun> {
  const before = leftovers();
  const run = await runCli('compare', '--base-ref', 'HEAD', ...argv);
  assert.equal(
    leftovers().filter((name) => !before.includes(name)),
    [],
  );
  return run;
}

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
    const command = `mkdir -p "$ALLOC_REPLAY_OUT" && cp '${results}' "$ALLOC_REPLAY_OUT"`;
    const run = await compareHead('--command', command, '--fail-on', 'any-change');
    assert.is(run.code, 0, run.stderr);
    assert.match(run.stdout, /placements identical, costs identical/);
    const failing = await compareHead('--command', 'echo nothing to build >&2; exit 7');
    assert.is(failing.code, 2);
    assert.match(failing.stderr, /exit code 7: nothing to build; expected a command that writes/);
  }));

test('a comparison that is told to end takes its worktree and what runs in it along', () =>
  inRepository(async (folder) => {
    const [started, stopped] = ['started', 'stopped'].map((name) => join(folder, '..', '.git', name));
    const command = `trap "touch '${stopped}'; exit 1" TERM; touch '${started}'; sleep 60 & wait`;
    const child = spawn(
      process.execPath,
      [
        '-r',
        require.resolve('ts-node/register'),
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
    const running = leftovers();
    child.kill('SIGTERM');
    assert.is(await ended, 'SIGTERM');
    assert.ok(running.length > leftovers().length);
    for (let tries = 0; !existsSync(stopped!) && tries < 100; tries++) {
      await setTimeout(50);
    }
    assert.ok(existsSync(stopped!));
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
