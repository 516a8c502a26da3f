import { AsciiText, AsciiWords } from './ground/ascii-text';
import { InputError } from './input-error';
import { COLUMN_NAMES, NO_TEXT, OP_NAMES, type EventRun, type TextTable, type TraceEvent } from './trace';

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

/** More than any row's op, commas, line feed and seven numbers of at most 17 characters. */
const ROW_BYTES_WITHOUT_TEXTS = 256;
/** More than a row of an op and three numbers of 32 bits. */
const PLAIN_ROW_BYTES = 64;
const BUFFER_BYTES_INITIAL = 1 << 12;

const OP_CELLS = new AsciiWords(OP_NAMES.map((name) => `${name},`));
const HEADER = Buffer.from(CANONICAL_HEADER, 'latin1');

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
  private readonly buffer = new AsciiText(BUFFER_BYTES_INITIAL);
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
    return this.buffer.upTo(this.position);
  }

  clear(): void {
    this.position = 0;
  }

  /** Appends the header line. */
  header(): void {
    this.buffer.makeRoom(this.position, HEADER.length);
    this.position = this.buffer.copy(this.position, HEADER);
  }

  /** Appends one event's line. Throws an `InputError` for a text that CSV cannot hold. */
  row(event: TraceEvent): void {
    const { buffer } = this;
    buffer.makeRoom(this.position, ROW_BYTES_WITHOUT_TEXTS);
    let at = buffer.word(this.position, OP_CELLS, event.op);
    at = buffer.decimal(at, event.id);
    at = this.cell(at, event.size);
    at = this.cell(at, event.align);
    const optionalCells = optionalCellsOf(event);
    if (optionalCells > 0) {
      at = this.cell(at, event.offset);
    }
    if (optionalCells > 1) {
      at = this.cell(at, event.span);
    }
    if (optionalCells > 2) {
      at = this.cell(at, event.cpu);
    }
    if (optionalCells > 3) {
      at = this.text(at, event.site);
    }
    if (optionalCells > 4) {
      at = this.text(at, event.call);
    }
    if (optionalCells > 5) {
      at = this.text(at, event.value);
    }
    this.position = buffer.character(at, LINE_FEED);
  }

  /** Appends the lines of events from one to before another, of a run that is whole. */
  rows({ ops, ids, sizes, aligns }: EventRun, from: number, until: number): void {
    const { buffer } = this;
    buffer.makeRoom(this.position, (until - from) * PLAIN_ROW_BYTES);
    let at = this.position;
    for (let index = from; index < until; index++) {
      at = buffer.word(at, OP_CELLS, ops[index]!);
      at = buffer.decimal(at, ids[index]!);
      at = buffer.character(at, COMMA);
      at = buffer.decimal(at, sizes[index]!);
      at = buffer.character(at, COMMA);
      at = buffer.decimal(at, aligns[index]!);
      at = buffer.character(at, LINE_FEED);
    }
    this.position = at;
  }

  // Both return the place behind the cell.

  private cell(at: number, value: number): number {
    return this.buffer.decimal(this.buffer.character(at, COMMA), value);
  }

  private text(at: number, index: number): number {
    const cell = (this.textCells[index] ??= textCell(this.texts.text(index)));
    this.buffer.makeRoom(at, cell.length + ROW_BYTES_WITHOUT_TEXTS);
    return this.buffer.copy(this.buffer.character(at, COMMA), cell);
  }
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
