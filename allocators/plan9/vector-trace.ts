import { didYouMean, InputError } from '../../traces/input-error';

/**
 * Reads the golden vectors' traces: the canonical columns `op,id,size,align,offset,span` with a wider vocabulary
 * (`reset`, `peek`, `add`), id −1 for nil or the whole pool, and stale ids on purpose. Missing trailing cells are 0.
 */
export interface VectorOperation<Op extends string> {
  readonly op: Op;
  readonly id: number;
  readonly size: number;
  readonly align: number;
  readonly offset: number;
  readonly span: number;
  /** The third cell as written: the name of the case that a `reset` begins. */
  readonly label: string;
}

const COLUMNS = ['op', 'id', 'size', 'align', 'offset', 'span'] as const;

/** Parses a whole trace. Throws an `InputError` that names file, line and column of the first malformed cell. */
export function readVectorTrace<Op extends string>(
  text: string,
  file: string,
  ops: readonly Op[],
): VectorOperation<Op>[] {
  const reader = new VectorReader(file, ops);
  return text.split('\n').flatMap((line) => reader.operation(line) ?? []);
}

/** Parses a trace line by line, whatever its length. Throws as `readVectorTrace` does. */
export class VectorReader<Op extends string> {
  private line = 0;
  private columns = 0;

  constructor(
    private readonly file: string,
    private readonly ops: readonly Op[],
  ) {}

  /** The operation of the next line, or undefined where it holds none. */
  operation(line: string): VectorOperation<Op> | undefined {
    const row = line.replace('\r', '');
    this.line++;
    if (this.line === 1) {
      this.header(row.split(','));
      return undefined;
    }
    return row === ''
      ? undefined
      : readRow(row.split(','), this.columns, `${this.file}:${this.line}`, this.ops);
  }

  private header(names: readonly string[]): void {
    if (names.length < 3 || names.some((name, column) => name !== COLUMNS[column])) {
      throw new InputError({
        where: `${this.file}:1:1`,
        problem: 'no header of a vector trace',
        expected: `${COLUMNS.join(',')} or its first three or more columns`,
      });
    }
    this.columns = names.length;
  }
}

function readRow<Op extends string>(
  cells: readonly string[],
  columns: number,
  where: string,
  ops: readonly Op[],
): VectorOperation<Op> {
  const op = cells[0] as Op;
  if (!ops.includes(op)) {
    throw new InputError({
      where: `${where}:1`,
      problem: `unknown operation "${op}"${didYouMean(op, ops)}`,
      expected: `one of ${ops.join(', ')}`,
    });
  }
  if (cells.length > columns) {
    throw new InputError({
      where: `${where}:${cells.slice(0, columns).join(',').length + 2}`,
      problem: `${cells.length} cells`,
      expected: `at most ${columns}`,
    });
  }
  const integer = (column: number) => readInteger(cells, column, where);
  const isReset = (op as string) === 'reset';
  return {
    op,
    id: integer(1),
    size: isReset ? 0 : integer(2),
    align: integer(3),
    offset: integer(4),
    span: integer(5),
    label: cells[2] ?? '',
  };
}

function readInteger(cells: readonly string[], column: number, where: string): number {
  const cell = cells[column] ?? '';
  const value = cell === '' ? 0 : Number(cell);
  if (!/^(-?\d+)?$/.test(cell) || !Number.isSafeInteger(value)) {
    throw new InputError({
      where: `${where}:${cells.slice(0, column).join(',').length + 2}`,
      problem: `"${cell}" in column ${COLUMNS[column]}`,
      expected: 'an integer',
    });
  }
  return value;
}
