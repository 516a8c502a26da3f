import { MalformedModule } from './malformed-module';

/** 2^(7 n): a shift would overflow in the fifth byte. */
const TWO_TO = [1, 0x80, 0x4000, 0x20_0000, 0x1000_0000] as const;

/** Reads the primitives of the WebAssembly binary format: LEB128 integers, names, vectors of bytes. */
export class ByteReader {
  constructor(
    readonly bytes: Uint8Array,
    public position = 0,
    readonly end = bytes.length,
  ) {}

  get isAtEnd(): boolean {
    return this.position >= this.end;
  }

  /** Throws a `MalformedModule` at the end of the bytes, as every verb here does. */
  byte(): number {
    if (this.position >= this.end) {
      throw new MalformedModule(`ends in the middle, at byte ${this.position}`);
    }
    return this.bytes[this.position++]!;
  }

  /** An unsigned LEB128 integer below 2^32. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * TWO_TO[shift / 7]!;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) {
          break;
        }
        return value;
      }
    }
    throw new MalformedModule(`has an integer of more than 32 bits at byte ${this.position}`);
  }

  /** An unsigned LEB128 integer of at most 64 bits. */
  u64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    throw new MalformedModule(`has an integer of more than 64 bits at byte ${this.position}`);
  }

  /** A signed LEB128 integer of at most 64 bits. */
  signed(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return BigInt.asIntN(Number(shift) + 7, value);
      }
    }
    throw new MalformedModule(`has an integer of more than 64 bits at byte ${this.position}`);
  }

  take(count: number): Uint8Array {
    if (count > this.end - this.position) {
      throw new MalformedModule(`ends in the middle: ${count} bytes are announced at byte ${this.position}`);
    }
    this.position += count;
    return this.bytes.subarray(this.position - count, this.position);
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.u32()));
  }

  /** A reader over the next `count` bytes, which this one skips. */
  part(count: number): ByteReader {
    const start = this.position;
    this.take(count);
    return new ByteReader(this.bytes, start, this.position);
  }

  /** Reads `count` (announced first) of what `read` reads; the announced number cannot exceed the bytes left. */
  vector<T>(read: () => T): T[] {
    const count = this.u32();
    if (count > this.end - this.position) {
      throw new MalformedModule(
        `announces ${count} elements at byte ${this.position}, more than there are bytes`,
      );
    }
    return Array.from({ length: count }, read);
  }
}

/** Writes them. The buffer doubles as it fills. */
export class ByteWriter {
  private buffer: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  length = 0;

  byte(value: number): this {
    if (this.length === this.buffer.length) {
      this.grow(this.length + 1);
    }
    this.buffer[this.length++] = value;
    return this;
  }

  bytes(values: ArrayLike<number>): this {
    this.grow(this.length + values.length);
    this.buffer.set(values, this.length);
    this.length += values.length;
    return this;
  }

  /** An unsigned integer below 2^53, as LEB128. */
  unsigned(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.byte(rest);
  }

  signed(value: bigint): this {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)) {
        return this.byte(low);
      }
      this.byte(low | 0x80);
    }
  }

  /** A signed 32-bit integer, the operand of `i32.const`. */
  signed32(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)) {
        return this.byte(low);
      }
      this.byte(low | 0x80);
    }
  }

  name(text: string): this {
    const encoded = new TextEncoder().encode(text);
    return this.unsigned(encoded.length).bytes(encoded);
  }

  /** The number of `values`, then each of them. */
  vector<T>(values: readonly T[], write: (value: T) => void): this {
    this.unsigned(values.length);
    values.forEach(write);
    return this;
  }

  /** Another writer's bytes behind their length. */
  sized(part: ByteWriter): this {
    return this.unsigned(part.length).bytes(part.finish());
  }

  /** What was written; valid until the next write. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(0, this.length);
  }

  private grow(length: number): void {
    if (length <= this.buffer.length) {
      return;
    }
    const larger = new Uint8Array(Math.max(length, 2 * this.buffer.length));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}
