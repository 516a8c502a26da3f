import { OP, OP_NAMES, type OpName, type TraceEvent } from '../../traces/trace';

/**
 * An operation of a conformance run: the columns of a canonical trace that matter to an engine, so that a failing
 * sequence can be saved as a trace and replayed.
 */
export interface ConformanceOperation {
  readonly op: OpName;
  readonly id: number;
  readonly size: number;
  readonly align: number;
  readonly offset: number;
  readonly span: number;
  readonly site: string;
  readonly call: string;
  readonly value: string;
}

export function operation(
  op: OpName,
  id = 0,
  size = 0,
  align = 0,
  offset = 0,
  span = 0,
): ConformanceOperation {
  return { op, id, size, align, offset, span, site: '', call: '', value: '' };
}

/** Reads a row of a canonical trace: `alloc,1,4040,0`. Texts are not quoted. */
export function parseOperation(row: string): ConformanceOperation {
  const [op = '', ...cells] = row.split(',');
  const [id, size, align, offset, span] = Array.from({ length: 5 }, (_, cell) => Number(cells[cell] ?? 0));
  if (!OP_NAMES.includes(op as OpName) || ![id, size, align, offset, span].every(Number.isSafeInteger)) {
    throw new RangeError(`"${row}" is no row of a trace`);
  }
  const [site = '', call = '', value = ''] = cells.slice(6);
  return { ...operation(op as OpName, id, size, align, offset, span), site, call, value };
}

/** The row of a canonical trace, without the empty cells at its end. */
export function operationText(of: ConformanceOperation): string {
  const { op, id, size, align, offset, span, site, call, value } = of;
  const cells = [op, id, size, align, offset, span, 0, site, call, value].map(String);
  while (cells.length > REQUIRED_CELLS && ['0', ''].includes(cells.at(-1)!)) {
    cells.pop();
  }
  return cells.join(',');
}

/** Operation, id, size and alignment are always written. */
const REQUIRED_CELLS = 4;

/** Fills an event with the operation; `intern` gives the index of a text. */
export function fillEvent(
  from: ConformanceOperation,
  event: TraceEvent,
  intern: (text: string) => number,
): void {
  event.set(OP[from.op], from.id, from.size, from.align);
  event.offset = from.offset;
  event.span = from.span;
  event.site = intern(from.site);
  event.call = intern(from.call);
  event.value = intern(from.value);
}
