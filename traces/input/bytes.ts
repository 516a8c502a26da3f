/**
 * Where a trace's bytes come from: a file or a stream, plain or compressed. What is compressed is told by its first
 * bytes, never by its name, so `recording.txt` may be gzip and `-` may be zstd. Everything is pulled chunk by chunk:
 * a file of any size passes through a few hundred kilobytes.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { InputError } from '../input-error';
import { gunzipChunks, isGzip } from './gzip';
import { isZip, unzipChunks } from './zip';
import { isZstd, unzstdChunks } from './zstd';

/** One read of a file; large enough that the system calls cost nothing beside the parsing. */
const FILE_CHUNK_BYTES = 1 << 18;

/** What detection of a format looks at: the first 64 KiB of the decompressed bytes. */
export const HEAD_BYTES = 1 << 16;

/** The magic numbers fit in the first four bytes. */
const MAGIC_BYTES = 4;

export type Compression = 'none' | 'gzip' | 'zip' | 'zstd';

/**
 * Opens a file (by path) or takes over a stream (standard input) as a source of decompressed bytes. `name` is what
 * errors call the input; it defaults to the path, or to `<stdin>` for a stream. The path `-` has no meaning here: who
 * owns the process hands in `process.stdin`.
 *
 * Throws an `InputError` naming the file if it cannot be read.
 */
export async function openBytes(
  specification: string | Readable,
  name: string = typeof specification === 'string' ? specification : '<stdin>',
): Promise<ByteSource> {
  const stored =
    typeof specification === 'string' ? fileChunks(specification, name) : streamChunks(specification, name);
  const magic = new ChunkReader(stored);
  try {
    const compression = compressionOf(await magic.peek(MAGIC_BYTES));
    return new ByteSource(name, compression, decompressed(compression, magic, name));
  } catch (error) {
    await magic.close();
    throw error;
  }
}

/** A pull source of chunks that can be looked into without taking anything. */
class ChunkReader {
  private readonly iterator: AsyncIterator<Buffer>;
  private ahead: Buffer[] = [];
  private started = false;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.iterator = chunks[Symbol.asyncIterator]();
  }

  /** The next chunk, never empty; undefined at the end. Rejects with an `InputError`. */
  async read(): Promise<Buffer | undefined> {
    const first = this.ahead.shift();
    return first ?? this.pull();
  }

  /** Up to `bytes` of what `read` will give next, fewer only if the input ends before. */
  async peek(bytes: number): Promise<Buffer> {
    let total = this.ahead.reduce((sum, chunk) => sum + chunk.length, 0);
    while (total < bytes) {
      const chunk = await this.pull();
      if (chunk === undefined) {
        break;
      }
      this.ahead.push(chunk);
      total += chunk.length;
    }
    if (this.ahead.length > 1) {
      this.ahead = [Buffer.concat(this.ahead, total)];
    }
    return (this.ahead[0] ?? Buffer.alloc(0)).subarray(0, bytes);
  }

  /** Releases what is behind the chunks; safe to call more than once. */
  async close(): Promise<void> {
    this.ahead = [];
    // A generator that was never started runs no `finally`, so it is started before it is ended.
    if (!this.started) {
      await this.pull().catch(() => undefined);
    }
    await this.iterator.return?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
        yield chunk;
      }
    } finally {
      await this.close();
    }
  }

  private async pull(): Promise<Buffer | undefined> {
    this.started = true;
    for (;;) {
      const step = await this.iterator.next();
      if (step.done === true) {
        return undefined;
      }
      if (step.value.length > 0) {
        return step.value;
      }
    }
  }
}

/** The decompressed bytes of one input, in chunks of at most a few hundred kilobytes. */
export class ByteSource extends ChunkReader {
  constructor(
    /** What errors call the input. */
    readonly name: string,
    readonly compression: Compression,
    chunks: AsyncIterable<Buffer>,
  ) {
    super(chunks);
  }
}

function compressionOf(magic: Buffer): Compression {
  if (isGzip(magic)) {
    return 'gzip';
  }
  if (isZip(magic)) {
    return 'zip';
  }
  return isZstd(magic) ? 'zstd' : 'none';
}

function decompressed(compression: Compression, stored: ChunkReader, name: string): AsyncIterable<Buffer> {
  if (compression === 'gzip') {
    return gunzipChunks(stored, name);
  }
  if (compression === 'zip') {
    return unzipChunks(stored, name);
  }
  return compression === 'zstd' ? unzstdChunks(stored, name) : stored;
}

async function* fileChunks(path: string, name: string): AsyncGenerator<Buffer, void, undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    for (;;) {
      const chunk = Buffer.allocUnsafe(FILE_CHUNK_BYTES);
      const { bytesRead } = await file.read(chunk, 0, FILE_CHUNK_BYTES, null);
      if (bytesRead === 0) {
        return;
      }
      yield chunk.subarray(0, bytesRead);
    }
  } catch (error) {
    throw unreadable(error, name);
  } finally {
    await file?.close();
  }
}

async function* streamChunks(stream: Readable, name: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of stream) {
      yield typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
    }
  } catch (error) {
    throw unreadable(error, name);
  }
}

function unreadable(error: unknown, name: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) {
    return error;
  }
  const known: Record<string, string> = {
    ENOENT: 'no such file',
    EISDIR: 'is a folder',
    EACCES: 'permission denied',
    ENOTDIR: 'a part of its path is no folder',
  };
  return new InputError({
    where: name,
    problem: `cannot be read (${known[code] ?? code})`,
    expected: 'a readable trace or recording',
  });
}
