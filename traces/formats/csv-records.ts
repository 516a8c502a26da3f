import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { escapeControls } from '../input-error';
import type { CellProblem } from './bounded-texts';

/**
 * The general path of the CSV reader: cuts a stretch of bytes into records, quotes and embedded line ends minded, and
 * has csv-parse take each apart. What is wrong is said with the byte where it is, never thrown.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line longer than this is no trace: memory is bounded. */
export const LINE_BYTES_MAX = 1 << 20;

/** What is wrong with the bytes, and where. */
export interface ByteProblem extends CellProblem {
  readonly at: number;
}

export interface Records {
  /** Where each complete record ends: after its line feed. */
  readonly ends: readonly number[];
  /** What ended the search before the stretch was used up. */
  readonly problem?: ByteProblem;
  /** Where a quote was opened that the bytes at hand do not close. */
  readonly openQuoteAt?: number;
}

/**
 * Cuts `bytes` from `from` to `to` into records, stopping after the first that ends at `enough` or later. The last
 * byte of the stretch must be a line feed.
 */
export function cutRecords(bytes: Uint8Array, from: number, to: number, enough: number): Records {
  const ends: number[] = [];
  let recordStart = from;
  let at = from;
  while (at < to) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const atCellStart = at === recordStart || bytes[at - 1] === COMMA;
      if (!atCellStart) {
        return { ends, problem: { at, ...strayQuote } };
      }
      const close = closingQuote(bytes, at + 1, to);
      if (close === undefined) {
        return { ends, openQuoteAt: at };
      }
      if (!endsCell(bytes, close + 1)) {
        return { ends, problem: { at: close, ...strayQuote } };
      }
      at = close;
    } else if (byte === LINE_FEED) {
      ends.push(at + 1);
      recordStart = at + 1;
      if (recordStart >= enough) {
        break;
      }
    }
    at += 1;
  }
  return { ends };
}

const strayQuote: CellProblem = {
  problem: 'a quote inside a cell',
  expected: 'a cell in quotes from end to end, with each quote in it doubled',
};

/** The quote that closes a cell, passing doubled ones. */
function closingQuote(bytes: Uint8Array, from: number, to: number): number | undefined {
  for (let at = from; at < to; at++) {
    if (bytes[at] !== QUOTE) {
      continue;
    }
    if (bytes[at + 1] !== QUOTE) {
      return at;
    }
    at += 1;
  }
  return undefined;
}

function endsCell(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at];
  return byte === COMMA || byte === LINE_FEED || (byte === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED);
}

/** The first byte of `bytes` that no text may hold: a NUL, or one that is no UTF-8. */
export function binaryGarbage(bytes: Uint8Array): ByteProblem | undefined {
  const nul = bytes.indexOf(0);
  const invalid = invalidUtf8(nul < 0 ? bytes : bytes.subarray(0, nul));
  const at = invalid < 0 ? nul : invalid;
  if (at < 0) {
    return undefined;
  }
  const byte = bytes[at]!.toString(16).padStart(2, '0');
  return { at, problem: `byte 0x${byte} is no text`, expected: 'UTF-8 text without NUL' };
}

/** Where the first ill-formed sequence begins, or −1. */
function invalidUtf8(bytes: Uint8Array): number {
  if (isUtf8(bytes)) {
    return -1;
  }
  let at = 0;
  while (isUtf8(bytes.subarray(at, at + characterLength(bytes[at]!)))) {
    at += characterLength(bytes[at]!);
  }
  return at;
}

function characterLength(first: number): number {
  if (first < 0xe0) {
    return first < 0xc0 ? 1 : 2;
  }
  return first < 0xf0 ? 3 : 4;
}

/**
 * The cells of each record of a stretch that `cutRecords` has cut and `binaryGarbage` found clean. The two agree on
 * what a record is, so there is one list of cells for each of the ends.
 */
export function parseRecords(bytes: Uint8Array, count: number): string[][] {
  const records = parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
    record_delimiter: ['\n', '\r\n'],
    relax_column_count: true,
  });
  if (records.length !== count) {
    throw new Error(`csv-parse found ${records.length} records in ${count}: ${excerpt(bytes)}`);
  }
  return records;
}

const excerpt = (bytes: Uint8Array): string =>
  escapeControls(Buffer.from(bytes.subarray(0, 200)).toString('utf8'));

/** Where the cell with this number (from 0) begins in a record, or where the record ends if it has fewer. */
export function cellStart(bytes: Uint8Array, recordStart: number, cell: number): number {
  let at = recordStart;
  for (let passed = 0; passed < cell; at++) {
    if (bytes[at] === QUOTE) {
      at = closingQuote(bytes, at + 1, bytes.length) ?? at;
    } else if (bytes[at] === COMMA) {
      passed += 1;
    } else if (bytes[at] === LINE_FEED || at >= bytes.length) {
      return at;
    }
  }
  return at;
}
