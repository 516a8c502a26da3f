import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../../../traces/input-error';
import { onEnding } from '../../../traces/output/ending';
import { isWriterGone, PartialFile, reasonOf } from '../../../traces/output/whole-file';

/**
 * A file that says which process works at a place, for places where two would undo each other's work. It appears
 * whole: as a second name of a file that only its owner can have made. Of an owner that was killed nothing is waited
 * for.
 */

const ASK_AGAIN_MILLISECONDS = 100;

/**
 * Waits until nobody else claims the file, and claims it; returns what gives it back. `waiting` is told once that
 * there is somebody to wait for. Rejects with an `InputError` where no file can be made.
 */
export async function claim(file: string, waiting: () => void): Promise<() => void> {
  for (let asked = 0; ; asked++) {
    const mine = attempt(file, () => claimNow(file));
    if (mine !== undefined) {
      return mine;
    }
    if (asked === 0) {
      waiting();
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MILLISECONDS));
  }
}

function claimNow(file: string): (() => void) | undefined {
  removeAbandonedClaim(file);
  const name = PartialFile.in(dirname(file));
  try {
    name.write(Buffer.from(basename(name.path)));
    linkOrCopy(name.handOver(), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return undefined;
    }
    throw error;
  } finally {
    name.discard();
  }
  const remove = () => fs.rmSync(file, { force: true });
  const forget = onEnding(remove);
  return () => {
    remove();
    forget();
  };
}

/** Some file systems have no second names; there a claim may be seen without its owner for a moment. */
function linkOrCopy(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw error;
    }
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL);
  }
}

function removeAbandonedClaim(file: string): void {
  if (!isWriterGone(ownerOf(file))) {
    return;
  }
  // Whoever else found it abandoned may have claimed the place meanwhile: what is moved away is looked at again.
  const moved = join(dirname(file), ownerOf(file));
  try {
    fs.renameSync(file, moved);
    if (!isWriterGone(ownerOf(moved))) {
      fs.linkSync(moved, file);
    }
    fs.rmSync(moved, { force: true });
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw error;
    }
  }
}

function ownerOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function attempt<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new InputError({ where: file, problem: reasonOf(error), expected: 'a file that can be written' });
  }
}
