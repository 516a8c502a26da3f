import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { extname, join } from 'node:path';
import { onEnding } from '../../../traces/output/ending';
import { PACKAGE_ROOT } from '../tool-version';

/** How a process that we started ended. */
export interface Finished {
  readonly code: number;
  /** The last line that it wrote to stderr. */
  readonly lastLine: string;
}

/** Runs this program in another folder. */
export function runSelf(argv: readonly string[], folder: string): Promise<Finished> {
  const extension = extname(__filename);
  const main = join(__dirname, '..', `main${extension}`);
  const fromSources = extension === '.ts';
  return finished(
    process.execPath,
    [...(fromSources ? ['-r', join(PACKAGE_ROOT, '.ci/register.cjs')] : []), main, ...argv],
    { cwd: folder },
  );
}

/** Runs a shell command in a folder with more environment; what it prints is shown on stderr. */
export function runShell(
  command: string,
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Finished> {
  return finished(command, [], { cwd: folder, env: { ...process.env, ...environment }, shell: true });
}

const TAIL_LENGTH_MAX = 4096;

function finished(file: string, argv: readonly string[], options: SpawnOptions): Promise<Finished> {
  return new Promise((resolve, reject) => {
    // A group of its own, so that a shell's children can be ended with it.
    const child = spawn(file, argv, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const done = onEnding((signal) => endGroup(child, signal));
    let tail = '';
    child.stdout!.resume();
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-TAIL_LENGTH_MAX);
    });
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('close', (code, signal) => {
      done();
      const lines = tail.split('\n').filter((line) => line.trim() !== '');
      resolve({ code: code ?? (signal === null ? 1 : 128), lastLine: lines.at(-1) ?? '' });
    });
  });
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal);
  } catch {
    // It has ended by itself.
  }
}
