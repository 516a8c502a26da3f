import { TWO_TO_32 } from './integers';

/**
 * Text under construction, a byte a character, written four characters at a time: a word or a number takes a few
 * stores whatever its length, and what a store writes too many, the next one overwrites.
 */

const QUAD = 4;
const WORD_CHARACTERS_MAX = 4 * QUAD;
const WRITTEN_TOO_MANY = WORD_CHARACTERS_MAX;
const INT32_MAX = 0x7fff_ffff;
const ZERO = 0x30;
const MINUS = 0x2d;

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

/** 00, 01 … ff, each as two characters. */
const HEXADECIMAL_PAIRS = Uint16Array.from({ length: 256 }, (_, value) => {
  const [high, low] = [hexadecimalDigit(value >>> 4), hexadecimalDigit(value & 0xf)];
  return high | (low << 8);
});

function hexadecimalDigit(value: number): number {
  return value.toString(16).charCodeAt(0);
}

/** Two digits as two characters, the first in the lowest byte. */
function decimalPair(value: number): number {
  return (ZERO + ((value / 10) | 0)) | ((ZERO + (value % 10)) << 8);
}

/** Pieces of text of at most sixteen ASCII characters that are written often, by their indices. */
export class AsciiWords {
  readonly lengths: Uint8Array;
  /** Four a word. */
  readonly quads: Int32Array;

  constructor(words: readonly string[]) {
    this.lengths = Uint8Array.from(words, (word) => word.length);
    const octets = Buffer.alloc(words.length * WORD_CHARACTERS_MAX);
    words.forEach((word, index) => octets.write(word, index * WORD_CHARACTERS_MAX, 'latin1'));
    this.quads = Int32Array.from({ length: octets.length / QUAD }, (_, quad) =>
      octets.readInt32LE(quad * QUAD),
    );
  }
}

/**
 * The buffer in which text arises. Who writes keeps the place: every writer takes the one to write at and returns the
 * one behind what it wrote. It stays in a register then, and does not wait for the field of an object at every word.
 */
export class AsciiText {
  private octets!: Uint8Array;
  private view!: DataView;

  /** @param capacity characters that there is room for at first */
  constructor(capacity: number) {
    this.useBuffer(new Uint8Array(capacity + WRITTEN_TOO_MANY));
  }

  /** The text up to a place; valid until more is written. */
  upTo(at: number): Uint8Array {
    return this.octets.subarray(0, at);
  }

  /** Makes room for so many characters at a place. */
  makeRoom(at: number, count: number): void {
    const needed = at + count + WRITTEN_TOO_MANY;
    if (needed > this.octets.length) {
      const larger = new Uint8Array(Math.max(needed, this.octets.length * 2));
      larger.set(this.octets.subarray(0, at));
      this.useBuffer(larger);
    }
  }

  /** Any octets: texts are short, and a loop beats `TypedArray.set`, which costs a call into the engine. */
  copy(at: number, source: Uint8Array): number {
    const { octets } = this;
    for (let place = 0; place < source.length; place++) {
      octets[at + place] = source[place]!;
    }
    return at + source.length;
  }

  word(at: number, { lengths, quads }: AsciiWords, index: number): number {
    const { view } = this;
    const length = lengths[index]!;
    view.setInt32(at, quads[4 * index]!, true);
    view.setInt32(at + 4, quads[4 * index + 1]!, true);
    if (length > 8) {
      view.setInt32(at + 8, quads[4 * index + 2]!, true);
      view.setInt32(at + 12, quads[4 * index + 3]!, true);
    }
    return at + length;
  }

  /** A single character. */
  character(at: number, code: number): number {
    this.octets[at] = code;
    return at + 1;
  }

  /** A whole number. Nearly all are small: these are divided as 32-bit integers and by a constant. */
  decimal(at: number, value: number): number {
    if (!(value >= 0 && value <= INT32_MAX)) {
      return this.wideDecimal(at, value);
    }
    const rest = value | 0;
    if (rest < 10_000) {
      return this.leadingDigits(at, rest);
    }
    const upper = (rest / 10_000) | 0;
    const behind = upper < 10_000 ? this.leadingDigits(at, upper) : this.eightDigits(at, upper);
    return this.quad(behind, DECIMAL_QUADS[rest - upper * 10_000]!);
  }

  /** A whole number from 0 on, in lowercase. */
  hexadecimal(at: number, value: number): number {
    if (value > INT32_MAX) {
      return this.wideHexadecimal(at, value);
    }
    const { view } = this;
    const rest = value | 0;
    const digits = Math.max((35 - Math.clz32(rest)) >>> 2, 1);
    const lower = hexadecimalQuad(rest & 0xffff);
    if (digits <= QUAD) {
      view.setInt32(at, lower >>> (8 * (QUAD - digits)), true);
    } else {
      view.setInt32(at, hexadecimalQuad(rest >>> 16) >>> (8 * (2 * QUAD - digits)), true);
      view.setInt32(at + digits - QUAD, lower, true);
    }
    return at + digits;
  }

  private useBuffer(octets: Uint8Array): void {
    this.octets = octets;
    this.view = new DataView(octets.buffer);
  }

  /** A number below 10,000 without the zeros that lead it. */
  private leadingDigits(at: number, value: number): number {
    // Which of them there are is a guess that the host often gets wrong: they are counted by sign bits.
    const zeros = ((value - 10) >>> 31) + ((value - 100) >>> 31) + ((value - 1000) >>> 31);
    this.view.setInt32(at, DECIMAL_QUADS[value]! >>> (8 * zeros), true);
    return at + QUAD - zeros;
  }

  /** A number from 10,000 to 99,999,999, likewise. */
  private eightDigits(at: number, value: number): number {
    const upper = (value / 10_000) | 0;
    return this.quad(this.leadingDigits(at, upper), DECIMAL_QUADS[value - upper * 10_000]!);
  }

  private quad(at: number, characters: number): number {
    this.view.setInt32(at, characters, true);
    return at + QUAD;
  }

  private wideDecimal(at: number, value: number): number {
    if (value < 0) {
      return this.decimal(this.character(at, MINUS), -value);
    }
    // At most 90,071,992: what is left of 2^53 − 1 without its last eight digits.
    const upper = Math.floor(value / 1e8);
    const lower = value - upper * 1e8;
    const quad = (lower / 10_000) | 0;
    const behind = this.quad(this.decimal(at, upper), DECIMAL_QUADS[quad]!);
    return this.quad(behind, DECIMAL_QUADS[lower - quad * 10_000]!);
  }

  private wideHexadecimal(at: number, value: number): number {
    const upper = Math.floor(value / TWO_TO_32);
    const lower = value - upper * TWO_TO_32;
    const behind = upper === 0 ? at : this.hexadecimal(at, upper);
    return this.quad(this.quad(behind, hexadecimalQuad(lower >>> 16)), hexadecimalQuad(lower & 0xffff));
  }
}

/** The four hexadecimal digits of 16 bits, the highest first. */
function hexadecimalQuad(value: number): number {
  return HEXADECIMAL_PAIRS[value >>> 8]! | (HEXADECIMAL_PAIRS[value & 0xff]! << 16);
}
