import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import * as assert from 'uvu/assert';
import { inFolder } from './command';
import { CompiledCli } from './compiled-cli';
import { outputOf, writeSuite } from './suite-runs';

/** Commands that a signal ends at any moment: what is left of processes and files, and what comes of the next run. */

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const;

/** Nothing lives on longer; asked so often, however slowly a busy host answers. */
const LIVES_ON_MILLISECONDS = 2000;
const ASKED = 20;

const TRACES = ['synth:churn?live=500&ops=8000', 'synth:churn?live=400&ops=8000&seed=2'];

/** What runs in a folder, the same each time. */
type Line = (folder: string, isAgain: boolean) => readonly string[];

const LINES: Readonly<Record<string, Line>> = {
  run: (folder) => [
    ...['run', ...TRACES, '-a', 'xmalloc-tlsf,textbook-first-fit', '-p', 'flat', '--workers', '2'],
    ...['--placements', join(folder, 'out'), '--out', join(folder, 'out')],
  ],
  suite: (folder, isAgain) => [
    ...['suite', writeSuite(folder), '--out', join(folder, 'out'), '--workers', '2'],
    ...(isAgain ? ['--resume'] : []),
  ],
  'trace synth': (folder) => [
    ...['trace', 'synth', 'synth:churn?live=500&ops=80000', '-o', join(folder, 'out', 'x.csv.gz')],
  ],
};

/** Ends commands with signals at seeded moments, and runs each again. */
export async function endAndRunAgain(seed: number, moments: number): Promise<void> {
  const cli = new CompiledCli();
  try {
    const random = xorshift128plus(seed);
    const uninterrupted = new Map<string, { output: Record<string, string>; milliseconds: number }>();
    for (let moment = 0; moment < moments; moment++) {
      const [name, line] = Object.entries(LINES)[moment % Object.keys(LINES).length]!;
      const whole = uninterrupted.get(name) ?? (await inFolder((folder) => wholeRun(cli, folder, line)));
      uninterrupted.set(name, whole);
      const signal = SIGNALS[uniformInt(random, 0, SIGNALS.length - 1)]!;
      const after = uniformInt(random, 0, whole.milliseconds);
      await inFolder(async (folder) => {
        const what = `${name}, ${signal} after ${after} of ${whole.milliseconds} ms, seed ${seed}`;
        mkdirSync(join(folder, 'out'));
        await ended(cli, line(folder, false), signal, after);
        assert.equal(await stillRunning(cli), [], what);
        const { code, stderr } = await cli.run(...line(folder, true));
        assert.is(code, 0, `${what}: ${stderr}`);
        assert.equal(outputOf(join(folder, 'out')), whole.output, what);
      });
    }
  } finally {
    cli.remove();
  }
}

async function wholeRun(cli: CompiledCli, folder: string, line: Line) {
  mkdirSync(join(folder, 'out'));
  const started = process.hrtime.bigint();
  const child = spawn(process.execPath, [cli.main, ...line(folder, false)], { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.is(code, 0);
  const milliseconds = Number((process.hrtime.bigint() - started) / 1_000_000n);
  return { output: outputOf(join(folder, 'out')), milliseconds };
}

async function ended(
  cli: CompiledCli,
  line: readonly string[],
  signal: NodeJS.Signals,
  afterMilliseconds: number,
): Promise<void> {
  const child = spawn(process.execPath, [cli.main, ...line], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  await new Promise((resolve) => setTimeout(resolve, afterMilliseconds));
  child.kill(signal);
  await exit;
}

/** The processes that run the program from the folder of this test, once none has been given time to end. */
async function stillRunning(cli: CompiledCli): Promise<string[]> {
  let found = processesOf(cli);
  for (let asked = 0; asked < ASKED && found.length > 0; asked++) {
    await new Promise((resolve) => setTimeout(resolve, LIVES_ON_MILLISECONDS / ASKED));
    found = processesOf(cli);
  }
  return found;
}

function processesOf(cli: CompiledCli): string[] {
  const folder = join(cli.main, '..');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLineOf(pid))
    .filter((command) => command.includes(folder));
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
