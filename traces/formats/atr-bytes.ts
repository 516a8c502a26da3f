import { LARGEST_INTEGER } from '../trace';

/**
 * The integers of `.atr`: LEB128 varints (seven bits a byte, the low ones first, the high bit says that more follow)
 * of at most 2^53 − 1, and signed ones, whose first byte holds the sign in bit 0 and six bits of the magnitude.
 */

const TWO_TO_7 = 128;
const TWO_TO_28 = 0x1000_0000;
const TWO_TO_31 = 0x8000_0000;

const BYTES_INITIAL = 1 << 10;
/** No integer takes more bytes. */
const INTEGER_BYTES_MAX = 8;

/** What the bytes of a file cannot be; who knows the place turns it into an `InputError`. */
export class DamagedBytes extends Error {
  override readonly name = 'DamagedBytes';
}

/** Grows as it is written; `view` is what was written since `clear`. */
export class ByteWriter {
  private bytes = new Uint8Array(BYTES_INITIAL);
  private position = 0;

  get length(): number {
    return this.position;
  }

  /** The bytes, valid until the next write or `clear`. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }

  clear(): void {
    this.position = 0;
  }

  byte(value: number): void {
    this.makeRoom(1);
    this.bytes[this.position++] = value;
  }

  copy(source: Uint8Array): void {
    this.makeRoom(source.length);
    this.bytes.set(source, this.position);
    this.position += source.length;
  }

  /** A whole number from 0 to 2^53 − 1. */
  unsigned(value: number): void {
    this.makeRoom(INTEGER_BYTES_MAX);
    let rest = value;
    while (rest >= TWO_TO_7) {
      // The low 32 bits survive the conversion that `&` makes, so this is right above 2^31 as well.
      this.bytes[this.position++] = (rest & 0x7f) | 0x80;
      rest = rest < TWO_TO_31 ? rest >>> 7 : Math.floor(rest / TWO_TO_7);
    }
    this.bytes[this.position++] = rest;
  }

  /** A whole number from −(2^53 − 1) to 2^53 − 1. */
  signed(value: number): void {
    const magnitude = Math.abs(value);
    const first = ((magnitude & 0x3f) << 1) | (value < 0 ? 1 : 0);
    const rest = Math.floor(magnitude / 64);
    if (rest === 0) {
      this.byte(first);
    } else {
      this.byte(first | 0x80);
      this.unsigned(rest);
    }
  }

  private makeRoom(bytes: number): void {
    const needed = this.position + bytes;
    if (needed <= this.bytes.length) {
      return;
    }
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.position));
    this.bytes = larger;
  }
}

/** Reads what a `ByteWriter` wrote; throws `DamagedBytes` where it cannot have. */
export class ByteReader {
  private position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Whether everything is read. */
  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  byte(): number {
    if (this.position >= this.bytes.length) {
      throw new DamagedBytes('it ends too early');
    }
    return this.bytes[this.position++]!;
  }

  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.position) {
      throw new DamagedBytes('it ends too early');
    }
    this.position += count;
    return this.bytes.subarray(this.position - count, this.position);
  }

  unsigned(): number {
    const first = this.byte();
    if (first < 0x80) {
      return first;
    }
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    return this.wide(value, TWO_TO_28);
  }

  signed(): number {
    const first = this.byte();
    const low = (first >>> 1) & 0x3f;
    const magnitude = first < 0x80 ? low : low + this.unsigned() * 64;
    if (magnitude > LARGEST_INTEGER) {
      throw new DamagedBytes('a number exceeds 2^53 - 1');
    }
    return (first & 1) === 0 ? magnitude : -magnitude;
  }

  /** Reads `count` unsigned numbers; as `unsigned` one by one, but quick for those of one or two bytes. */
  unsignedInto(values: Float64Array, count: number): void {
    const { bytes } = this;
    let at = this.position;
    for (let i = 0; i < count; i++) {
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      if (first < 0x80) {
        values[i] = first;
        at += 1;
      } else if (second < 0x80) {
        values[i] = (first & 0x7f) | (second << 7);
        at += 2;
      } else {
        // Longer, or cut off by the end of the bytes.
        this.position = at;
        values[i] = this.unsigned();
        at = this.position;
      }
    }
    this.position = at;
  }

  /** Reads `count` signed numbers, likewise. */
  signedInto(values: Float64Array, count: number): void {
    const { bytes } = this;
    let at = this.position;
    for (let i = 0; i < count; i++) {
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      const low = (first >>> 1) & 0x3f;
      if (first < 0x80) {
        values[i] = (first & 1) === 0 ? low : -low;
        at += 1;
      } else if (second < 0x80) {
        const magnitude = low | (second << 6);
        values[i] = (first & 1) === 0 ? magnitude : -magnitude;
        at += 2;
      } else {
        this.position = at;
        values[i] = this.signed();
        at = this.position;
      }
    }
    this.position = at;
  }

  private wide(low: number, scaleOfNext: number): number {
    let value = low;
    for (let scale = scaleOfNext; scale <= LARGEST_INTEGER; scale *= TWO_TO_7) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80 && value <= LARGEST_INTEGER) {
        return value;
      }
    }
    throw new DamagedBytes('a number exceeds 2^53 - 1');
  }
}
