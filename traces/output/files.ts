/**
 * Where a trace's bytes go: a file, which appears under its name only when it is complete, or a stream.
 */
import { open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { UsageError } from '../input-error';

/** How many leftovers of processes that were killed a name may have before it is given up. */
const PARTIAL_FILES_MAX = 100;

/**
 * Writes the chunks to a file (by path) or a stream (standard output). A file is written beside its final place and
 * renamed at the end, so that a failure, also one of the chunks themselves, leaves what was there before. Devices and
 * pipes are written to directly. A stream is left open.
 *
 * Throws a `UsageError` for a path that cannot be written.
 */
export async function writeChunks(target: string | Writable, chunks: AsyncIterable<Buffer>): Promise<void> {
  if (typeof target !== 'string') await writeToStream(target, chunks);
  else if (await isRegularOrNew(target)) await writeAndRename(await finalPath(target), chunks);
  else await writeToHandle(target, await openFor(target, 'w'), chunks);
}

async function isRegularOrNew(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw unwritable(path, 'EISDIR');
    return found.isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error instanceof UsageError ? error : unwritable(path, (error as NodeJS.ErrnoException).code);
  }
}

/** Where the file really is, if it is a link: the link must stay one. */
async function finalPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function writeAndRename(path: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const partial = await openPartial(path);
  try {
    await writeToHandle(path, partial.handle, chunks);
    await rename(partial.path, path);
  } catch (error) {
    await rm(partial.path, { force: true });
    throw error;
  }
}

/** A new file beside the final one; never one that another process is writing. */
async function openPartial(path: string): Promise<{ path: string; handle: FileHandle }> {
  for (let number = 0; number < PARTIAL_FILES_MAX; number++) {
    const partial = `${path}.${number}.partial`;
    try {
      return { path: partial, handle: await open(partial, 'wx') };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw unwritable(path, code);
    }
  }
  throw new UsageError({
    where: path,
    problem: `cannot be written (${PARTIAL_FILES_MAX} unfinished files lie beside it)`,
    expected: `no ${path}.N.partial that nobody writes`,
  });
}

async function openFor(path: string, flags: string): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (error) {
    throw unwritable(path, (error as NodeJS.ErrnoException).code);
  }
}

async function writeToHandle(path: string, handle: FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      await handle.appendFile(chunk).catch((error: NodeJS.ErrnoException) => {
        throw unwritable(path, error.code);
      });
    }
  } finally {
    await handle.close();
  }
}

async function writeToStream(stream: Writable, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) {
    await new Promise<void>((resolve, reject) => {
      stream.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }
}

function unwritable(path: string, code: string | undefined): UsageError {
  const known: Record<string, string> = {
    ENOENT: 'no such folder',
    EISDIR: 'is a folder',
    EACCES: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOSPC: 'no space left',
    ENOTDIR: 'a part of its path is no folder',
  };
  return new UsageError({
    where: path,
    problem: `cannot be written (${known[code ?? ''] ?? code})`,
    expected: 'a file in a folder that exists',
  });
}
