/**
 * Lines out of chunks of bytes, and the reading of one line token by token. Recorder output is ASCII with whatever
 * the traced program printed in between, so bytes are taken as latin1 and never decoded unless a text is asked for.
 */

/** Longer lines are cut here: no recorder writes them, and nothing else bounds a file without line feeds. */
export const LINE_BYTES_MAX = 1 << 20;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = 0x20;
const TAB = 0x09;

/** Thirteen hexadecimal digits fit in the 53 bits that a number holds exactly. */
const HEX_DIGITS_EXACT = 13;
const HEX_DIGITS_MAX = 16;
const ADDRESS_BITS = 64;

/** Where a byte is that does not come. */
const NONE = Infinity;

/** The value of each byte as a hexadecimal digit; 255 for those that are none. */
const HEX_VALUES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
  return value < 0 ? 255 : value;
});

/** 1 for the bytes that names of functions are made of. */
const IDENTIFIER_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  /^\w$/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/**
 * A 64-bit address that may serve as the key of a `Map`: the value taken as a signed integer, which for the addresses
 * processors have (their upper bits all equal) is a number that JavaScript holds exactly; a bigint otherwise.
 */
export type AddressKey = number | bigint;

/** The null pointer. */
export const NULL_ADDRESS = 0;

/** A position in a line; every `take` moves it on if what it wants is there, and leaves it if not. */
export class LineScanner {
  /** Number of the line in the input, from 1. */
  number = 0;
  /** Whether the line was longer than `LINE_BYTES_MAX` and lost its end. */
  truncated = false;
  protected bytes: Buffer = Buffer.alloc(0);
  protected position = 0;
  protected start = 0;
  protected end = 0;

  /** Column of the next byte, from 1. */
  get column(): number {
    return this.position - this.start + 1;
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  get isEmpty(): boolean {
    return this.start === this.end;
  }

  /** The next byte, or -1 at the end. */
  get byte(): number {
    return this.position < this.end ? this.bytes[this.position]! : -1;
  }

  /** Goes to a column that `column` said before. */
  moveTo(column: number): void {
    this.position = this.start + column - 1;
  }

  /** Moves past one byte, whatever it is. */
  step(): void {
    if (this.position < this.end) {
      this.position++;
    }
  }

  /** Takes exactly these ASCII characters. */
  take(literal: string): boolean {
    const { bytes, position } = this;
    const length = literal.length;
    if (position + length > this.end) {
      return false;
    }
    for (let i = 0; i < length; i++) {
      if (bytes[position + i] !== literal.charCodeAt(i)) {
        return false;
      }
    }
    this.position = position + length;
    return true;
  }

  /** Moves past blanks and tabs; says whether there were any. */
  takeBlanks(): boolean {
    const { bytes, end } = this;
    let position = this.position;
    while (position < end && (bytes[position] === BLANK || bytes[position] === TAB)) {
      position++;
    }
    const moved = position > this.position;
    this.position = position;
    return moved;
  }

  /** Moves behind the next occurrence of these ASCII characters. */
  seek(literal: string): boolean {
    const found = this.bytes.subarray(this.position, this.end).indexOf(literal, 0, 'latin1');
    if (found < 0) {
      return false;
    }
    this.position += found + literal.length;
    return true;
  }

  /** Takes decimal digits. Above 2^53 the value is rounded and of no use but to be refused. */
  takeDecimal(): number | undefined {
    const { bytes, end } = this;
    let position = this.position;
    let value = 0;
    for (; position < end; position++) {
      const digit = bytes[position]! - 0x30;
      if (digit < 0 || digit > 9) {
        break;
      }
      value = value * 10 + digit;
    }
    if (position === this.position) {
      return undefined;
    }
    this.position = position;
    return value;
  }

  /** Takes hexadecimal digits as an integer. Above 2^53 the value is rounded and of no use but to be refused. */
  takeHex(): number | undefined {
    const { bytes, end } = this;
    let position = this.position;
    let value = 0;
    for (; position < end; position++) {
      const digit = HEX_VALUES[bytes[position]!]!;
      if (digit === 255) {
        break;
      }
      value = value * 16 + digit;
    }
    if (position === this.position) {
      return undefined;
    }
    this.position = position;
    return value;
  }

  /** Takes hexadecimal digits as an address; more than 64 bits are none. */
  takeHexAddress(): AddressKey | undefined {
    const from = this.position;
    const value = this.takeHex();
    if (value === undefined || value <= Number.MAX_SAFE_INTEGER) {
      return value;
    }
    let first = from;
    while (this.bytes[first] === 0x30) {
      first++;
    }
    if (this.position - first > HEX_DIGITS_MAX) {
      this.position = from;
      return undefined;
    }
    return wideAddress(this.bytes.toString('latin1', first, this.position));
  }

  /** Takes what comes before the next blank or tab, or before the end. */
  takeWord(): string {
    const from = this.position;
    while (this.position < this.end && this.byte !== BLANK && this.byte !== TAB) {
      this.position++;
    }
    return this.bytes.toString('latin1', from, this.position);
  }

  /** Moves past letters, digits and underscores; says whether there were any. */
  takeIdentifier(): boolean {
    const { bytes, end } = this;
    let position = this.position;
    while (position < end && IDENTIFIER_BYTES[bytes[position]!] === 1) {
      position++;
    }
    const moved = position > this.position;
    this.position = position;
    return moved;
  }

  /** The text from one column up to before another, by default from the position to the end. */
  text(from: number = this.column, before: number = this.end - this.start + 1): string {
    return this.bytes.toString('latin1', this.start + from - 1, this.start + before - 1);
  }
}

/** The key of an address of up to 64 bits, given as hexadecimal digits. */
export function wideAddress(digits: string): AddressKey {
  if (digits.length <= HEX_DIGITS_EXACT) {
    return Number.parseInt(digits, 16);
  }
  const signed = BigInt.asIntN(ADDRESS_BITS, BigInt(`0x${digits}`));
  const exact = signed <= Number.MAX_SAFE_INTEGER && signed >= Number.MIN_SAFE_INTEGER;
  return exact ? Number(signed) : signed;
}

/**
 * Cuts appended chunks into lines and is the scanner of the current one. At most one line and one chunk are held.
 *
 *     reader.append(chunk);            // or reader.finish() after the last chunk
 *     while (reader.next()) parse(reader);
 */
export class LineReader extends LineScanner {
  /** Where the next line begins in `bytes`. */
  private nextStart = 0;
  /** The next of each from there on, as far as they were looked for; `NONE` where there is none. */
  private lineFeed = -1;
  private carriageReturn = -1;
  private finished = false;
  /** Whether the rest of a cut line is still to be thrown away. */
  private inCutLine = false;

  /** @param endsAtReturn whether a carriage return alone ends a line too, as on serial consoles */
  constructor(private readonly endsAtReturn = false) {
    super();
  }

  append(chunk: Buffer): void {
    const rest = this.bytes.subarray(this.nextStart);
    this.bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.nextStart = 0;
    this.lineFeed = -1;
    this.carriageReturn = -1;
  }

  /** Says that the last chunk was appended: what is left is a line even without a line feed. */
  finish(): void {
    this.finished = true;
  }

  /** Moves to the next line; false when more chunks are needed, or after `finish()` when there is none. */
  next(): boolean {
    if (this.inCutLine && !this.dropCutLine()) {
      return false;
    }
    const { bytes, nextStart } = this;
    const end = this.lineEnd();
    if (end - nextStart <= LINE_BYTES_MAX) {
      this.show(nextStart, end, end + 1);
      return true;
    }
    const available = bytes.length - nextStart;
    if (available - this.openReturn > LINE_BYTES_MAX) {
      this.inCutLine = true;
      this.show(nextStart, nextStart + LINE_BYTES_MAX, nextStart + LINE_BYTES_MAX);
      this.truncated = true;
      return true;
    }
    if (!this.finished || available === 0) {
      return false;
    }
    this.show(nextStart, bytes.length, bytes.length);
    return true;
  }

  private show(start: number, end: number, nextStart: number): void {
    const isCrLf = end > start && this.bytes[end - 1] === CARRIAGE_RETURN;
    this.number += 1;
    this.truncated = false;
    this.start = start;
    this.position = start;
    this.end = isCrLf ? end - 1 : end;
    this.nextStart = nextStart;
  }

  private dropCutLine(): boolean {
    const end = this.lineEnd();
    this.inCutLine = end === NONE;
    this.nextStart = this.inCutLine ? this.bytes.length - this.openReturn : end + 1;
    return !this.inCutLine;
  }

  /** The byte that ends the next line, or `NONE`. */
  private lineEnd(): number {
    if (this.lineFeed < this.nextStart) {
      this.lineFeed = this.find(LINE_FEED);
    }
    if (!this.endsAtReturn) {
      return this.lineFeed;
    }
    if (this.carriageReturn < this.nextStart) {
      this.carriageReturn = this.find(CARRIAGE_RETURN);
    }
    const isAlone = this.carriageReturn < Math.min(this.lineFeed - 1, this.bytes.length - this.openReturn);
    return isAlone ? this.carriageReturn : this.lineFeed;
  }

  private find(byte: number): number {
    const position = this.bytes.indexOf(byte, this.nextStart);
    return position < 0 ? NONE : position;
  }

  /** 1 where the last byte is a carriage return, and only the next chunk will tell whether it stands alone. */
  private get openReturn(): number {
    return this.endsAtReturn && !this.finished && this.bytes.at(-1) === CARRIAGE_RETURN ? 1 : 0;
  }
}
