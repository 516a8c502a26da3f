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
    const descriptor = fs.openSync(temporary, 'w');
    try {
      fs.writeFileSync(descriptor, content);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw new InputError({ where: file, problem: reasonOf(error), expected: 'a file that can be written' });
  }
}

/** What the operating system says, without the call and the path that Node appends. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^\w+: /, '').replace(/, \w+( '.*)?$/s, '');
}
