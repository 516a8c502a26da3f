export type Alignment = 'left' | 'right';

/** Rows of cells as text columns, two blanks apart, each line indented by two; nothing at all without rows. */
export function columns(
  alignments: readonly Alignment[],
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  if (rows.length === 0) {
    return [];
  }
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    `  ${row.map((cell, column) => padded(cell, widths[column]!, alignments[column])).join('  ')}`.trimEnd(),
  );
}

function padded(cell: string, width: number, alignment: Alignment | undefined): string {
  return alignment === 'right' ? cell.padStart(width) : cell.padEnd(width);
}
