/**
 * Files that appear under their names whole or not at all, for everything that the project writes. Bytes go to a file
 * of its own beside the final place, opened exclusively, flushed to disk and renamed: neither a crash nor a full disk
 * nor a second writer leaves half of anything. What is no file but a device, a pipe or an open descriptor is written
 * to as it is, and a link stays a link.
 *
 * A writer that was killed leaves its file behind; the name says whose it is, so that the next run can take it away.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { InputError } from '../input-error';
import { onEnding } from './ending';

/** Who writes: the host, or the container on it, and the process. Its length does not follow from the final name. */
const PARTIAL = /^\.alloc-replay-([0-9a-f]{8})-(\d+)-\d+\.partial$/;

/** A writer of another host cannot be asked whether it still runs, and numbers come round; none pauses so long. */
const ABANDONED_AFTER_MILLISECONDS = 24 * 3600 * 1000;

/** As many links as Linux itself follows. */
const LINKS_MAX = 40;

/** Where the bytes of a name go in the end. */
type Place =
  /** A regular file, or none yet: `mode` and owner are those that it has. */
  | { readonly kind: 'file'; readonly file: string; readonly existing: fs.Stats | undefined }
  /** A device, a pipe, or a descriptor that was handed to us: there is nothing to rename. */
  | { readonly kind: 'sink'; readonly file: string };

/** A file in the making. Every method throws what the operating system says. */
export class PartialFile {
  private isOpen = true;

  private constructor(
    private readonly descriptor: number,
    /** Where the bytes are until they have their name; of a device or pipe, itself. */
    readonly path: string,
    private place: Place | undefined,
    private readonly forgetEnding: () => void,
  ) {}

  /** Begins to write to a name, which keeps what it has until `commit`. */
  static at(target: string): PartialFile {
    const place = placeOf(target);
    if (place.kind === 'file') {
      return PartialFile.in(path.dirname(place.file), place);
    }
    // Appending does no harm to what others have written to an open descriptor; a pipe or device does not care.
    const descriptor = fs.openSync(place.file, fs.constants.O_WRONLY | fs.constants.O_APPEND);
    return new PartialFile(descriptor, place.file, place, () => undefined);
  }

  /** Begins a file of a folder whose name only `commit` tells. */
  static in(folder: string, place?: Place): PartialFile {
    for (let number = 0; ; number++) {
      const file = path.join(folder, `.alloc-replay-${hostId()}-${process.pid}-${number}.partial`);
      const descriptor = openExclusively(file);
      if (descriptor !== undefined) {
        return new PartialFile(
          descriptor,
          file,
          place,
          onEnding(() => fs.rmSync(file, { force: true })),
        );
      }
    }
  }

  write(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;) {
      written += fs.writeSync(this.descriptor, bytes, written);
    }
  }

  /** Gives the bytes their name. When that fails nothing of them is left. */
  commit(target?: string): void {
    try {
      const place = target === undefined ? this.place! : placeOf(target);
      this.place = place;
      if (place.kind === 'file' && this.isOpen) {
        fs.fsyncSync(this.descriptor);
      }
      this.close();
      if (place.kind === 'file') {
        keepModeAndOwner(this.path, place.existing);
        fs.renameSync(this.path, place.file);
      }
      this.forgetEnding();
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Leaves what was there before. */
  discard(): void {
    this.close();
    if (this.place?.kind !== 'sink') {
      fs.rmSync(this.path, { force: true });
    }
    this.forgetEnding();
  }

  /** Where another process may write the bytes; it is the one to flush them. */
  handOver(): string {
    this.close();
    return this.path;
  }

  private close(): void {
    if (this.isOpen) {
      this.isOpen = false;
      fs.closeSync(this.descriptor);
    }
  }
}

/** A file that is replaced stays readable to whom it was, and to no others. */
function keepModeAndOwner(file: string, existing: fs.Stats | undefined): void {
  if (existing === undefined) {
    return;
  }
  try {
    fs.chownSync(file, existing.uid, existing.gid);
  } catch {
    // Only root may give files away.
  }
  fs.chmodSync(file, existing.mode & 0o7777);
}

/** Writes a file whole or not at all. Throws an `InputError` when it cannot be written. */
export function writeWholeFile(target: string, content: string | Uint8Array): void {
  try {
    removeAbandoned(path.dirname(target));
    const file = PartialFile.at(target);
    try {
      file.write(typeof content === 'string' ? Buffer.from(content) : content);
      file.commit();
    } finally {
      file.discard();
    }
  } catch (error) {
    throw unwritable(target, error);
  }
}

/** Throws an `InputError` unless a file of this name can be written, to be asked before there is anything to write. */
export function expectWritable(target: string): void {
  try {
    tryWriting(target);
  } catch (error) {
    throw unwritable(target, error);
  }
}

/** Throws what the operating system says of a name that nothing can be written to; leaves what is there. */
export function tryWriting(target: string): void {
  const place = placeOf(target);
  if (place.kind === 'sink') {
    fs.accessSync(place.file, fs.constants.W_OK);
  } else {
    PartialFile.at(target).discard();
  }
}

const unwritable = (file: string, error: unknown): InputError =>
  new InputError({ where: file, problem: reasonOf(error), expected: 'a file that can be written' });

/** What the operating system says, without the call and the path that Node appends. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^\w+: /, '').replace(/, \w+( '.*)?$/s, '');
}

/** Takes away what writers that are gone have left in a folder; a folder that cannot be read holds nothing of ours. */
export function removeAbandoned(folder: string): void {
  let names: string[];
  try {
    names = fs.readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names) {
    const file = path.join(folder, name);
    if (isWriterGone(name) || (PARTIAL.test(name) && isOld(file))) {
      fs.rmSync(file, { force: true });
    }
  }
}

/** Whether a name is that of a partial file whose writer is known to run no more. */
export function isWriterGone(name: string): boolean {
  const [, host, pid] = PARTIAL.exec(name) ?? [];
  return pid !== undefined && host === hostId() && !isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isOld(file: string): boolean {
  const written = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return written !== undefined && written < Date.now() - ABANDONED_AFTER_MILLISECONDS;
}

/** Two containers may call a process by the same number, and one host by the same name after the next. */
function hostId(): string {
  let namespace = '';
  try {
    namespace = fs.readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has such.
  }
  return createHash('sha256').update(`${hostname()} ${namespace}`).digest('hex').slice(0, 8);
}

/** The descriptor of a new file, or undefined where one of that name is: of a process before us with our number. */
function openExclusively(file: string): number | undefined {
  try {
    return fs.openSync(file, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return undefined;
    }
    throw error;
  }
}

/** Follows links one by one, for the last may lead to a file that is still to be made. */
function placeOf(target: string): Place {
  let name = target;
  for (let links = 0; links <= LINKS_MAX; links++) {
    const folder = fs.realpathSync(path.dirname(name));
    const file = path.join(folder, path.basename(name));
    if (folder.startsWith('/proc/')) {
      return { kind: 'sink', file };
    }
    const found = fs.lstatSync(file, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() !== true) {
      return placeAt(file, found, target);
    }
    name = path.resolve(folder, fs.readlinkSync(file));
  }
  throw systemError('ELOOP', 'too many symbolic links');
}

function placeAt(file: string, found: fs.Stats | undefined, target: string): Place {
  if (found === undefined) {
    if (/[\\/]$/.test(target)) {
      throw systemError('EISDIR', 'a name that ends like that of a folder');
    }
    return { kind: 'file', file, existing: undefined };
  }
  if (found.isDirectory()) {
    throw systemError('EISDIR', 'illegal operation on a directory');
  }
  if (!found.isFile()) {
    return { kind: 'sink', file };
  }
  fs.accessSync(file, fs.constants.W_OK);
  return { kind: 'file', file, existing: found };
}

const systemError = (code: string, message: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: ${message}`), { code });
