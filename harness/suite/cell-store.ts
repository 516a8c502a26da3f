import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as v from 'valibot';
import { InputError } from '../../traces/input-error';
import { measuredReplay, type MeasuredReplay } from '../metrics/measured-replay';
import { reasonOf, removeAbandoned, writeWholeFile } from '../../traces/output/whole-file';
import { makeFolder, tryFolder } from '../results/folder';

/**
 * Finished cells by key, one file each: a cache that suites share, or the journal of one run. A file appears whole or
 * not at all, and one that does not say what its name promises is left alone and counts as missing.
 */
export class CellStore {
  private constructor(
    readonly folder: string,
    private readonly warn: (line: string) => void,
  ) {}

  /**
   * Throws an `InputError` when the path cannot be a folder. Where there is none it is made for the first entry.
   *
   * @param warn is told of files that are no entries, one line each
   */
  static at(folder: string, warn: (line: string) => void): CellStore {
    try {
      tryFolder(folder);
    } catch (error) {
      throw new InputError({ where: folder, problem: reasonOf(error), expected: 'a folder to write to' });
    }
    removeAbandoned(folder);
    return new CellStore(folder, warn);
  }

  /** The replay of that key, or undefined when it is not there or not to be trusted. */
  read(key: string): MeasuredReplay | undefined {
    const file = this.fileOf(key);
    let text: string;
    try {
      text = fs.readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.warn(`${file}: ignored, ${reasonOf(error)}`);
      }
      return undefined;
    }
    const replay = parseEntry(text, key);
    if (replay === undefined) {
      this.warn(`${file}: ignored, damaged or of another version`);
    }
    return replay;
  }

  /** Throws an `InputError` when the entry cannot be written. */
  write(key: string, replay: MeasuredReplay): void {
    const body = JSON.stringify(replay);
    const entry = `${JSON.stringify({ key, sha256: sha256Of(body) })}\n${body}\n`;
    try {
      makeFolder(this.folder);
      writeWholeFile(this.fileOf(key), entry);
    } catch (error) {
      // Another process may have been writing the same entry, which is as good.
      if (!fs.existsSync(this.fileOf(key))) {
        throw error;
      }
    }
  }

  /** Removes every entry, and the folder if nothing else is in it: a run that is complete needs no journal. */
  remove(): void {
    for (const name of this.names().filter((each) => ENTRY.test(each))) {
      fs.rmSync(path.join(this.folder, name), { force: true });
    }
    try {
      fs.rmdirSync(this.folder);
    } catch {
      // It was never made, or holds what is none of ours.
    }
  }

  private names(): readonly string[] {
    return fs.existsSync(this.folder) ? fs.readdirSync(this.folder) : [];
  }

  private fileOf(key: string): string {
    return path.join(this.folder, `${key}.json`);
  }
}

const ENTRY = /^[0-9a-f]{64}\.json$/;

function parseEntry(text: string, key: string): MeasuredReplay | undefined {
  try {
    const [head = '', body = '', rest] = text.split('\n');
    const stated = JSON.parse(head) as { key?: unknown; sha256?: unknown };
    if (stated.key !== key || stated.sha256 !== sha256Of(body) || rest !== '') {
      return undefined;
    }
    const parsed = v.safeParse(measuredReplay, JSON.parse(body), { abortEarly: true });
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
