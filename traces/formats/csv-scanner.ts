import { TEXT_BYTES_MAX } from '../canonical-csv';
import type { EventBlock } from '../event-block';
import { LARGEST_INTEGER, NO_TEXT, OP_NAMES, TraceEvent } from '../trace';
import { TEXT_HASH_START, textHash, type BoundedTexts } from './bounded-texts';
import { COLUMN, REQUIRED_COLUMNS, cellsMinOf, isAlign, isByte, writesByte } from './cells';

/**
 * The fast path of the CSV reader: takes rows of our own plain form straight from the bytes into a block of events.
 * It knows nothing of errors: at the first byte it does not expect (a quote, a letter beyond ASCII, a number out of
 * range …) it stops before that row, and the general path decides what the row is.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DIGIT_ZERO = 0x30;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = 0x20;
const DELETE = 0x7f;

/** No number below 2^53 has more digits. */
const DIGITS_MAX = 16;

/** What a cell's reader returns where the general path has to look. */
const UNUSUAL = -1;

const OP_BYTES: readonly Uint8Array[] = OP_NAMES.map((name) => Buffer.from(name, 'latin1'));
const OP_SLOTS = opSlots();

export class CsvScanner {
  private readonly event = new TraceEvent();
  /** The column of each cell of a row, in the file's order. */
  private readonly columns: Uint8Array;
  private readonly cellsMin: number;
  /** What the last cell read holds; the cell readers return where it ends. */
  private cell = 0;

  constructor(
    columns: readonly number[],
    private readonly texts: BoundedTexts,
  ) {
    this.columns = Uint8Array.from(columns);
    this.cellsMin = cellsMinOf(columns);
  }

  /**
   * Appends the rows of `bytes` from `from` on until `to`, where a row must end, or until the block is full, or
   * until a row is unusual. Returns where the first row not taken begins.
   */
  scan(bytes: Uint8Array, from: number, to: number, block: EventBlock): number {
    let at = from;
    while (at < to && !block.full) {
      const next = this.row(bytes, at);
      if (next === UNUSUAL) {
        break;
      }
      block.append(this.event);
      at = next;
    }
    return at;
  }

  /** Reads one row into `event`. Returns where the next begins, or `UNUSUAL`. */
  private row(bytes: Uint8Array, from: number): number {
    this.event.set(0, 0, 0, 0);
    let at = from;
    for (let cells = 1; ; cells++) {
      const column = this.columns[cells - 1]!;
      if (column === COLUMN.op) {
        at = this.op(bytes, at);
      } else if (column < COLUMN.site) {
        at = this.number(bytes, at, column);
      } else {
        at = this.text(bytes, at);
      }
      if (at === UNUSUAL) {
        return UNUSUAL;
      }
      this.store(column);
      if (bytes[at] === COMMA && cells < this.columns.length) {
        at += 1;
        continue;
      }
      if (bytes[at] === CARRIAGE_RETURN) {
        at += 1;
      }
      const complete = bytes[at] === LINE_FEED && cells >= this.cellsMin && this.isLegal();
      return complete ? at + 1 : UNUSUAL;
    }
  }

  private store(column: number): void {
    const { event, cell } = this;
    if (column === COLUMN.op) {
      event.op = cell;
    } else if (column === COLUMN.id) {
      event.id = cell;
    } else if (column === COLUMN.size) {
      event.size = cell;
    } else if (column === COLUMN.align) {
      event.align = cell;
    } else if (column === COLUMN.offset) {
      event.offset = cell;
    } else if (column === COLUMN.span) {
      event.span = cell;
    } else if (column === COLUMN.cpu) {
      event.cpu = cell;
    } else if (column === COLUMN.site) {
      event.site = cell;
    } else if (column === COLUMN.call) {
      event.call = cell;
    } else {
      event.value = cell;
    }
  }

  private isLegal(): boolean {
    const { event, texts } = this;
    if (event.align !== 0 && !isAlign(event.align)) {
      return false;
    }
    return !writesByte(event.op) || isByte(texts.table.text(event.value));
  }

  private op(bytes: Uint8Array, from: number): number {
    let at = from;
    let hash = 0;
    for (; bytes[at]! > COMMA; at++) {
      hash = opHash(hash, bytes[at]!);
    }
    const code = OP_SLOTS[hash & (OP_SLOTS.length - 1)]!;
    const name = OP_BYTES[code]!;
    if (name.length !== at - from) {
      return UNUSUAL;
    }
    for (let i = 0; i < name.length; i++) {
      if (bytes[from + i] !== name[i]) {
        return UNUSUAL;
      }
    }
    this.cell = code;
    return at;
  }

  private number(bytes: Uint8Array, from: number, column: number): number {
    const negative = column === COLUMN.offset && bytes[from] === MINUS;
    const first = negative ? from + 1 : from;
    let at = first;
    let value = 0;
    for (; ; at++) {
      const digit = bytes[at]! - DIGIT_ZERO;
      if (!(digit >= 0 && digit <= 9)) {
        break;
      }
      value = value * 10 + digit;
    }
    const digits = at - first;
    const leadingZero = bytes[first] === DIGIT_ZERO && (digits > 1 || negative);
    const absent = digits === 0 && (negative || column < REQUIRED_COLUMNS);
    if (leadingZero || absent || digits > DIGITS_MAX || value > LARGEST_INTEGER) {
      return UNUSUAL;
    }
    this.cell = negative ? -value : value;
    return at;
  }

  private text(bytes: Uint8Array, from: number): number {
    let at = from;
    let hash = TEXT_HASH_START;
    for (; ; at++) {
      const byte = bytes[at]!;
      if (byte === COMMA || byte < BLANK) {
        break;
      }
      if (byte === QUOTE || byte >= DELETE) {
        return UNUSUAL;
      }
      hash = textHash(hash, byte);
    }
    if (at - from > TEXT_BYTES_MAX) {
      return UNUSUAL;
    }
    const index = at === from ? NO_TEXT : this.texts.internBytes(bytes, from, at, hash);
    if (index === undefined) {
      return UNUSUAL;
    }
    this.cell = index;
    return at;
  }
}

function opHash(hash: number, byte: number): number {
  return Math.imul(hash, 31) + byte;
}

/** A table from the hash of an op's name to its code, large enough that no two names share a slot. */
function opSlots(): Uint8Array {
  for (let size = 32; ; size *= 2) {
    const slots = new Uint8Array(size);
    const taken = new Set<number>();
    for (const [code, name] of OP_BYTES.entries()) {
      const slot = name.reduce(opHash, 0) & (size - 1);
      slots[slot] = code;
      taken.add(slot);
    }
    if (taken.size === OP_BYTES.length) {
      return slots;
    }
  }
}
