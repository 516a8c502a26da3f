import { BLOCK_STATES, VISIT_NUMBERS, type BlockVisitor, type Engine, type VisitReader } from './port';

/** Walks by rows, and rows as walks: who looks at millions of blocks reads them in a loop of his own. */

const VISITS_TOGETHER = 1 << 10;

/** Walks an engine's heap by rows, whether or not it has them. */
export function walkInRows(engine: Engine, read: VisitReader): void {
  if (engine.walkRows !== undefined) {
    engine.walkRows(read);
    return;
  }
  const rows = new Float64Array(VISITS_TOGETHER * VISIT_NUMBERS);
  let count = 0;
  engine.walk((start, bytes, state) => {
    const at = count * VISIT_NUMBERS;
    rows[at] = start;
    rows[at + 1] = bytes;
    rows[at + 2] = BLOCK_STATES.indexOf(state);
    count++;
    if (count === VISITS_TOGETHER) {
      read(rows, count);
      count = 0;
    }
  });
  read(rows, count);
}

export function visitRows(rows: Float64Array, count: number, visit: BlockVisitor): void {
  for (let at = 0; at < count * VISIT_NUMBERS; at += VISIT_NUMBERS) {
    visit(rows[at]!, rows[at + 1]!, BLOCK_STATES[rows[at + 2]!]!);
  }
}
