import { groupedInteger } from '../../harness/metrics/format';

export interface TextColumn<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The cell, already safe for a terminal. */
  readonly cell: (row: Row) => string;
}

/** A terminal is for one look; other formats have all rows. */
const ROWS_SHOWN = 20;

/** A titled table, cut after twenty rows; nothing at all where there are none. */
export function textTable<Row>(
  title: string,
  rows: readonly Row[],
  columns: readonly TextColumn<Row>[],
): string {
  if (rows.length === 0) {
    return '';
  }
  const cells = rows.slice(0, ROWS_SHOWN).map((row) => columns.map(({ cell }) => cell(row)));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((each) => each[index]!.length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) =>
        columns[index]!.align === 'left' ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!),
      )
      .join('  ')
      .trimEnd();
  const rest = rows.length - cells.length;
  return [
    title,
    line(columns.map((column) => column.title)),
    ...cells.map(line),
    ...(rest === 0 ? [] : [`${groupedInteger(rest)} more; --format csv has them all`]),
    '',
  ].join('\n');
}
