/** The memory of the vectors: 512 MiB of zeros, little-endian; what lies outside faults. */

export const BASE = 0x1000_0000n;
export const REGION_BYTES = 0x2000_0000n;

/** What ends the process: the text is what its row shows. */
export class Stop extends Error {}

/** Damage led the witness round in a circle. */
export class Unending extends Error {}

const ACCESSES_MAX = 1_000_000;
const CHUNK_BYTES = 0x1_0000;

export class Region {
  private readonly chunks = new Map<number, DataView>();
  /** Since the operation began. */
  accesses = 0;

  word(address: bigint, bytes: number): bigint {
    const offset = this.offset(address, BigInt(bytes));
    const inChunk = offset % CHUNK_BYTES;
    if (inChunk + bytes <= CHUNK_BYTES) {
      const chunk = this.chunk(offset);
      return bytes === 8 ? chunk.getBigUint64(inChunk, true) : BigInt(chunk.getUint32(inChunk, true));
    }
    return this.copy(address, BigInt(bytes)).reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);
  }

  setWord(address: bigint, bytes: number, value: bigint): void {
    const offset = this.offset(address, BigInt(bytes));
    const inChunk = offset % CHUNK_BYTES;
    if (inChunk + bytes <= CHUNK_BYTES) {
      const chunk = this.chunk(offset);
      if (bytes === 8) {
        chunk.setBigUint64(inChunk, value, true);
      } else {
        chunk.setUint32(inChunk, Number(value), true);
      }
      return;
    }
    for (let index = 0n; index < bytes; index++) {
      this.setByte(address + index, Number((value >> (8n * index)) & 0xffn));
    }
  }

  byte(address: bigint): number {
    const offset = this.offset(address, 1n);
    return this.chunk(offset).getUint8(offset % CHUNK_BYTES);
  }

  setByte(address: bigint, value: number): void {
    const offset = this.offset(address, 1n);
    this.chunk(offset).setUint8(offset % CHUNK_BYTES, value);
  }

  fill(address: bigint, bytes: bigint, value: number): void {
    this.pieces(address, bytes, (piece) => piece.fill(value));
  }

  copy(address: bigint, bytes: bigint): Uint8Array {
    const copied: Uint8Array[] = [];
    this.pieces(address, bytes, (piece) => copied.push(piece.slice()));
    return Uint8Array.from(Buffer.concat(copied));
  }

  write(address: bigint, content: Uint8Array): void {
    this.pieces(address, BigInt(content.length), (piece, at) =>
      piece.set(content.subarray(at, at + piece.length)),
    );
  }

  private pieces(address: bigint, bytes: bigint, use: (piece: Uint8Array, at: number) => void): void {
    if (bytes === 0n) {
      return;
    }
    const offset = this.offset(address, bytes);
    const end = offset + Number(bytes);
    for (let at = offset; at < end;) {
      const inChunk = at % CHUNK_BYTES;
      const length = Math.min(CHUNK_BYTES - inChunk, end - at);
      use(new Uint8Array(this.chunk(at).buffer, inChunk, length), at - offset);
      at += length;
    }
  }

  private offset(address: bigint, bytes: bigint): number {
    if (++this.accesses > ACCESSES_MAX) {
      throw new Unending();
    }
    if (address < BASE || address + bytes > BASE + REGION_BYTES) {
      throw new Stop('fault:access outside the region');
    }
    return Number(address - BASE);
  }

  private chunk(offset: number): DataView {
    const index = Math.floor(offset / CHUNK_BYTES);
    const known = this.chunks.get(index);
    if (known !== undefined) {
      return known;
    }
    const made = new DataView(new ArrayBuffer(CHUNK_BYTES));
    this.chunks.set(index, made);
    return made;
  }
}
