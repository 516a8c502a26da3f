/**
 * Where a trace's bytes go: a file, which appears under its name only when it is complete, or a stream.
 */
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { UsageError } from '../input-error';
import { PartialFile, reasonOf, removeAbandoned, tryWriting } from './whole-file';

/**
 * Writes the chunks to a file (by path) or a stream (standard output). A file is written whole or not at all: a
 * failure, also one of the chunks themselves, leaves what was there before. Devices and pipes are written to directly.
 * A stream is left open.
 *
 * Throws a `UsageError` for a path that cannot be written.
 */
export async function writeChunks(target: string | Writable, chunks: AsyncIterable<Buffer>): Promise<void> {
  if (typeof target === 'string') {
    await writeToFile(target, chunks);
  } else {
    await writeToStream(target, chunks);
  }
}

/** Throws a `UsageError` for a path that cannot be written, to be asked before there is anything to write. */
export function expectWritablePath(path: string): void {
  attempt(path, () => tryWriting(path));
}

async function writeToFile(path: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  removeAbandoned(dirname(path));
  const file = attempt(path, () => PartialFile.at(path));
  try {
    for await (const chunk of chunks) {
      attempt(path, () => file.write(chunk));
      // A source may have all its events at hand; a signal is heard between two chunks.
      await new Promise(setImmediate);
    }
    attempt(path, () => file.commit());
  } finally {
    file.discard();
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw unwritable(path, error as NodeJS.ErrnoException);
  }
}

/** Whoever closes a pipe has what he wanted: what is left is not made. */
async function writeToStream(stream: Writable, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) {
    const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
      stream.write(chunk, resolve);
    });
    if (error?.code === 'EPIPE') {
      return;
    }
    if (error) {
      throw error;
    }
  }
}

function unwritable(path: string, error: NodeJS.ErrnoException): UsageError {
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
    problem: `cannot be written (${known[error.code ?? ''] ?? reasonOf(error)})`,
    expected: 'a file in a folder that exists',
  });
}
