import { escapeControls } from '../../traces/input-error';
import { fittedTableLines, wrappedText, type Alignment, type Terminal } from '../text-columns';

/** A section of an explanation before it is known how wide a terminal is: lines, and tables between them. */
export type Section = readonly (string | Columns)[];

/** Rows of cells, under a header where they have one. */
export interface Columns {
  readonly alignments: readonly Alignment[];
  readonly header: readonly string[] | undefined;
  readonly rows: readonly (readonly string[])[];
}

/** The rows as a part of a section; nothing at all without rows. */
export function columns(
  alignments: readonly Alignment[],
  header: readonly string[] | undefined,
  rows: readonly (readonly string[])[],
): Columns[] {
  return rows.length === 0 ? [] : [{ alignments, header, rows }];
}

/** A line each, tables indented by two. */
export function sectionText(section: Section, terminal: Terminal = {}): string {
  return section
    .flatMap((part) =>
      typeof part === 'string'
        ? [wrappedText(escapeControls(part), terminal.columns)]
        : columnsLines(part, terminal).map((line) => `  ${line}`.trimEnd()),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function columnsLines(
  { alignments, header, rows }: Columns,
  { columns: width, ...terminal }: Terminal,
): string[] {
  const laid = alignments.map((align, index) => ({
    title: header?.[index] ?? '',
    align,
    isKey: index === 0,
    flows: align === 'left' && index === alignments.length - 1,
    cell: (row: readonly string[]) => escapeControls(row[index] ?? ''),
  }));
  const lines = fittedTableLines(laid, rows, {
    ...terminal,
    ...(width !== undefined && { columns: width - INDENT }),
  });
  return header === undefined ? lines.slice(1) : lines;
}

const INDENT = 2;
