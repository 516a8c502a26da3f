/**
 * Zstandard (RFC 8878), streaming, through fzstd. The frames are cut into their blocks here and handed over one block
 * at a time: a block decompresses to at most 128 KiB, so hostile input cannot make one small read explode, a frame's
 * window is refused before memory is taken for it, and damage is located by the block it lies in. fzstd looks neither
 * at checksums nor at what a block's sequences add up to, so both are verified here. Node has its own decompressor from
 * 22.15 on; one reader for every Node that is supported refuses the same files.
 */
import { Decompress } from 'fzstd';
import { InputError } from '../input-error';
import { XxHash64 } from './xxhash64';
import { SequenceLengths } from './zstd-sequences';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const CHECKSUM_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const MAGIC_AND_SIZE_BYTES = 8;
/** Magic and descriptor: with these the length of the rest of a frame header is known. */
const FRAME_HEADER_BYTES_MIN = 5;
/** Types of block; the other one, 0, is raw. */
const RUN = 1;
const COMPRESSED = 2;
const RESERVED = 3;
const BLOCK_BYTES_MAX = 1 << 17;
const WINDOW_BYTES_MIN = 1 << 10;
/**
 * Frames ask for a window of this size at most at every level of the zstd program but `--ultra` and `--long`.
 * fzstd moves the whole window for every block, so a larger one would also be very slow.
 */
const WINDOW_BYTES_MAX = 1 << 23;

export function isZstd(magic: Uint8Array): boolean {
  if (magic.length < 4) {
    return false;
  }
  const word = readUint32(magic, 0);
  return word === FRAME_MAGIC || isSkippable(word);
}

/** The decompressed chunks. Rejects with an `InputError` that names the file and the byte where it breaks. */
export async function* unzstdChunks(
  stored: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = new FrameDecoder(name);
  for await (const chunk of stored) {
    decoder.append(chunk);
    for (let piece = decoder.next(); piece !== undefined; piece = decoder.next()) {
      if (piece.length > 0) {
        yield piece;
      }
    }
  }
  decoder.end();
}

/** What the next bytes of the file are. */
type Expectation = 'frame' | 'block' | 'skipped';

class FrameDecoder {
  private waiting: Buffer = Buffer.alloc(0);
  /** Offset in the file of the first waiting byte. */
  private offset = 0;
  private expectation: Expectation = 'frame';
  private checksumBytes = 0;
  private skippedBytesLeft = 0;
  private inflater = new Decompress();
  private hash = new XxHash64();
  private sequences = new SequenceLengths();
  private output: Buffer[] = [];

  constructor(private readonly name: string) {}

  append(chunk: Buffer): void {
    this.waiting = this.waiting.length === 0 ? chunk : Buffer.concat([this.waiting, chunk]);
  }

  /** The bytes of the next block (possibly none), or undefined when more of the file is needed to tell. */
  next(): Buffer | undefined {
    switch (this.expectation) {
      case 'frame':
        return this.frame();
      case 'block':
        return this.block();
      case 'skipped':
        return this.skipped();
    }
  }

  /** Says that the file is over. */
  end(): void {
    const atFrame = this.expectation === 'frame' && this.waiting.length === 0;
    if (!atFrame) {
      this.fail('ends too early, at', this.waiting.length, 'the rest of the file');
    }
  }

  private frame(): Buffer | undefined {
    if (this.waiting.length < FRAME_HEADER_BYTES_MIN) {
      return undefined;
    }
    const magic = readUint32(this.waiting, 0);
    if (isSkippable(magic)) {
      return this.skippable();
    }
    if (magic !== FRAME_MAGIC) {
      this.fail('is corrupt at', 0, 'a Zstandard frame');
    }
    const length = frameHeaderBytes(this.waiting[4]!);
    if (this.waiting.length < length) {
      return undefined;
    }
    this.checkHeader();
    this.checksumBytes = (this.waiting[4]! & 4) !== 0 ? CHECKSUM_BYTES : 0;
    this.inflater = new Decompress((data) => {
      this.output.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    });
    this.hash = new XxHash64();
    this.sequences = new SequenceLengths();
    this.expectation = 'block';
    return this.inflate(length, false);
  }

  private checkHeader(): void {
    const descriptor = this.waiting[4]!;
    if ((descriptor & 8) !== 0) {
      this.fail('is corrupt at', 4, 'a reserved bit of 0');
    }
    if ((descriptor & 3) !== 0) {
      this.fail('needs a dictionary at', 4, 'a file compressed without one');
    }
    const windowBytes = frameWindowBytes(this.waiting);
    if (windowBytes > WINDOW_BYTES_MAX) {
      const wanted = `at most ${WINDOW_BYTES_MAX >> 20} MiB (compress without --long and --ultra, or with gzip)`;
      this.fail(`asks for a window of ${windowBytes} bytes at`, 4, wanted);
    }
  }

  private skippable(): Buffer | undefined {
    if (this.waiting.length < MAGIC_AND_SIZE_BYTES) {
      return undefined;
    }
    this.skippedBytesLeft = readUint32(this.waiting, 4);
    this.take(MAGIC_AND_SIZE_BYTES);
    this.expectation = 'skipped';
    return Buffer.alloc(0);
  }

  private skipped(): Buffer | undefined {
    const skippedBytes = Math.min(this.skippedBytesLeft, this.waiting.length);
    this.take(skippedBytes);
    this.skippedBytesLeft -= skippedBytes;
    if (this.skippedBytesLeft > 0) {
      return undefined;
    }
    this.expectation = 'frame';
    return Buffer.alloc(0);
  }

  private block(): Buffer | undefined {
    if (this.waiting.length < BLOCK_HEADER_BYTES) {
      return undefined;
    }
    const header = this.waiting[0]! | (this.waiting[1]! << 8) | (this.waiting[2]! << 16);
    const isLast = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    const bytes = header >> 3;
    if (type === RESERVED) {
      this.fail('is corrupt at', 0, 'a raw, run-length or compressed block');
    }
    if (bytes > BLOCK_BYTES_MAX) {
      this.fail('is corrupt at', 0, `a block of at most ${BLOCK_BYTES_MAX} bytes`);
    }
    const isRun = type === RUN;
    const length = BLOCK_HEADER_BYTES + (isRun ? 1 : bytes) + (isLast ? this.checksumBytes : 0);
    if (this.waiting.length < length) {
      return undefined;
    }
    if (type === COMPRESSED) {
      this.checkContent(this.waiting.subarray(BLOCK_HEADER_BYTES, BLOCK_HEADER_BYTES + bytes));
    }
    if (isLast) {
      this.expectation = 'frame';
    }
    return this.inflate(length, isLast);
  }

  private checkContent(content: Buffer): void {
    if (this.sequences.isSound(content)) {
      return;
    }
    this.fail('is corrupt in the block at', 0, `sequences that make at most ${BLOCK_BYTES_MAX} bytes`);
  }

  /** fzstd keeps what is too short to be told apart and flushes it with a frame's last block and checksum. */
  private inflate(length: number, isLast: boolean): Buffer {
    try {
      this.inflater.push(this.waiting.subarray(0, length), isLast);
    } catch (error) {
      this.fail(`is corrupt (${(error as Error).message}) in the block at`, 0, 'an undamaged file');
    }
    const output = this.output.length === 1 ? this.output[0]! : Buffer.concat(this.output);
    this.output = [];
    if (this.checksumBytes > 0) {
      this.hash.update(output);
    }
    if (isLast && this.checksumBytes > 0) {
      this.verify(length - CHECKSUM_BYTES);
    }
    this.take(length);
    return output;
  }

  /** A frame's checksum is the lower half of the hash of its content; the one stored stands so far ahead. */
  private verify(ahead: number): void {
    const stored = readUint32(this.waiting, ahead);
    const computed = Number(BigInt.asUintN(32, this.hash.digest()));
    if (stored === computed) {
      return;
    }
    const wanted = `the checksum ${computed.toString(16)}, not ${stored.toString(16)}: an undamaged file`;
    this.fail('is corrupt somewhere in the frame that ends at', ahead, wanted);
  }

  private take(bytes: number): void {
    this.waiting = this.waiting.subarray(bytes);
    this.offset += bytes;
  }

  private fail(what: string, ahead: number, expected: string): never {
    const problem = `the zstd data ${what} byte ${this.offset + ahead}`;
    throw new InputError({ where: this.name, problem, expected });
  }
}

function isSkippable(magic: number): boolean {
  return (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
}

/** Magic, descriptor, window (absent in a single segment) and content size; dictionaries are refused. */
function frameHeaderBytes(descriptor: number): number {
  return FRAME_HEADER_BYTES_MIN + (isSingleSegment(descriptor) ? 0 : 1) + contentSizeBytes(descriptor);
}

function isSingleSegment(descriptor: number): boolean {
  return (descriptor & 32) !== 0;
}

function contentSizeBytes(descriptor: number): number {
  const flag = descriptor >> 6;
  if (flag === 0) {
    return isSingleSegment(descriptor) ? 1 : 0;
  }
  return 1 << flag;
}

/** The memory that decoding takes: the window, or in a single segment the whole content. */
function frameWindowBytes(header: Uint8Array): number {
  const descriptor = header[4]!;
  if (!isSingleSegment(descriptor)) {
    const base = WINDOW_BYTES_MIN * ((1 << (header[5]! >> 3)) >>> 0);
    return base + (base / 8) * (header[5]! & 7);
  }
  const bytes = contentSizeBytes(descriptor);
  let size = 0;
  for (let i = bytes - 1; i >= 0; i--) {
    size = size * 256 + header[FRAME_HEADER_BYTES_MIN + i]!;
  }
  // Two-byte sizes start counting at 256.
  return bytes === 2 ? size + 256 : size;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
