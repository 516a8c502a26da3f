import { NOTHING, TraceEvent, type Trace } from '../../../traces/trace';
import type { Registries } from '../../results/cell';
import { estimatedAccesses } from '../../suite/accesses';
import type { PlannedCell } from '../../suite/matrix';

/** No more events than these are counted: beyond them one estimate is as good as another. */
const EVENTS_COUNTED_MAX = 1 << 22;

/** An adaptive generator says how long it is only to an engine. */
const EVENTS_ADAPTIVE = 50_000;

/** Estimates of all cells, the same on every host: the events of their traces are counted, each trace once. */
export async function estimatedCosts(
  cells: readonly PlannedCell[],
  registries: Registries,
): Promise<number[]> {
  const counts = new Map<string, number>();
  const costs: number[] = [];
  for (const planned of cells) {
    const request = planned.cell.trace;
    const name = JSON.stringify(request);
    const events = counts.get(name) ?? (await eventCount(await registries.openTrace(request)));
    counts.set(name, events);
    costs.push(estimatedAccesses(planned, events));
  }
  return costs;
}

async function eventCount(trace: Trace): Promise<number> {
  const { origin } = trace.header;
  if (origin.kind === 'synthetic' && origin.adaptive) {
    return EVENTS_ADAPTIVE;
  }
  const source = await trace.open();
  try {
    const event = new TraceEvent();
    let events = 0;
    do {
      while (events < EVENTS_COUNTED_MAX && source.next(event, NOTHING)) {
        events++;
      }
    } while (events < EVENTS_COUNTED_MAX && (await source.refill()));
    return events;
  } finally {
    await source.close();
  }
}
