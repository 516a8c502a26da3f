import { NO_TEXT, OP, TraceEvent, type TextTable, type Trace } from '../../../traces/trace';

/**
 * A short trace as a list: what is cut up, changed and tried again by thousands. Events are shared between lists and
 * never written to.
 */
export interface EventList {
  readonly events: readonly TraceEvent[];
  /** Resolves the text columns. */
  readonly texts: TextTable;
}

/** A list as a trace that can be replayed; handed in, for the harness knows traces by their model alone. */
export type TraceOf = (list: EventList) => Trace;

const BEGINS: ReadonlySet<number> = new Set([OP.alloc, OP.alignedalloc, OP.heap, OP.temp]);
const WITHOUT_OBJECT: ReadonlySet<number> = new Set([
  OP.compact,
  OP.check,
  OP.dump,
  OP.enter,
  OP.leave,
  OP.freeall,
  OP.ctxfree,
]);

export const isBeginning = ({ op }: TraceEvent): boolean => BEGINS.has(op);

/** Whether two events are the same but for their object and size. */
export const isAlike = (a: TraceEvent, b: TraceEvent): boolean =>
  a.op === b.op &&
  a.align === b.align &&
  a.offset === b.offset &&
  a.span === b.span &&
  a.cpu === b.cpu &&
  a.site === b.site &&
  a.call === b.call &&
  a.value === b.value;

/** A copy with some columns changed. */
export function changed(event: TraceEvent, columns: Partial<TraceEvent>): TraceEvent {
  const copy = new TraceEvent();
  copy.copyFrom(event);
  return Object.assign(copy, columns);
}

/**
 * The positions of events that can only stand or fall together, in the order of their first: those of one object from
 * its allocation on, those that open and close a call, and every other event by itself.
 */
export function unitsOf(events: readonly TraceEvent[]): number[][] {
  const units: number[][] = [];
  const unitOfId = new Map<number, number[]>();
  const openCalls: number[][] = [];
  const begin = (position: number): number[] => {
    const unit = [position];
    units.push(unit);
    return unit;
  };
  for (const [position, event] of events.entries()) {
    const own = unitOfId.get(event.id);
    if (isBeginning(event)) {
      unitOfId.set(event.id, begin(position));
    } else if (event.op === OP.enter) {
      openCalls.push(begin(position));
    } else if (event.op === OP.leave && openCalls.length > 0) {
      openCalls.pop()!.push(position);
    } else if (WITHOUT_OBJECT.has(event.op) || own === undefined) {
      begin(position);
    } else {
      own.push(position);
    }
  }
  return units;
}

/** The events with a number of its own for every object, from 0 in the order of their allocations. */
export function renumbered(events: readonly TraceEvent[]): TraceEvent[] {
  const numbers = new Map<number, number>();
  let count = 0;
  return events.map((event) => {
    if (isBeginning(event)) {
      numbers.set(event.id, count++);
    }
    return WITHOUT_OBJECT.has(event.op) ? event : changed(event, { id: numbers.get(event.id) ?? event.id });
  });
}

/** Whether an event says anything beside operation, object, size and alignment. */
export const saysMore = ({ cpu, site, call, value }: TraceEvent): boolean =>
  cpu !== 0 || site !== NO_TEXT || call !== NO_TEXT || value !== NO_TEXT;
