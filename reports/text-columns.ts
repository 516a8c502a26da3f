import { escapeControls } from '../traces/input-error';

/** Text in columns, two blanks apart and as wide as their widest cells: how every table for a terminal is laid out. */

export type Alignment = 'left' | 'right';

/**
 * A line a row, without blanks at its end. A column without an alignment is aligned left; a row may be short of
 * columns.
 */
export function alignedLines(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
  isMarked: (row: number, column: number) => boolean = () => false,
): string[] {
  const safe = rows.map((row) => row.map(escapeControls));
  const widths: number[] = [];
  for (const row of safe) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const padded = (cell: string, column: number) =>
    alignments[column] === 'right' ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return safe.map((row, index) =>
    row
      .map((cell, column) => (isMarked(index, column) ? bold(padded(cell, column)) : padded(cell, column)))
      .join('  ')
      .trimEnd(),
  );
}

/** Bold and red, of the letters alone. */
const bold = (cell: string): string => cell.replace(/\S.*\S|\S/, '\u001b[1;31m$&\u001b[0m');

/** The same as one text, every line ended. */
export function alignedText(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string {
  return alignedLines(rows, alignments)
    .map((line) => `${line}\n`)
    .join('');
}

/** What is known of the terminal that a text is for; nothing where it goes to a file or a pipe. */
export interface Terminal {
  /** Letters in a line. */
  readonly columns?: number;
  readonly hasColours?: boolean;
}

export interface TextColumn<Row> {
  readonly title: string;
  readonly align: Alignment;
  /** The cell, already safe for a terminal. */
  readonly cell: (row: Row) => string;
  /** Says which row it is: stands first in every part of a table that is cut in parts. */
  readonly isKey?: boolean;
  /** Columns of one group stay in one part as long as they fit. */
  readonly group?: string;
  /** The last column may be of words: these go on in further lines where there is no room for them in one. */
  readonly flows?: boolean;
  /** Whether a cell is marked by colour, where there are colours. */
  readonly isMarked?: (row: Row) => boolean;
}

/** A line of titles, then a line a row. */
export function tableLines<Row>(columns: readonly TextColumn<Row>[], rows: readonly Row[]): string[] {
  return laidOut(textColumns(columns, rows));
}

/**
 * The same for a terminal so many letters wide: where the table is wider, key columns that say the same in every row
 * become a line above it, and the others are dealt to parts below one another. Names that even then are too long are
 * cut.
 */
export function fittedTableLines<Row>(
  columns: readonly TextColumn<Row>[],
  rows: readonly Row[],
  { columns: width, hasColours = false }: Terminal,
): string[] {
  const all = textColumns(columns, rows, hasColours);
  if (width === undefined || widthOf(all) <= width) {
    return laidOut(all, width);
  }
  const constant = all.filter(({ isKey, cells }) => isKey && cells.every((cell) => cell === cells[0]));
  const kept = all.filter((column) => !constant.includes(column));
  const above = constant
    .filter(({ cells }) => cells.length > 0 && cells[0] !== '')
    .map(({ title, cells }) => cut(`${title}: ${cells[0]!}`, width));
  return [...above, ...(widthOf(kept) <= width ? laidOut(kept, width) : partLines(kept, width))];
}

/** A column as it will stand there. */
interface LaidColumn {
  readonly title: string;
  readonly align: Alignment;
  readonly isKey: boolean;
  readonly group: string | undefined;
  readonly flows: boolean;
  readonly cells: readonly string[];
  readonly marks: readonly boolean[];
}

function textColumns<Row>(
  columns: readonly TextColumn<Row>[],
  rows: readonly Row[],
  hasColours = false,
): LaidColumn[] {
  return columns.map(({ title, align, cell, isKey = false, group, flows = false, isMarked }) => ({
    title,
    align,
    isKey,
    group,
    flows,
    cells: rows.map(cell),
    marks: rows.map((row) => hasColours && isMarked?.(row) === true),
  }));
}

function laidOut(columns: readonly LaidColumn[], width?: number): string[] {
  const rows = (columns[0]?.cells ?? []).map((_, row) => columns.map(({ cells }) => cells[row]!));
  const lines = alignedLines(
    [columns.map(({ title }) => title), ...rows],
    columns.map(({ align }) => align),
    (row, column) => columns[column]!.marks[row - 1] === true,
  );
  const start = widthOf(columns.filter(({ flows }) => !flows)) + GAP;
  return width !== undefined && columns.at(-1)?.flows === true
    ? lines.flatMap((line) => wrappedLines(line, width, start))
    : lines;
}

const GAP = 2;

/** The narrowest that a column of words may become. */
const FLOWING_WIDTH_MIN = 20;

function columnWidth({ title, cells, flows }: LaidColumn): number {
  const width = Math.max(title.length, ...cells.map(({ length }) => length));
  return flows ? Math.min(width, FLOWING_WIDTH_MIN) : width;
}

function widthOf(columns: readonly LaidColumn[]): number {
  return columns.reduce((sum, column) => sum + columnWidth(column) + GAP, -GAP);
}

/** The narrowest that a column of names may become: enough to tell engines apart. */
const KEY_WIDTH_MIN = 12;

function partLines(columns: readonly LaidColumn[], width: number): string[] {
  // Words may lose their ends, figures never do.
  const others = columns
    .filter(({ isKey }) => !isKey)
    .map((column) =>
      column.align === 'right' || column.flows
        ? column
        : { ...column, cells: column.cells.map((cell) => cut(cell, Math.floor(width / 2))) },
    );
  const widest = Math.max(0, ...others.map(columnWidth));
  const keys = narrowed(
    columns.filter(({ isKey }) => isKey),
    Math.max(width - widest - GAP, KEY_WIDTH_MIN),
  );
  const parts: LaidColumn[][] = [];
  for (const group of groupsOf(others)) {
    const last = parts[parts.length - 1];
    if (last !== undefined && widthOf([...keys, ...last, ...group]) <= width) {
      last.push(...group);
      continue;
    }
    for (const column of group) {
      const open = column === group[0] ? undefined : parts[parts.length - 1];
      if (open !== undefined && widthOf([...keys, ...open, column]) <= width) {
        open.push(column);
      } else {
        parts.push([column]);
      }
    }
  }
  return parts.flatMap((part, index) => [
    ...(index === 0 ? [] : ['']),
    ...laidOut([...keys, ...part], width),
  ]);
}

/** Neighbours of one group together; a column without a group is one by itself. */
function groupsOf(columns: readonly LaidColumn[]): LaidColumn[][] {
  const groups: LaidColumn[][] = [];
  for (const column of columns) {
    const last = groups[groups.length - 1];
    if (last !== undefined && column.group !== undefined && last[0]!.group === column.group) {
      last.push(column);
    } else {
      groups.push([column]);
    }
  }
  return groups;
}

/** Key columns that together take no more room than there is, the longest cut first. */
function narrowed(keys: readonly LaidColumn[], room: number): LaidColumn[] {
  const widths = keys.map(columnWidth);
  const total = () => widths.reduce((sum, each) => sum + each + GAP, -GAP);
  while (total() > room && Math.max(...widths) > KEY_WIDTH_MIN) {
    widths[widths.indexOf(Math.max(...widths))]!--;
  }
  return keys.map((key, index) => ({ ...key, cells: key.cells.map((cell) => cut(cell, widths[index]!)) }));
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 0))}…`;
}

/**
 * Words in lines no wider than this. A line that is too long goes on under its last column, which is where two blanks
 * stand before it, or under its own beginning where it has no columns.
 */
export function wrappedText(text: string, width: number | undefined): string {
  return width === undefined
    ? text
    : text
        .split('\n')
        .flatMap((line) => wrappedLines(line, width))
        .join('\n');
}

function wrappedLines(line: string, width: number, column = continuationColumn(line, width)): string[] {
  const lines: string[] = [];
  const start = ' '.repeat(column);
  let rest = line;
  while (rest.length > width) {
    const within = rest.lastIndexOf(' ', width);
    // A word that is wider than the line stays whole.
    const end = within > start.length ? within : rest.indexOf(' ', Math.max(width, start.length + 1));
    if (end < 0) {
      break;
    }
    lines.push(rest.slice(0, end).trimEnd());
    rest = start + rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** Narrower than three tenths of the line a column of words is unreadable. */
const CONTINUATION_TENTHS_MAX = 7;
const CONTINUATION_INDENT = 4;

function continuationColumn(line: string, width: number): number {
  const indent = line.search(/\S/);
  const columns = [...line.matchAll(/(?<=\S) {2,}(?=\S)/g)].map(({ 0: gap, index }) => index + gap.length);
  const last = columns.filter((column) => column * 10 <= width * CONTINUATION_TENTHS_MAX).at(-1);
  return last ?? (columns.length === 0 ? Math.max(indent, 0) : indent + CONTINUATION_INDENT);
}
