/**
 * A .zip archive of one file, streaming: its first entry that is a file, stored or deflated (APPNOTE 6.3). The central
 * directory behind it says nothing that is needed; a second file would be lost, so it is refused.
 */
import { Readable, pipeline } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { InputError } from '../input-error';

const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
const SIZES_FOLLOW = 8;
const OUTPUT_CHUNK_BYTES = 1 << 16;

export const isZip = (magic: Buffer): boolean => magic.length >= 4 && magic.readUInt32LE(0) === LOCAL_HEADER;

/** The decompressed chunks. Rejects with an `InputError` that names the archive and what it holds that is not read. */
export async function* unzipChunks(
  stored: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer, void, undefined> {
  const bytes = new Bytes(stored, name);
  for (let header = await bytes.header(); ; header = await bytes.header()) {
    if (header === undefined) {
      throw bytes.refusal('holds no file', 'one recording');
    }
    if (header.isFolder) {
      continue;
    }
    if (header.isEncrypted) {
      throw bytes.refusal('is encrypted', 'an archive without a password');
    }
    if (header.method === DEFLATED) {
      yield* inflated(bytes, name);
    } else if (header.method === STORED && header.storedBytes !== undefined) {
      yield* bytes.take(header.storedBytes);
    } else {
      throw bytes.refusal(`is packed by method ${header.method}`, 'a file that is stored or deflated');
    }
    break;
  }
  await bytes.skipDescriptor();
  if ((await bytes.header()) !== undefined) {
    throw bytes.refusal('holds more than one file', 'one recording an archive');
  }
}

interface EntryHeader {
  readonly method: number;
  readonly isFolder: boolean;
  readonly isEncrypted: boolean;
  /** Undefined where the size stands behind the data. */
  readonly storedBytes: number | undefined;
}

/** The archive's bytes, taken from the front. */
class Bytes {
  private readonly iterator: AsyncIterator<Buffer>;
  private ahead: Buffer = Buffer.alloc(0);
  /** What `rest` gave and was perhaps not used. */
  private given: { readonly end: number; readonly chunk: Buffer }[] = [];
  private taken = 0;

  constructor(
    chunks: AsyncIterable<Buffer>,
    private readonly name: string,
  ) {
    this.iterator = chunks[Symbol.asyncIterator]();
  }

  refusal(problem: string, expected: string): InputError {
    return new InputError({ where: this.name, problem: `the .zip archive ${problem}`, expected });
  }

  /** The local header that follows, taken with the entry's name; undefined if none does. */
  async header(): Promise<EntryHeader | undefined> {
    const fixed = await this.peek(LOCAL_HEADER_BYTES);
    if (fixed.length < LOCAL_HEADER_BYTES || fixed.readUInt32LE(0) !== LOCAL_HEADER) {
      return undefined;
    }
    const flags = fixed.readUInt16LE(6);
    const nameBytes = fixed.readUInt16LE(26);
    const whole = LOCAL_HEADER_BYTES + nameBytes + fixed.readUInt16LE(28);
    const header = await this.peek(whole);
    const isFolder = header[LOCAL_HEADER_BYTES + nameBytes - 1] === SLASH;
    this.drop(whole);
    return {
      method: fixed.readUInt16LE(8),
      isFolder,
      isEncrypted: (flags & ENCRYPTED) !== 0,
      storedBytes: (flags & SIZES_FOLLOW) !== 0 ? undefined : fixed.readUInt32LE(18),
    };
  }

  /** Exactly so many bytes. */
  async *take(count: number): AsyncGenerator<Buffer, void, undefined> {
    for (let left = count; left > 0;) {
      const chunk = await this.peek(1);
      if (chunk.length === 0) {
        throw this.refusal(`ends too early, at byte ${this.taken}`, 'the rest of the file');
      }
      const piece = this.ahead.subarray(0, Math.min(left, this.ahead.length));
      this.drop(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** All that is left, remembered until `used` says that it was; `giveBack` returns what never will be. */
  async *rest(used: () => number): AsyncGenerator<Buffer, void, undefined> {
    const start = this.taken;
    for (let chunk = await this.peek(1); chunk.length > 0; chunk = await this.peek(1)) {
      const all = this.ahead;
      this.drop(all.length);
      this.given.push({ end: this.taken, chunk: all });
      while (this.given.length > 0 && this.given[0]!.end <= start + used()) {
        this.given.shift();
      }
      yield all;
    }
  }

  /** Takes back what lies behind a position. */
  giveBack(position: number): void {
    const unused = this.given
      .filter(({ end }) => end > position)
      .map(({ end, chunk }) => chunk.subarray(Math.max(chunk.length - (end - position), 0)));
    this.ahead = Buffer.concat([...unused, this.ahead]);
    this.taken = position;
    this.given = [];
  }

  get position(): number {
    return this.taken;
  }

  /** Sizes and checksum behind the data, with or without their signature. */
  async skipDescriptor(): Promise<void> {
    const next = await this.peek(DESCRIPTOR_BYTES_MAX);
    for (const bytes of [0, 12, 16, 20, 24]) {
      const signature = next.length >= bytes + 4 ? next.readUInt32LE(bytes) : 0;
      if (signature !== LOCAL_HEADER && signature !== CENTRAL_HEADER) {
        continue;
      }
      this.drop(bytes);
      return;
    }
  }

  private drop(count: number): void {
    this.ahead = this.ahead.subarray(count);
    this.taken += count;
  }

  private async peek(count: number): Promise<Buffer> {
    while (this.ahead.length < count) {
      const step = await this.iterator.next();
      if (step.done === true) {
        break;
      }
      this.ahead = this.ahead.length === 0 ? step.value : Buffer.concat([this.ahead, step.value]);
    }
    return this.ahead.subarray(0, count);
  }
}

const SLASH = 0x2f;
const CENTRAL_HEADER = 0x02014b50;
const DESCRIPTOR_BYTES_MAX = 28;

async function* inflated(bytes: Bytes, name: string): AsyncGenerator<Buffer, void, undefined> {
  const start = bytes.position;
  const inflate = createInflateRaw({ chunkSize: OUTPUT_CHUNK_BYTES });
  pipeline(Readable.from(bytes.rest(() => inflate.bytesWritten)), inflate, () => undefined);
  try {
    for await (const chunk of inflate) {
      yield chunk as Buffer;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code?.startsWith('Z_') !== true) {
      throw error;
    }
    const problem = `the .zip archive is cut or corrupt behind byte ${start + inflate.bytesWritten}`;
    throw new InputError({ where: name, problem, expected: 'an undamaged file' });
  } finally {
    inflate.destroy();
  }
  bytes.giveBack(start + inflate.bytesWritten);
}
