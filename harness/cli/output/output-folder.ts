import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../../../traces/input-error';
import { reasonOf } from '../../results/atomic-file';
import { makeFolder } from '../../results/folder';

/**
 * Where a command's files go. Each file is written whole to a temporary sibling and renamed at the end, so that an
 * interrupted or failing command leaves either the old file or the new one, never a half.
 */
export class OutputFolder {
  private readonly pending: { name: string; temporary: string; final: string }[] = [];

  /** The uppermost folder that `make` made. */
  private made: string | undefined;

  private constructor(
    readonly path: string,
    private readonly option: string,
  ) {}

  /**
   * The folder at a path, which need not be there yet: it is made with its first file, so that a command that fails
   * leaves none. Throws an `InputError` when the path is something else or nothing can be written there.
   */
  static at(path: string, option: string): OutputFolder {
    if (path === '') {
      throw new InputError({ where: option, problem: 'names none', expected: 'a folder to write to' });
    }
    try {
      const existing = existingPath(path);
      accessSync(existing, constants.W_OK);
      if (!statSync(existing).isDirectory()) {
        throw new Error('not a folder');
      }
    } catch {
      throw new InputError({
        where: `${option} ${path}`,
        problem: 'cannot be made a folder',
        expected: 'a folder to write to',
      });
    }
    return new OutputFolder(path, option);
  }

  /** Makes the folder where there is none. Throws an `InputError` where the operating system refuses. */
  make(): void {
    try {
      this.made ??= makeFolder(this.path);
    } catch (error) {
      const where = `${this.option} ${this.path}`;
      throw new InputError({ where, problem: reasonOf(error), expected: 'a folder to write to' });
    }
  }

  /** Writes a file of the folder. */
  write(name: string, content: string | Uint8Array): void {
    const { temporary } = this.stage(name);
    writeFileSync(temporary, content);
  }

  /** Renames everything written so far to its final name; returns the names. */
  commit(): readonly string[] {
    const names = this.pending.map(({ name, temporary, final }) => {
      renameSync(temporary, final);
      return name;
    });
    this.pending.length = 0;
    return names;
  }

  /** Removes what was written and not committed, and the folder if it was made for that. */
  discard(): void {
    for (const { temporary } of this.pending) {
      rmSync(temporary, { force: true });
    }
    this.pending.length = 0;
    if (this.made !== undefined) {
      removeEmpty(resolve(this.path), resolve(this.made));
      this.made = undefined;
    }
  }

  private stage(name: string): { temporary: string } {
    this.make();
    const final = resolve(this.path, name);
    removeAbandoned(final);
    const temporary = join(dirname(final), `.${basename(final)}.${process.pid}.partial`);
    this.pending.push({ name, temporary, final });
    return { temporary };
  }
}

/** The path, or the nearest above it that exists. */
function existingPath(path: string): string {
  let existing = resolve(path);
  while (!existsSync(existing) && dirname(existing) !== existing) {
    existing = dirname(existing);
  }
  return existing;
}

/** Removes a folder and those above it up to `uppermost`, as far as they are empty. */
function removeEmpty(folder: string, uppermost: string): void {
  if (readdirSync(folder).length === 0) {
    rmdirSync(folder);
    if (folder !== uppermost) {
      removeEmpty(dirname(folder), uppermost);
    }
  }
}

/** Removes what processes that were killed while they wrote this file have left of it. */
function removeAbandoned(final: string): void {
  const prefix = `.${basename(final)}.`;
  for (const name of readdirSync(dirname(final))) {
    const [, pid] = /^(\d+)\.partial$/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : '') ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) {
      rmSync(join(dirname(final), name), { force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
