import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../../harness/cli/command-line';

/** What a person would have seen of a command. */
export interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, with what it prints caught. */
export function runCli(...argv: string[]): Promise<CommandRun> {
  return caught(() => runCommandLine(argv));
}

/** Runs an action that resolves to an exit code, with what it prints caught. */
export async function caught(action: () => Promise<number>): Promise<CommandRun> {
  const printed = { stdout: '', stderr: '' };
  const write = { stdout: process.stdout.write, stderr: process.stderr.write };
  const catcher = (stream: 'stdout' | 'stderr') =>
    ((text: string | Uint8Array) => {
      printed[stream] += Buffer.from(text as Uint8Array).toString();
      return true;
    }) as typeof process.stdout.write;
  process.stdout.write = catcher('stdout');
  process.stderr.write = catcher('stderr');
  try {
    return { code: await action(), ...printed };
  } finally {
    process.stdout.write = write.stdout;
    process.stderr.write = write.stderr;
  }
}

/** Runs `action` with a folder of its own, which is gone afterwards. */
export async function inFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'alloc-replay-'));
  try {
    return await action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `action` as a step of a job on GitHub Actions, whose summary is that file. */
export async function onGithub<T>(summary: string, action: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  const job = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
  Object.assign(process.env, job);
  try {
    return await action();
  } finally {
    for (const name of Object.keys(job)) {
      if (before[name] === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = before[name];
      }
    }
  }
}
