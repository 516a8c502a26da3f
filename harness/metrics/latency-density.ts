import * as v from 'valibot';
import { counts, positive, type Shape } from './schema';

/**
 * Where in a trace the costs fell: a raster of operation index × cycles for pictures. Columns are equal stretches of
 * the trace (their width doubles when the trace outgrows them), rows split every power of two in four.
 */

/** Columns are paired up when the last one is full, so a long trace has 128 to 256. */
const DENSITY_COLUMNS_MAX = 256;
const ROWS_PER_OCTAVE = 4;
/** Costs are below 2^53. */
const DENSITY_ROWS = 52 * ROWS_PER_OCTAVE;

const column = v.pipe(
  counts,
  v.check(
    (cells) =>
      cells.length % 2 === 0 &&
      cells.every((cell, index) =>
        index % 2 === 1 ? cell > 0 : cell < DENSITY_ROWS && (index === 0 || cell > cells[index - 2]!),
      ),
    `rows below ${DENSITY_ROWS} ascending, each followed by its count`,
  ),
);

export const density = v.strictObject({
  operationsPerColumn: positive,
  /** Per column the occupied rows ascending, each followed by its count: row, count, row, count … */
  columns: v.pipe(
    v.array(column),
    v.maxLength(DENSITY_COLUMNS_MAX, `at most ${DENSITY_COLUMNS_MAX} columns`),
  ),
});
export type Density = Shape<typeof density>;

export class LatencyDensity {
  private readonly counts = new Float64Array(DENSITY_COLUMNS_MAX * DENSITY_ROWS);
  private operationsPerColumn = 1;
  private columnsUsed = 0;
  /** Where the column of the last operation ends, and where it is. */
  private columnEnd = 0;
  private columnStart = 0;

  /** @param operation index of the event; never less than the one before */
  add(operation: number, cycles: number): void {
    if (operation >= this.columnEnd) {
      this.nextColumn(operation);
    }
    this.counts[this.columnStart + densityRowOf(cycles)]!++;
  }

  private nextColumn(operation: number): void {
    while (operation >= DENSITY_COLUMNS_MAX * this.operationsPerColumn) {
      this.pairColumns();
    }
    const column = Math.floor(operation / this.operationsPerColumn);
    this.columnsUsed = column + 1;
    this.columnStart = column * DENSITY_ROWS;
    this.columnEnd = this.columnsUsed * this.operationsPerColumn;
  }

  finish(): Density {
    const columns = Array.from({ length: this.columnsUsed }, (_, column) => this.cellsOf(column));
    return { operationsPerColumn: this.operationsPerColumn, columns };
  }

  private cellsOf(column: number): number[] {
    const cells: number[] = [];
    for (let row = 0; row < DENSITY_ROWS; row++) {
      const count = this.counts[column * DENSITY_ROWS + row]!;
      if (count > 0) {
        cells.push(row, count);
      }
    }
    return cells;
  }

  private pairColumns(): void {
    const { counts } = this;
    for (let column = 0; column < DENSITY_COLUMNS_MAX / 2; column++) {
      for (let row = 0; row < DENSITY_ROWS; row++) {
        const first = counts[column * 2 * DENSITY_ROWS + row]!;
        counts[column * DENSITY_ROWS + row] = first + counts[(column * 2 + 1) * DENSITY_ROWS + row]!;
      }
    }
    counts.fill(0, counts.length / 2);
    this.operationsPerColumn *= 2;
  }
}

/** The row of a cost: costs below 4 have one each, then four to every power of two. */
export function densityRowOf(cycles: number): number {
  if (cycles < ROWS_PER_OCTAVE) {
    return cycles;
  }
  let mantissa = cycles;
  let row = 0;
  while (mantissa >= 0x1_0000_0000) {
    mantissa = Math.floor(mantissa / 2);
    row += ROWS_PER_OCTAVE;
  }
  const exponent = 31 - Math.clz32(mantissa);
  return row + (exponent - 1) * ROWS_PER_OCTAVE + ((mantissa >>> (exponent - 2)) & 3);
}

/** The smallest cost of a row, in cycles. */
export function densityRowStart(row: number): number {
  let start = row < ROWS_PER_OCTAVE ? row : ROWS_PER_OCTAVE + (row % ROWS_PER_OCTAVE);
  for (let octave = 2 * ROWS_PER_OCTAVE; octave <= row; octave += ROWS_PER_OCTAVE) {
    start *= 2;
  }
  return start;
}
