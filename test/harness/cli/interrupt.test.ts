import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder } from './command';

const test = suite('cli: Ctrl-C');

const MAIN = join(__dirname, '../../../harness/cli/main.ts');

/** Starts the program, interrupts it when it has written something to stderr, and waits for its end. */
function interrupted(
  argv: readonly string[],
  cwd: string,
  preload: string,
): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['-r', join(__dirname, '../../../.ci/register.cjs'), '-r', preload, MAIN, ...argv],
      {
        cwd,
        env: { ...process.env, TS_NODE_PROJECT: join(__dirname, '../../../tsconfig.json') },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr === '') {
        child.kill('SIGINT');
      }
      stderr += text;
    });
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

const LONG = ['synth:churn?live=2000&ops=2000000', '-a', 'textbook-first-fit', '-p', 'flat'];

for (const argv of [
  ['run', ...LONG],
  ['explain', ...LONG],
]) {
  test(`gives the terminal of ${argv[0]} back its cursor and its wrapping, and ends as shells expect`, () =>
    inFolder(async (folder) => {
      const { code, stderr } = await interrupted(argv, folder, join(__dirname, 'terminal.cjs'));
      assert.is(code, 130, stderr);
      assert.match(stderr, '\u{1b}[?25l', 'the bar hides the cursor');
      assert.ok(
        stderr.lastIndexOf('\u{1b}[?25h') > stderr.lastIndexOf('\u{1b}[?25l'),
        'and shows it at the end',
      );
      assert.ok(stderr.lastIndexOf('\u{1b}[?7h') > stderr.lastIndexOf('\u{1b}[?7l'));
    }));
}

test.run();
