/** Text in columns, two blanks apart and as wide as their widest cells: how every table for a terminal is laid out. */

export type Alignment = 'left' | 'right';

/**
 * A line a row, without blanks at its end. A column without an alignment is aligned left; a row may be short of
 * columns.
 */
export function alignedLines(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const padded = (cell: string, column: number) =>
    alignments[column] === 'right' ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return rows.map((row) => row.map(padded).join('  ').trimEnd());
}

/** The same as one text, every line ended. */
export function alignedText(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string {
  return alignedLines(rows, alignments)
    .map((line) => `${line}\n`)
    .join('');
}

export interface TextColumn<Row> {
  readonly title: string;
  readonly align: Alignment;
  /** The cell, already safe for a terminal. */
  readonly cell: (row: Row) => string;
}

/** A line of titles, then a line a row. */
export function tableLines<Row>(columns: readonly TextColumn<Row>[], rows: readonly Row[]): string[] {
  const titles = columns.map(({ title }) => title);
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  return alignedLines(
    [titles, ...cells],
    columns.map(({ align }) => align),
  );
}
