import { existsSync, rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../../../traces/input-error';
import { expectWritable, PartialFile, reasonOf, removeAbandoned } from '../../../traces/output/whole-file';
import { makeFolder, tryFolder } from '../../results/folder';

/** Where a command's files go, all of them or none: each gets its name at the end. */
export class OutputFolder {
  private readonly pending: { name: string; readonly file: PartialFile }[] = [];

  /** The uppermost folder that `make` made. */
  private made: string | undefined;

  private constructor(
    readonly path: string,
    private readonly option: string,
  ) {}

  /**
   * The folder at a path, which need not be there yet: it is made with its first file, so that a command that fails
   * leaves none. Throws an `InputError` when the path is something else or nothing can be written there, or one of the
   * files that are known already cannot.
   */
  static at(path: string, option: string, files: readonly string[] = []): OutputFolder {
    if (path === '') {
      throw new InputError({ where: option, problem: 'names none', expected: 'a folder to write to' });
    }
    try {
      tryFolder(path);
    } catch {
      throw new InputError({
        where: `${option} ${path}`,
        problem: 'cannot be made a folder',
        expected: 'a folder to write to',
      });
    }
    removeAbandoned(path);
    files
      .map((name) => join(path, name))
      .filter((file) => existsSync(file))
      .forEach(expectWritable);
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

  /** Writes a file of the folder. Throws an `InputError` where the operating system refuses. */
  write(name: string, content: string | Uint8Array): void {
    this.open(name)(content);
  }

  /** Begins a file of the folder, which grows by what the function is given. */
  open(name: string): (content: string | Uint8Array) => void {
    this.make();
    return this.attempt(name, () => {
      const file = PartialFile.at(join(this.path, name));
      this.pending.push({ name, file });
      return (content) => this.attempt(name, () => file.write(Buffer.from(content as string)));
    });
  }

  /** Files that others write, where the paths say; `commit` is told their names. */
  begin(count: number): string[] {
    this.make();
    return Array.from({ length: count }, () => {
      const file = PartialFile.in(this.path);
      this.pending.push({ name: '', file });
      return file.handOver();
    });
  }

  /** Gives everything written so far its name, and what others wrote the names told here; returns the names. */
  commit(told: readonly string[] = []): readonly string[] {
    return this.pending.splice(0).map(({ name, file }, index) => {
      const own = told[index] ?? name;
      this.attempt(own, () => file.commit(join(this.path, own)));
      return own;
    });
  }

  /** Removes what was written and not committed, and the folder if it was made for that. */
  discard(): void {
    this.pending.splice(0).forEach(({ file }) => file.discard());
    if (this.made !== undefined) {
      removeEmpty(resolve(this.path), resolve(this.made));
      this.made = undefined;
    }
  }

  private attempt<T>(name: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.discard();
      const where = `${this.option} ${join(this.path, name)}`;
      throw new InputError({ where, problem: reasonOf(error), expected: 'a file that can be written' });
    }
  }
}

/** Removes a folder and those above it up to `uppermost`, as far as they are empty. */
function removeEmpty(folder: string, uppermost: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something is in it, or somebody else has removed it.
    return;
  }
  if (folder !== uppermost) {
    removeEmpty(dirname(folder), uppermost);
  }
}
