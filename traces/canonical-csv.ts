import { COLUMN_NAMES, NO_TEXT, OP_NAMES, type TextTable, type TraceEvent } from './trace';
import { InputError } from './input-error';
import { TWO_TO_32 } from './ground/integers';

/**
 * Canonical CSV as bytes: the one spelling of a trace, whose sha256 is its identity. A header line with
 * all ten columns, then one line an event; cells after `align` are left out from the last one that says something;
 * numbers are plain decimals; texts are quoted (RFC 4180) only when they hold a comma, a quote or a line end; lines
 * end with a line feed.
 */

export const CANONICAL_HEADER = `${COLUMN_NAMES.join(',')}\n`;

/** Longest text a trace may hold, in UTF-8 bytes: a row stays below the limit of 1 MiB even with quotes doubled. */
export const TEXT_BYTES_MAX = 1 << 16;

const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const MINUS = 0x2d;
const DIGIT_ZERO = 0x30;
const BILLION = 1_000_000_000;

/** More than any row's op, commas, line feed and seven numbers of at most 17 characters. */
const ROW_BYTES_WITHOUT_TEXTS = 256;
const BUFFER_BYTES_INITIAL = 1 << 12;

const OP_BYTES: readonly Uint8Array[] = OP_NAMES.map((name) => Buffer.from(name, 'latin1'));

/** The bytes of one text as a cell. Throws an `InputError` for what no canonical CSV can hold. */
export function textCell(text: string): Uint8Array {
  const quoted = /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const bytes = Buffer.from(quoted, 'utf8');
  // A text of n units has at most 3n bytes, so nearly every one is known to be short enough without counting.
  const tooLong = text.length * 3 > TEXT_BYTES_MAX && Buffer.byteLength(text, 'utf8') > TEXT_BYTES_MAX;
  if (tooLong || /\0|\p{Cs}/u.test(text)) {
    throw new InputError({
      problem: tooLong
        ? `a text of ${Buffer.byteLength(text, 'utf8')} bytes`
        : `the text "${text.slice(0, 64)}" holds a NUL or half a surrogate pair`,
      expected: `texts of at most ${TEXT_BYTES_MAX} bytes of UTF-8 without NUL`,
    });
  }
  return bytes;
}

/**
 * Appends events to a buffer that its user empties: `view` shows what has gathered, `clear` starts over. No string
 * and no object is made for an event.
 */
export class CanonicalCsvEncoder {
  private bytes = new Uint8Array(BUFFER_BYTES_INITIAL);
  private position = 0;
  private readonly textCells: (Uint8Array | undefined)[] = [];

  /** `texts` resolves the text columns of the events to come. */
  constructor(private readonly texts: TextTable) {}

  /** How many bytes have gathered since the last `clear`. */
  get byteLength(): number {
    return this.position;
  }

  /** The gathered bytes, valid until the next `header`, `row` or `clear`. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }

  clear(): void {
    this.position = 0;
  }

  /** Appends the header line. */
  header(): void {
    const header = Buffer.from(CANONICAL_HEADER, 'latin1');
    this.makeRoom(header.length);
    this.position = writeBytes(this.bytes, this.position, header);
  }

  /** Appends one event's line. Throws an `InputError` for a text that CSV cannot hold. */
  row(event: TraceEvent): void {
    this.makeRoom(ROW_BYTES_WITHOUT_TEXTS);
    const bytes = this.bytes;
    let at = writeBytes(bytes, this.position, OP_BYTES[event.op]!);
    at = writeCell(bytes, at, event.id);
    at = writeCell(bytes, at, event.size);
    at = writeCell(bytes, at, event.align);
    const optionalCells = optionalCellsOf(event);
    if (optionalCells > 0) {
      at = writeCell(bytes, at, event.offset);
    }
    if (optionalCells > 1) {
      at = writeCell(bytes, at, event.span);
    }
    if (optionalCells > 2) {
      at = writeCell(bytes, at, event.cpu);
    }
    this.position = at;
    if (optionalCells > 3) {
      this.text(event.site);
    }
    if (optionalCells > 4) {
      this.text(event.call);
    }
    if (optionalCells > 5) {
      this.text(event.value);
    }
    this.bytes[this.position++] = LINE_FEED;
  }

  private text(index: number): void {
    let cell = this.textCells[index];
    if (cell === undefined) {
      cell = textCell(this.texts.text(index));
      this.textCells[index] = cell;
    }
    this.makeRoom(cell.length + ROW_BYTES_WITHOUT_TEXTS);
    this.bytes[this.position++] = COMMA;
    this.position = writeBytes(this.bytes, this.position, cell);
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

// Each of the writers below takes the position to write at and returns the one after what it wrote.

/** Ops and texts are short: a loop beats `TypedArray.set`, which costs a call into the engine. */
function writeBytes(into: Uint8Array, at: number, source: Uint8Array): number {
  for (let i = 0; i < source.length; i++) {
    into[at + i] = source[i]!;
  }
  return at + source.length;
}

/** A comma and an integer of either sign, at most 2^53 − 1. */
function writeCell(into: Uint8Array, at: number, value: number): number {
  into[at] = COMMA;
  if (value < 10 && value >= 0) {
    into[at + 1] = DIGIT_ZERO + value;
    return at + 2;
  }
  if (value < TWO_TO_32 && value >= 0) {
    return writeDigits(into, at + 1, value, decimalDigits(value));
  }
  return writeWide(into, at + 1, value);
}

function writeWide(into: Uint8Array, at: number, value: number): number {
  if (value < 0) {
    into[at] = MINUS;
    return writeWide(into, at + 1, -value);
  }
  if (value < TWO_TO_32) {
    return writeDigits(into, at, value, decimalDigits(value));
  }
  // At most 9,007,199: what is left of 2^53 − 1 without its last nine digits.
  const billions = Math.floor(value / BILLION);
  const after = writeDigits(into, at, billions, decimalDigits(billions));
  return writeDigits(into, after, value - billions * BILLION, 9);
}

/** Exactly `count` digits of a value below 2^32, from the last one back. */
function writeDigits(into: Uint8Array, at: number, value: number, count: number): number {
  let rest = value >>> 0;
  for (let i = at + count - 1; i >= at; i--) {
    const quotient = (rest / 10) >>> 0;
    into[i] = DIGIT_ZERO + rest - quotient * 10;
    rest = quotient;
  }
  return at + count;
}

/** How many cells after `align` the row needs: up to the last one that is not the default. */
function optionalCellsOf(event: TraceEvent): number {
  if (event.value !== NO_TEXT) {
    return 6;
  }
  if (event.call !== NO_TEXT) {
    return 5;
  }
  if (event.site !== NO_TEXT) {
    return 4;
  }
  if (event.cpu !== 0) {
    return 3;
  }
  if (event.span !== 0) {
    return 2;
  }
  return event.offset !== 0 ? 1 : 0;
}

function decimalDigits(value: number): number {
  if (value < 10) {
    return 1;
  }
  if (value < 100) {
    return 2;
  }
  if (value < 1000) {
    return 3;
  }
  if (value < 10_000) {
    return 4;
  }
  if (value < 100_000) {
    return 5;
  }
  if (value < 1_000_000) {
    return 6;
  }
  if (value < 10_000_000) {
    return 7;
  }
  if (value < 100_000_000) {
    return 8;
  }
  return value < BILLION ? 9 : 10;
}
