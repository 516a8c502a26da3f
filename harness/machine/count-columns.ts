/**
 * Domain counts in columns, one an event: most events do not happen in most batches, and a column in which none did is
 * zero, so that nobody need clear, copy or read it. Which may have counts is said as a set of events, a bit each.
 */
export type CountColumns = readonly Float64Array[];

/** The columns in an array, one right after the other. */
export function columnsOf(counts: Float64Array, rows: number): CountColumns {
  return Array.from({ length: counts.length / rows }, (_, event) =>
    counts.subarray(event * rows, (event + 1) * rows),
  );
}

export function hasEvent(events: number, event: number): boolean {
  return ((events >> event) & 1) !== 0;
}

/** The counts of one row, by event. */
export function countsOf(columns: CountColumns, row: number): readonly number[] {
  return columns.map((counts) => counts[row]!);
}

/** Makes the first rows of some events zero. */
export function clearCounts(columns: CountColumns, events: number, rows: number): void {
  for (let event = 0; event < columns.length; event++) {
    if (hasEvent(events, event)) {
      columns[event]!.fill(0, 0, rows);
    }
  }
}

/**
 * Copies the first rows of some events; the columns of all others are zero afterwards.
 * @param before which columns may not be zero now
 */
export function copyCounts(
  into: CountColumns,
  before: number,
  from: CountColumns,
  events: number,
  rows: number,
): void {
  for (let event = 0; event < into.length; event++) {
    if (hasEvent(events, event)) {
      into[event]!.set(from[event]!.subarray(0, rows));
    } else if (hasEvent(before, event)) {
      into[event]!.fill(0);
    }
  }
}
