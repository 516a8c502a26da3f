import { stringify } from 'csv-stringify/sync';
import { escapeControls } from '../../traces/input-error';

/** A cell: a number stays one, a text may be anything, undefined is an empty cell. */
export type Cell = string | number | undefined;

/** A column of a table of rows. */
export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => Cell;
}

/** RFC 4180 with LF line ends, one line a row whatever its texts hold: a header line, then the rows. */
export function csvText<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return stringify([
    columns.map(({ name }) => harmless(name)),
    ...rows.map((row) => columns.map(({ cell }) => printed(cell(row)))),
  ]);
}

function printed(cell: Cell): string {
  return cell === undefined ? '' : typeof cell === 'number' ? String(cell) : harmless(escapeControls(cell));
}

/** What spreadsheets take for the start of a formula, also in its full-width forms. */
const FORMULA_START = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/**
 * A text that no spreadsheet will run as a formula: an apostrophe goes before one that looks like it (OWASP, "CSV
 * Injection"). Numbers are ours and need none.
 */
export function harmless(text: string): string {
  return FORMULA_START.test(text) ? `'${text}` : text;
}
