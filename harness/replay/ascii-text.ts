/**
 * Text under construction, a byte a character, written four characters at a time: a word or a number takes a few
 * stores whatever its length, and what a store writes too many, the next one overwrites.
 */

const QUAD = 4;
const INT32_MAX = 0x7fff_ffff;
const ZERO = 0x30;
/** Hexadecimal digits from ten on are letters, so far behind where the decimal ones would go on. */
const LETTERS_AFTER_DIGITS = 'a'.charCodeAt(0) - ZERO - 10;

/** 0000, 0001 … 9999, each as four characters in one integer, the first in the lowest byte. */
const DECIMAL_QUADS = decimalQuads();

/** Made of numbers, not of texts: every process and thread that replays makes them. */
function decimalQuads(): Int32Array {
  const quads = new Int32Array(10_000);
  let next = 0;
  for (let hundreds = 0; hundreds < 100; hundreds++) {
    const first = decimalPair(hundreds);
    for (let units = 0; units < 100; units++) {
      quads[next++] = first | (decimalPair(units) << 16);
    }
  }
  return quads;
}

/** Two digits as two characters, the first in the lowest byte. */
function decimalPair(value: number): number {
  return (ZERO + ((value / 10) | 0)) | ((ZERO + (value % 10)) << 8);
}

/** A piece of text of at most sixteen ASCII characters that is written often. */
export class AsciiWord {
  readonly length: number;
  readonly quads: readonly [number, number, number, number];

  constructor(text: string) {
    this.length = text.length;
    this.quads = [quadOf(text), quadOf(text.slice(4)), quadOf(text.slice(8)), quadOf(text.slice(12))];
  }
}

/** Up to four characters in one integer. */
function quadOf(text: string): number {
  const at = (place: number): number => (place < text.length ? text.charCodeAt(place) : 0);
  return at(0) | (at(1) << 8) | (at(2) << 16) | (at(3) << 24);
}

export class AsciiText {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private length = 0;

  /** @param capacity characters; it is the caller who takes the text before there are more */
  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity + QUAD * QUAD);
    this.view = new DataView(this.bytes.buffer);
  }

  /** What was written since it was last taken; valid until the next character is written. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  /** Any ASCII text, a character at a time. */
  plain(text: string): void {
    for (let place = 0; place < text.length; place++) {
      this.bytes[this.length++] = text.charCodeAt(place);
    }
  }

  word({ length, quads }: AsciiWord): void {
    const { view, length: at } = this;
    view.setInt32(at, quads[0], true);
    view.setInt32(at + 4, quads[1], true);
    if (length > 8) {
      view.setInt32(at + 8, quads[2], true);
      view.setInt32(at + 12, quads[3], true);
    }
    this.length = at + length;
  }

  /** A whole number from 0 on. Nearly all are small: these are divided as 32-bit integers and by a constant. */
  decimal(value: number): void {
    if (value > INT32_MAX) {
      this.plain(String(value));
      return;
    }
    const rest = value | 0;
    if (rest < 10_000) {
      this.leadingDigits(rest);
      return;
    }
    const upper = (rest / 10_000) | 0;
    if (upper < 10_000) {
      this.leadingDigits(upper);
    } else {
      const top = (upper / 10_000) | 0;
      this.leadingDigits(top);
      this.quad(DECIMAL_QUADS[upper - top * 10_000]!);
    }
    this.quad(DECIMAL_QUADS[rest - upper * 10_000]!);
  }

  /** A whole number from 0 on, in lowercase. */
  hexadecimal(value: number): void {
    if (value > INT32_MAX) {
      this.plain(value.toString(16));
      return;
    }
    const { view, length: at } = this;
    const rest = value | 0;
    const digits = Math.max((35 - Math.clz32(rest)) >>> 2, 1);
    const lower = hexadecimalQuad(rest & 0xffff);
    if (digits <= QUAD) {
      view.setInt32(at, lower >>> (8 * (QUAD - digits)), true);
    } else {
      view.setInt32(at, hexadecimalQuad(rest >>> 16) >>> (8 * (2 * QUAD - digits)), true);
      view.setInt32(at + digits - QUAD, lower, true);
    }
    this.length = at + digits;
  }

  /** A number below 10,000 without the zeros that lead it. */
  private leadingDigits(value: number): void {
    const digits = value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
    this.view.setInt32(this.length, DECIMAL_QUADS[value]! >>> (8 * (QUAD - digits)), true);
    this.length += digits;
  }

  private quad(characters: number): void {
    this.view.setInt32(this.length, characters, true);
    this.length += QUAD;
  }
}

/** The four hexadecimal digits of 16 bits, the highest first, worked out in all four bytes at once. */
function hexadecimalQuad(value: number): number {
  const digits = (value >>> 12) | (value & 0xf00) | ((value & 0xf0) << 12) | ((value & 0xf) << 24);
  const letters = ((digits + 0x0606_0606) >>> 4) & 0x0101_0101;
  return digits + 0x3030_3030 + letters * LETTERS_AFTER_DIGITS;
}
