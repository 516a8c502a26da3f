import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../../../harness/cli/commands/commands';
import { TRACE_COMMANDS } from '../../../harness/cli/commands/trace';
import { runCli } from './command';

const test = suite('cli: help and completion');

const EVERY_COMMAND = [
  [],
  ...COMMANDS.map(({ name }) => [name]),
  ...TRACE_COMMANDS.map(({ name }) => ['trace', name]),
];

/** The lines under `Examples:`, each without its indentation. */
async function examplesOf(command: readonly string[]): Promise<readonly string[]> {
  const { code, stdout } = await printed(...command, '--help');
  assert.is(code, 0);
  const [, examples] = stdout.split('\nExamples:\n');
  assert.ok(examples, `${command.join(' ')} --help has no examples`);
  return examples
    .split('\n\n')[0]!
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
}

/** The parser prints help and completions by itself, through the console. */
async function printed(...argv: string[]): Promise<{ code: number; stdout: string }> {
  const { log } = console;
  let stdout = '';
  console.log = (text: string) => {
    stdout += `${text}\n`;
  };
  try {
    const { code, stdout: written } = await runCli(...argv);
    return { code, stdout: stdout + written };
  } finally {
    console.log = log;
  }
}

for (const command of EVERY_COMMAND) {
  test(`the examples of "${['alloc-replay', ...command, '--help'].join(' ')}" can be pasted into a shell`, async () => {
    for (const example of await examplesOf(command)) {
      assert.match(example, /alloc-replay/, 'a line of its own, not wrapped');
      const bare = example.replace(/"[^"]*"|'[^']*'/g, '');
      assert.not.match(bare, /[?*[\]]/, 'a pattern of file names to the shell');
      assert.not.match(bare.replaceAll('9>&1', ''), /&/, 'the end of the command to the shell');
    }
  });
}

test('completion names commands, and options of a command', async () => {
  const complete = async (...words: string[]) =>
    (await printed('--get-yargs-completions', 'alloc-replay', ...words)).stdout;
  assert.match(await complete('re'), /^reproduce$/m);
  assert.match(await complete('run', '--pl'), /^--placements$/m);
});

test('the completion script is printed by its command alone', async () => {
  assert.match((await printed('completion')).stdout, /--get-yargs-completions/);
  assert.is((await printed('trace', 'info', 'completion')).code, 2);
});

test('synthesizers are listed with the values that their parameters take', async () => {
  const { stdout } = await runCli('list', 'synthesizers');
  assert.match(stdout, /^ {2}lifetime= .*\(1…8388608 milliseconds, default 600000\)$/m);
  assert.match(stdout, /^ {2}order= +which object dies next \(fifo \| lifo \| random, default random\)$/m);
});

test.run();
