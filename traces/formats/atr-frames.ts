import { crc32 } from 'node:zlib';
import type { ByteSource } from '../input/bytes';
import { DamagedBytes } from './atr-bytes';

/**
 * The frame around everything in an `.atr` file: kind, length, checksum, payload. A frame is read whole before a byte
 * of it is believed, so its length is bounded.
 */

/** The file's first bytes. The line ends and the end-of-text mark tell when a transfer took it for text. */
export const MAGIC = Buffer.from('ALTR\r\n\x1a\n', 'latin1');
const VERSION = 1;
/** The file's last bytes. */
const END_MAGIC = Buffer.from('\x1aRTLA\r\n\n', 'latin1');

const PRELUDE_BYTES = MAGIC.length + 4;
/** Where the index begins, its checksum, the end magic. */
const FOOTER_BYTES = 8 + 4 + END_MAGIC.length;

const FRAME_HEADER_BYTES = 9;
const PAYLOAD_BYTES_MAX = 1 << 23;

export const FRAME_KINDS = { header: 0x48, texts: 0x54, events: 0x45, index: 0x49 } as const;
export type FrameKind = keyof typeof FRAME_KINDS;

export interface Frame {
  readonly kind: FrameKind;
  /** Valid until the next frame is read. */
  readonly payload: Buffer;
  /** Where the frame begins in the (uncompressed) file. */
  readonly offset: number;
}

/** The frame as bytes of its own. */
export function frameBytes(kind: FrameKind, payload: Uint8Array): Buffer {
  if (payload.length > PAYLOAD_BYTES_MAX) {
    throw new RangeError(`a frame of ${payload.length} bytes`);
  }
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  bytes.writeUInt8(FRAME_KINDS[kind], 0);
  bytes.writeUInt32LE(payload.length, 1);
  bytes.writeUInt32LE(checksum(bytes, payload), 5);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

export function preludeBytes(): Buffer {
  const version = Buffer.alloc(4);
  version.writeUInt32LE(VERSION);
  return Buffer.concat([MAGIC, version]);
}

export function footerBytes(indexOffset: number): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES);
  bytes.writeBigUInt64LE(BigInt(indexOffset), 0);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
  bytes.set(END_MAGIC, 12);
  return bytes;
}

/** Kind and length are covered as well, so that no flipped bit goes unseen. */
function checksum(header: Buffer, payload: Uint8Array): number {
  return crc32(payload, crc32(header.subarray(0, 5)));
}

/** Reads a file frame by frame, from a pipe as well as from a disk. Throws `DamagedBytes`. */
export class FrameReader {
  private pending: Buffer = Buffer.alloc(0);
  /** Where the next byte not taken stands in the file. */
  private offset = 0;
  /** Where what is being read began: the prelude, a frame or the footer. */
  frameOffset = 0;

  constructor(readonly source: ByteSource) {}

  async prelude(): Promise<void> {
    const bytes = await this.take(PRELUDE_BYTES);
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
      throw new DamagedBytes('this is no .atr file');
    }
    const version = bytes.readUInt32LE(MAGIC.length);
    if (version !== VERSION) {
      throw new DamagedBytes(`the file is of version ${version}, not ${VERSION}`);
    }
  }

  async frame(): Promise<Frame> {
    const { offset } = this;
    this.frameOffset = offset;
    const header = Buffer.from(await this.take(FRAME_HEADER_BYTES));
    const kind = kindOf(header.readUInt8(0));
    const length = header.readUInt32LE(1);
    if (kind === undefined || length > PAYLOAD_BYTES_MAX) {
      throw new DamagedBytes('the head of a frame is damaged');
    }
    const payload = await this.take(length);
    if (checksum(header, payload) !== header.readUInt32LE(5)) {
      throw new DamagedBytes('its checksum is wrong');
    }
    return { kind, payload, offset };
  }

  /** Reads what follows the index, to the end of the file. */
  async footer(indexOffset: number): Promise<void> {
    this.frameOffset = this.offset;
    const footer = await this.take(FOOTER_BYTES);
    if (!footer.equals(footerBytes(indexOffset))) {
      throw new DamagedBytes('the end of the file is damaged');
    }
    if (this.pending.length > 0 || (await this.source.read()) !== undefined) {
      throw new DamagedBytes('something follows the end');
    }
  }

  private async take(count: number): Promise<Buffer> {
    const gathered = [this.pending];
    let bytes = this.pending.length;
    while (bytes < count) {
      const chunk = await this.source.read();
      if (chunk === undefined) {
        throw new DamagedBytes(`the file ends too early, after ${this.offset + bytes} bytes`);
      }
      gathered.push(chunk);
      bytes += chunk.length;
    }
    const all = gathered.length === 1 ? this.pending : Buffer.concat(gathered, bytes);
    this.pending = all.subarray(count);
    this.offset += count;
    return all.subarray(0, count);
  }
}

function kindOf(byte: number): FrameKind | undefined {
  const kinds = Object.keys(FRAME_KINDS) as FrameKind[];
  return kinds.find((kind) => FRAME_KINDS[kind] === byte);
}
