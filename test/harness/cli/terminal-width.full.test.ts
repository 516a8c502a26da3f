import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';
import { writeSuite } from './suite-runs';

/** What commands print on a terminal, a pseudo one: in columns of any width nothing is wider than it. */
const test = suite('cli: terminals');

const ROOT = join(__dirname, '../../..');
const STORM = 'synth:half-page-storm?live=60&ops=40';
const RECORDED = 'recorded:sort-words';
const C_ENGINE = join(ROOT, 'allocators/c/first-fit.engine.yaml');

/** Every command with a table or prose; `DIR` is a folder with results, a history and a suite. */
const COMMANDS: readonly (readonly string[])[] = [
  [],
  ['--help'],
  ['trace', '--help'],
  ['run', '--help'],
  ['list'],
  ...['allocators', 'pricings', 'synthesizers', 'formats', 'metrics', 'recorded'].map((what) => [
    'list',
    what,
  ]),
  ['run', STORM, '-a', 'xmalloc-first-fit,xmalloc-tlsf,plan9-pool', '-p', 'zen4-2022,zen4-2022@cold'],
  ['run', RECORDED, '-a', C_ENGINE, '--heap-pages', '4096'],
  ['explain', STORM, '-a', 'xmalloc-first-fit', '--worst', '2', '--against', 'plan9-pool,xmalloc-tlsf'],
  ['explain', STORM, '-a', 'xmalloc-tlsf', '--all'],
  ['explain', STORM, '-a', C_ENGINE, '--against', 'none'],
  ['explain', STORM, '-a', C_ENGINE, '--all'],
  ['compare', '--engines', 'xmalloc-first-fit', 'xmalloc-tlsf', STORM],
  ['compare', 'DIR/one/results.json', 'DIR/other/results.json', '--allow-missing'],
  ['trend', 'DIR/history.csv'],
  ['suite', 'DIR/tiny.suite.yaml', '--workers', '1', '--out', 'DIR/suite'],
  ['minheap', STORM, '-a', 'xmalloc-first-fit,xmalloc-tlsf'],
  ['price', join(ROOT, 'traces/addresses/example.addresses')],
  ['audit', RECORDED],
  ['audit', 'policy:violator-1-domid-to-name', '--generation', '1'],
  ['advise', 'synth:domain-lifecycle?seconds=2', '--heap-pages', '4096', '-p', 'flat'],
  ['conformance', 'xmalloc-tlsf', '--runs', '2'],
  ['engine', 'check', C_ENGINE],
  ['trace', 'info', RECORDED],
  ['trace', 'info', STORM],
  ['trace', 'head', RECORDED],
  ['trace', 'validate', RECORDED],
];

/** A shell's words for `script`, which hands its command to one. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** The screens of the commands in a terminal of so many columns. */
function screens(columns: number, commands: readonly (readonly string[])[], environment = {}): string[] {
  const node = [
    process.execPath,
    '-r',
    join(ROOT, '.ci/register.cjs'),
    join(__dirname, 'terminal-commands.ts'),
  ];
  const command = [...node, JSON.stringify(commands)].map(quoted).join(' ');
  // The terminal alone says what it can.
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const { stdout } = spawnSync('script', ['-qec', `stty cols ${columns} rows 50; ${command}`, '/dev/null'], {
    ...{ encoding: 'utf8', input: '', maxBuffer: 1 << 26, cwd: ROOT },
    env: { ...inherited, TS_NODE_PROJECT: join(ROOT, 'tsconfig.json'), ...environment },
  });
  return stdout.replace(/\r\n/g, '\n').split(/^=== /m).slice(1);
}

/** What is left standing of a line: a bar of progress is taken back before the line that stays. */
const standing = (line: string): string =>
  line
    .split('\r')
    .at(-1)!
    .replace(/^.*\u001b\[(?:0G|1G|K|0?J)/, '')
    .replace(/\u001b(?:\[[\d;?]*[A-Za-z]|[78])/g, '');

for (const columns of [80, 100, 160]) {
  test(`no line of any command is wider than ${columns} columns`, () =>
    inFolder(async (folder) => {
      await prepare(folder);
      const commands = COMMANDS.map((words) => words.map((word) => word.replace('DIR', folder)));
      const all = screens(columns, commands);
      assert.is(all.length, commands.length);
      for (const screen of all) {
        const [words, ...lines] = screen.split('\n');
        const shown = lines.map(standing).filter((line) => line !== '');
        assert.ok(shown.length >= 1 && !/internal error|expected /.test(screen), `${words}\n${screen}`);
        const wide = shown.filter((line) => [...line].length > columns);
        assert.equal(wide, [], words);
      }
    }));
}

test('the worst is marked where there are colours, and NO_COLOR is heeded', () => {
  const run = [['run', STORM, '-a', 'xmalloc-first-fit,xmalloc-tlsf', '-p', 'flat']];
  const colours = { TERM: 'xterm-256color' };
  const [marked] = screens(100, run, colours);
  const [plain] = screens(100, run, { ...colours, NO_COLOR: '1' });
  assert.match(marked!, '\u001b[1;31m');
  assert.not.match(plain!, '\u001b[1;31m');
});

test('on a terminal percentiles are drawn too', () => {
  const [screen] = screens(160, [['run', STORM, '-a', 'xmalloc-first-fit,xmalloc-tlsf', '-p', 'flat']]);
  const [first, other] = screen!.split('\n').filter((line) => /xmalloc-\S+ .*[▁-█]{6} .*[▁-█]{6}/.test(line));
  assert.match(first!, 'xmalloc-first-fit');
  assert.match(other!, 'xmalloc-tlsf');
});

/** Results, a history and a suite to be read by the commands. */
async function prepare(folder: string): Promise<void> {
  writeSuite(folder);
  for (const [name, engine] of [
    ['one', 'xmalloc-first-fit'],
    ['other', 'xmalloc-tlsf'],
  ] as const) {
    const history = ['--append', join(folder, 'history.csv')];
    const run = await runCli(
      'run',
      STORM,
      '-a',
      engine,
      '-p',
      'flat',
      '--out',
      join(folder, name),
      ...history,
    );
    assert.is(run.code, 0, run.stderr);
  }
}

if (existsSync('/usr/bin/script')) {
  test.run();
} else {
  process.stdout.write('skipped: no `script` to make a pseudo terminal with (util-linux)\n');
  suite('cli: terminals').run();
}
