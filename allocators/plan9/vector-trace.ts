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
  const lines = text.split('\n');
  const header = lines[0]!.replace('\r', '').split(',');
  if (header.length < 3 || header.some((name, column) => name !== COLUMNS[column])) {
    throw new InputError({
      where: `${file}:1:1`,
      problem: 'no header of a vector trace',
      expected: `${COLUMNS.join(',')} or its first three or more columns`,
    });
  }
  const operations: VectorOperation<Op>[] = [];
  for (let line = 1; line < lines.length; line++) {
    const row = lines[line]!.replace('\r', '');
    if (row !== '') {
      operations.push(readRow(row.split(','), header.length, `${file}:${line + 1}`, ops));
    }
  }
  return operations;
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
