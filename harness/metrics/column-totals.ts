/**
 * Adds the first `rows` rows of a table to the totals of its columns, as many as there are totals. Column by column: a
 * sum then stays in a register.
 */
export function addColumns(totals: Float64Array, table: Float64Array, rows: number): void {
  const columns = totals.length;
  const end = rows * columns;
  for (let column = 0; column < columns; column++) {
    let sum = totals[column]!;
    for (let at = column; at < end; at += columns) {
      sum += table[at]!;
    }
    totals[column] = sum;
  }
}
