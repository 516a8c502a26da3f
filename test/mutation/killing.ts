import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { type Mutant, mutantsOf, sampleOf } from './mutants';

/** Runs test files over mutants of a source, each in a process of its own, and finds those that nothing notices. */

const ROOT = path.join(__dirname, '../..');

export interface Subject {
  readonly file: string;
  /** The test files that are to notice. */
  readonly tests: readonly string[];
}

export interface Verdict {
  readonly tried: number;
  readonly survivors: readonly Mutant[];
}

/** What takes so much more of the processor than the tests by themselves hangs, however busy the host is. */
const TIMES_LONGER = 4;
const SECONDS_MORE = 3;
/** What waits for something that never comes takes none of it. */
const WAITED_SECONDS_MAX = 600;

/** Tries at most `most` mutants of a file. Throws where the tests fail by themselves. */
export async function survivorsOf(subject: Subject, most: number, folder: string): Promise<Verdict> {
  const source = readFileSync(path.join(ROOT, subject.file), 'utf8');
  const unchanged = await tried(subject, source, folder, WAITED_SECONDS_MAX);
  if (unchanged.fails) {
    throw new Error(`${subject.tests.join(', ')}: fails without any change of ${subject.file}`);
  }
  const secondsMax = Math.ceil(TIMES_LONGER * unchanged.processorSeconds + SECONDS_MORE);
  const mutants = sampleOf(mutantsOf(subject.file, source), most);
  const survivors: Mutant[] = [];
  for (const mutant of mutants) {
    if (!(await tried(subject, mutant.source, folder, secondsMax)).fails) {
      survivors.push(mutant);
    }
  }
  return { tried: mutants.length, survivors };
}

/** Whether one of the tests fails, or never ends, with that source in the place of the file's. */
async function tried(
  { file, tests }: Subject,
  source: string,
  folder: string,
  secondsMax: number,
): Promise<{ fails: boolean; processorSeconds: number }> {
  const place = path.join(folder, 'source');
  writeFileSync(place, source);
  const worker = fork(path.join(ROOT, 'test/run-worker.js'), [], {
    cwd: ROOT,
    execPath: 'sh',
    execArgv: [
      ...['-c', `ulimit -t ${secondsMax}; exec "$@"`, 'sh', process.execPath],
      ...['-r', path.join(ROOT, '.ci/register.cjs'), '-r', path.join(__dirname, 'mutated.cjs')],
    ],
    env: { ...process.env, MUTATED_FILE: path.join(ROOT, file), MUTATED_SOURCE: place },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = once(worker, 'exit');
  const waited = setTimeout(() => worker.kill('SIGKILL'), WAITED_SECONDS_MAX * 1000);
  let fails = false;
  let processorSeconds = 0;
  let left = [...tests];
  const next = (): void => {
    const [test, ...rest] = left;
    left = rest;
    if (test === undefined || fails) {
      worker.disconnect();
    } else {
      worker.send({ file: test });
    }
  };
  worker.on('message', (message: { counts?: { failed: number }; processorSeconds: number }) => {
    if (message.counts !== undefined) {
      fails ||= message.counts.failed > 0;
      processorSeconds += message.processorSeconds;
      next();
    }
  });
  next();
  const [code] = (await ended) as [number | null];
  clearTimeout(waited);
  return { fails: fails || code !== 0, processorSeconds };
}
