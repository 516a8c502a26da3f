import { didYouMean } from '../input-error';
import { COLUMN_NAMES, LARGEST_INTEGER, OP, OP_NAMES } from '../trace';
import type { TextTable, TraceEvent } from '../trace';
import type { BoundedTexts, CellProblem } from './bounded-texts';

/**
 * What each cell of a canonical trace may hold, said once: the general CSV path reads cells through these rules and
 * takes its messages from them, and the fast paths (bytes, column blocks) accept nothing that they would refuse.
 */

/** A column by its place in `COLUMN_NAMES`. */
export const COLUMN = {
  op: 0,
  id: 1,
  size: 2,
  align: 3,
  offset: 4,
  span: 5,
  cpu: 6,
  site: 7,
  call: 8,
  value: 9,
} as const satisfies Record<(typeof COLUMN_NAMES)[number], number>;

/** How many columns every trace must have: `op,id,size,align`. */
export const REQUIRED_COLUMNS = 4;

/** How many cells a row with these columns must have: up to the last required one. */
export const cellsMinOf = (columns: readonly number[]): number =>
  columns.reduce((least, column, cell) => (column < REQUIRED_COLUMNS ? cell + 1 : least), 0);

/** What is quoted of a bad cell in a message. */
const QUOTED_UNITS_MAX = 64;

const WHOLE = `a whole number from 0 to ${LARGEST_INTEGER}`;
const SIGNED = `a whole number from -${LARGEST_INTEGER} to ${LARGEST_INTEGER}`;
const ALIGN = '0 or a power of two';
const BYTE = 'a byte, 0 to 255';

/** Reads one cell into the event, or says why not. An empty optional cell is its default. */
export function readCell(
  column: number,
  cell: string,
  event: TraceEvent,
  texts: BoundedTexts,
): CellProblem | undefined {
  switch (column) {
    case COLUMN.op:
      return readOp(cell, event);
    case COLUMN.site:
    case COLUMN.call:
    case COLUMN.value:
      return readText(column, cell, event, texts);
    default:
      return readNumber(column, cell, event);
  }
}

/** Why the cells of an event do not go together. */
export function eventProblem(event: TraceEvent, texts: TextTable): CellProblem | undefined {
  if (!writesByte(event.op) || isByte(texts.text(event.value))) {
    return undefined;
  }
  return { problem: `value of ${OP_NAMES[event.op]} is ${quoted(texts.text(event.value))}`, expected: BYTE };
}

/** Whether the operation writes the byte that its `value` names. */
export const writesByte = (op: number): boolean => op === OP.fill || op === OP.overrun;

export const isByte = (text: string): boolean => /^(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/.test(text);

/** Whether a whole number of at most 2^53 − 1 may stand in the `align` column. */
export function isAlign(value: number): boolean {
  const low = value >>> 0;
  const high = (value - low) / 0x1_0000_0000;
  return (low & (low - 1)) === 0 && (high & (high - 1)) === 0 && (low === 0 || high === 0);
}

/** The cell as a message shows it: quoted, and cut where it is long. */
export function quoted(cell: string): string {
  return cell.length <= QUOTED_UNITS_MAX ? `"${cell}"` : `"${cell.slice(0, QUOTED_UNITS_MAX)}…"`;
}

function readOp(cell: string, event: TraceEvent): CellProblem | undefined {
  const code = (OP_NAMES as readonly string[]).indexOf(cell);
  if (code < 0) {
    const problem = `unknown op ${quoted(cell)}`;
    return { problem, expected: `one of ${OP_NAMES.join(' ')}${didYouMean(cell, OP_NAMES)}` };
  }
  event.op = code;
  return undefined;
}

function readText(
  column: number,
  cell: string,
  event: TraceEvent,
  texts: BoundedTexts,
): CellProblem | undefined {
  const index = texts.intern(cell);
  if (index === undefined) {
    return texts.refusal(cell);
  }
  if (column === COLUMN.site) {
    event.site = index;
  } else if (column === COLUMN.call) {
    event.call = index;
  } else {
    event.value = index;
  }
  return undefined;
}

function readNumber(column: number, cell: string, event: TraceEvent): CellProblem | undefined {
  const name = COLUMN_NAMES[column]!;
  const signed = column === COLUMN.offset;
  const expected = column === COLUMN.align ? ALIGN : signed ? SIGNED : WHOLE;
  const value = cell === '' && column >= REQUIRED_COLUMNS ? 0 : wholeNumber(cell, signed);
  if (value === undefined || (column === COLUMN.align && !isAlign(value))) {
    return { problem: `${name} is ${quoted(cell)}`, expected };
  }
  switch (column) {
    case COLUMN.id:
      event.id = value;
      break;
    case COLUMN.size:
      event.size = value;
      break;
    case COLUMN.align:
      event.align = value;
      break;
    case COLUMN.offset:
      event.offset = value;
      break;
    case COLUMN.span:
      event.span = value;
      break;
    default:
      event.cpu = value;
  }
  return undefined;
}

/** A plain decimal without plus sign or leading zeros, at most 2^53 − 1 in size. */
function wholeNumber(cell: string, signed: boolean): number | undefined {
  const plain = signed ? /^(0|-?[1-9]\d{0,15})$/ : /^(0|[1-9]\d{0,15})$/;
  const value = plain.test(cell) ? Number(cell) : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}
