import * as fs from 'node:fs';
import * as path from 'node:path';
import { InputError } from '../../traces/input-error';

/**
 * Writes a whole file or nothing: into a temporary sibling that is flushed to disk and renamed, so that neither a
 * crash nor a full disk leaves half of it under its name. Throws an `InputError` when the place cannot be written.
 */
export function writeFileAtomically(file: string, content: string | Uint8Array): void {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.partial`);
  try {
    writeDurably(temporary, content);
    fs.renameSync(temporary, file);
  } catch (error) {
    removeIfThere(temporary);
    throw new InputError({ where: file, problem: reasonOf(error), expected: 'a file that can be written' });
  }
}

function writeDurably(file: string, content: string | Uint8Array): void {
  const descriptor = fs.openSync(file, 'w');
  try {
    fs.writeFileSync(descriptor, content);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function removeIfThere(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // The folder itself is missing or no folder: nothing of ours can be in it.
  }
}

/** What the operating system says, without the call and the path that Node appends. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^\w+: /, '').replace(/, \w+( '.*)?$/s, '');
}
