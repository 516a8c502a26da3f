import * as fs from 'node:fs';
import * as path from 'node:path';
import { PartialFile } from '../../traces/output/whole-file';

/**
 * Makes a folder and those missing above it; returns the uppermost that it made, undefined where all were there.
 * Throws what the operating system says. Node's own recursive mkdir does not: where a file system refuses new folders
 * by saying that something is missing, as /proc does, it tries again for ever.
 */
export function makeFolder(folder: string): string | undefined {
  if (isFolder(folder)) {
    return undefined;
  }
  const above = path.dirname(path.resolve(folder));
  const made = above === path.resolve(folder) ? undefined : makeFolder(above);
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(folder)) {
      throw error;
    }
  }
  return made ?? path.resolve(folder);
}

/** Throws what the operating system says unless files can be written to a folder, which is made by nobody yet. */
export function tryFolder(folder: string): void {
  let existing = path.resolve(folder);
  while (!fs.existsSync(existing) && path.dirname(existing) !== existing) {
    existing = path.dirname(existing);
  }
  PartialFile.in(existing).discard();
}

function isFolder(folder: string): boolean {
  return fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}
