import { EventColumns, holdEvents } from '../../../traces/columns';
import type { OpenedTrace } from '../../../traces/open';
import { TraceEvent, type TraceOrigin } from '../../../traces/trace';
import type { EventList, TraceOf } from '../../studies/search/event-list';

/** Traces as lists that a search cuts up, and lists as traces. */

/** Makes traces of lists under one name. */
export function traceOfList(name: string, origin: TraceOrigin): TraceOf {
  return ({ events, texts }) => {
    const columns = new EventColumns(texts);
    events.forEach((event) => columns.append(event));
    return columns.trace({ name, origin });
  };
}

/** The events of a trace; undefined where there are more than `eventsMax`. */
export async function listOfTrace(trace: OpenedTrace, eventsMax: number): Promise<EventList | undefined> {
  const held = trace.held ?? (await holdEvents(await trace.open(), eventsMax));
  if (held === undefined || held.length > eventsMax) {
    return undefined;
  }
  const events = Array.from({ length: held.length }, (_, index) => {
    const event = new TraceEvent();
    held.event(index, event);
    return event;
  });
  return { events, texts: held.texts };
}
