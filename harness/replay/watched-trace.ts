import type { EventSource, TextTable, Trace, TraceEvent } from '../../traces/trace';

/** Told of every event before it is replayed. */
export type EventWatcher = (index: number, event: TraceEvent, texts: TextTable) => void;

/**
 * A trace that tells every event to `watch` before it hands it out, and ends after the event `last`: a replay of it
 * does nothing else than a replay of the trace itself.
 */
export function watchedTrace(trace: Trace, last: number, watch: EventWatcher): Trace {
  return {
    header: trace.header,
    open: async () => watchedSource(await trace.open(), last, watch),
  };
}

function watchedSource(source: EventSource, last: number, watch: EventWatcher): EventSource {
  let index = 0;
  return {
    header: source.header,
    texts: source.texts,
    next: (event, lastPlacement) => {
      if (index > last || !source.next(event, lastPlacement)) {
        return false;
      }
      watch(index++, event, source.texts);
      return true;
    },
    refill: async () => index <= last && (await source.refill()),
    // Of the events up to `last` alone: nobody compares it with the identity of the whole.
    identity: () => (index <= last ? source.identity() : ''),
    close: () => source.close(),
  };
}
