import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS, everyCommand } from '../../../harness/cli/commands/commands';
import { adversaryTraces, policyTraces, recordedTraces } from '../../../traces/shipped';
import { runCli } from './command';

const test = suite('cli: help and completion');

const EVERY_HELP = [[], ['trace'], ...everyCommand().map(({ words }) => words)];

/** The lines under `Examples:`, each without its indentation. */
async function examplesOf(command: readonly string[]): Promise<readonly string[]> {
  const { code, stdout } = await runCli(...command, '--help');
  assert.is(code, 0);
  const [, examples] = stdout.split('\nExamples:\n');
  assert.ok(examples, `${command.join(' ')} --help has no examples`);
  return examples
    .split('\n\n')[0]!
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
}

for (const command of EVERY_HELP) {
  test(`the examples of "${['alloc-replay', ...command, '--help'].join(' ')}" can be pasted into a shell`, async () => {
    for (const example of await examplesOf(command)) {
      assert.match(example, /alloc-replay/, 'a line of its own, not wrapped');
      const bare = example.replace(/"[^"]*"|'[^']*'/g, '');
      assert.not.match(bare, /[?*[\]]/, 'a pattern of file names to the shell');
      assert.not.match(bare.replaceAll('9>&1', ''), /&/, 'the end of the command to the shell');
    }
  });
}

test('an option that denies says what is not done', async () => {
  let denials = 0;
  for (const command of EVERY_HELP) {
    const { stdout } = await runCli(...command, '--help');
    for (const [line, describe] of stdout.matchAll(/^ +--no-\w+ +(.*)$/gm)) {
      assert.match(describe!, /^(Do not|Neither) /, line);
      denials++;
    }
  }
  assert.ok(denials >= 5);
});

test('help is asked for by -h too, among other words, and not behind --', async () => {
  const { stdout } = await runCli('minheap', '--help');
  assert.match(stdout, /^alloc-replay minheap <trace>\n/);
  assert.is((await runCli('minheap', 'x.csv', '-h', '-a', 'nothing')).stdout, stdout);
  assert.match((await runCli('minheap', '-a', 'xmalloc-tlsf', '--', '-h')).stderr, 'alloc-replay: -h: ');
  for (const words of [['-h'], ['--help', 'run']]) {
    assert.match((await runCli(...words)).stdout, /^alloc-replay <command>\n/);
  }
});

test('the bare name shows three commands to begin with', async () => {
  const { code, stdout, stderr } = await runCli();
  assert.equal([code, stderr], [0, '']);
  assert.is(stdout.match(/^ {2}alloc-replay \w+ /gm)!.length, 3);
  assert.ok(stdout.split('\n').every(({ length }) => length <= 100));
});

test('the version is told alone, by every usual name', async () => {
  const { stdout } = await runCli('--version');
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  for (const words of [['-V'], ['-v'], ['list', '--version'], ['trace', 'info', '-V']]) {
    assert.is((await runCli(...words)).stdout, stdout);
  }
});

const complete = async (...words: string[]): Promise<string[]> =>
  (await runCli('completion', '--complete', '--', ...words)).stdout.split('\n').slice(0, -1);

test('completion names commands, options and what they take', async () => {
  assert.equal(await complete('re'), ['reproduce']);
  assert.is((await complete('')).length, COMMANDS.length);
  assert.equal(await complete('trace', 'in'), ['info']);
  assert.equal(await complete('run', '--pl'), ['--placements']);
  assert.equal(await complete('run', '-a', 'xmalloc-tlsf-'), ['xmalloc-tlsf-2008']);
  assert.equal(await complete('run', '-a', 'vmalloc,plan9'), ['vmalloc,plan9-pool']);
  assert.equal(await complete('run', 'x.csv', '--pricing=zen4-2022'), [
    '--pricing=zen4-2022',
    '--pricing=zen4-2022@cold',
  ]);
  assert.equal(await complete('run', '-a', 'x', 'recorded:git-s'), ['recorded:git-status']);
  assert.equal(await complete('run', 'synth:half'), ['synth:half-page-storm']);
  assert.equal(await complete('suite', 'q'), ['quick']);
  assert.equal(await complete('compare', '--format', 'mark'), ['markdown']);
  assert.equal(await complete('list', 'pri'), ['pricings']);
  assert.equal(await complete('run', '--out', ''), [], 'files are the shell’s own business');
  assert.equal(await complete('no-such-command', 'x'), []);
});

test('bash completes what the program says, past its own idea of where words end', async () => {
  const { stdout: script } = await runCli('completion', 'bash');
  const typed = 'alloc-replay run recorded:git-s';
  const { stdout } = spawnSync('bash', ['-c', `${script}\n${PROGRAM}\n${COMPLETED}`], {
    encoding: 'utf8',
    env: { ...process.env, COMP_LINE: typed, COMP_POINT: String(typed.length) },
  });
  assert.is(stdout.trim(), 'git-status');
});

const PROGRAM = `alloc-replay() { "${process.execPath}" -r "${join(__dirname, '../../../.ci/register.cjs')}" "${join(__dirname, '../../../harness/cli/main.ts')}" "$@"; }`;
const COMPLETED = '_alloc_replay; printf "%s\\n" "${COMPREPLY[@]}"';

test('every shell has its script, and others are refused', async () => {
  assert.match((await runCli('completion', 'zsh')).stdout, /^#compdef alloc-replay\n/);
  assert.match((await runCli('completion', 'fish')).stdout, /^complete -c alloc-replay/m);
  const { code, stderr } = await runCli('completion', 'tcsh');
  assert.is(code, 2);
  assert.match(stderr, /"tcsh"; expected one of bash, zsh, fish/);
  assert.is((await runCli('trace', 'info', 'completion')).code, 2);
});

test('what ships is listed by names that fit a terminal, wherever it is installed', async () => {
  const { stdout } = await runCli('list');
  for (const { name } of [...recordedTraces(), ...policyTraces(), ...adversaryTraces()]) {
    assert.match(stdout, new RegExp(`^  \\w+:${name} .*$`, 'm'));
  }
  const lines = stdout.slice(stdout.indexOf('\nrecorded\n')).split('\n');
  assert.ok(
    lines.every((line) => line.length <= 80),
    lines.join('\n'),
  );
  const { stdout: where } = await runCli('list', 'recorded');
  assert.match(where, `The files lie in ${join(__dirname, '../../../traces')}, in recorded`);
});

test('synthesizers are listed with the values that their parameters take', async () => {
  const { stdout } = await runCli('list', 'synthesizers');
  assert.match(stdout, /^ {2}lifetime= .*\(1…8388608 milliseconds, default 600000\)$/m);
  assert.match(stdout, /^ {2}order= +which object dies next \(fifo \| lifo \| random, default random\)$/m);
});

test.run();
