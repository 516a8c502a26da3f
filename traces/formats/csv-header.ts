import { didYouMean } from '../input-error';
import { COLUMN_NAMES } from '../trace';
import type { CellProblem } from './bounded-texts';
import { REQUIRED_COLUMNS, quoted } from './cells';

/** The header line of a canonical CSV: which columns the rows have, in which order. */

const EXPECTED_COLUMNS =
  `a header line with ${COLUMN_NAMES.slice(0, REQUIRED_COLUMNS).join(',')}` +
  ` and any of ${COLUMN_NAMES.slice(REQUIRED_COLUMNS).join(',')}`;

export interface HeaderProblem extends CellProblem {
  /** The cell it is about, from 0; one past the last for what is missing. */
  readonly cell: number;
}

/** The columns in the file's order, as their places in `COLUMN_NAMES`; or what is wrong with the header. */
export function readHeader(cells: readonly string[]): readonly number[] | HeaderProblem {
  const columns: number[] = [];
  for (const [cell, name] of cells.entries()) {
    const column = (COLUMN_NAMES as readonly string[]).indexOf(name);
    if (column < 0) {
      const problem = `unknown column ${quoted(name)}${didYouMean(name, COLUMN_NAMES)}`;
      return { cell, problem, expected: EXPECTED_COLUMNS };
    }
    if (columns.includes(column)) {
      return { cell, problem: `column ${name} stands here again`, expected: 'each column once' };
    }
    columns.push(column);
  }
  for (const [column, name] of COLUMN_NAMES.slice(0, REQUIRED_COLUMNS).entries()) {
    if (columns.includes(column)) {
      continue;
    }
    return { cell: cells.length, problem: `column ${name} is missing`, expected: EXPECTED_COLUMNS };
  }
  return columns;
}

/**
 * Whether the first line of these bytes is, or is meant to be, the header of a canonical trace: it names a column
 * `op`, or three columns that only such a trace has together.
 */
export function looksLikeCsv(head: Buffer): boolean {
  const lineEnd = head.indexOf('\n');
  const line = head.toString('utf8', 0, lineEnd < 0 ? head.length : lineEnd);
  const cells = line.replace(/^\ufeff/, '').split(',');
  const names = cells.map((cell) => cell.trim().replaceAll('"', '').toLowerCase());
  return names.includes('op') || ['id', 'size', 'align'].every((name) => names.includes(name));
}
