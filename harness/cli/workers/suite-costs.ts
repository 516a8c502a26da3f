import { NOTHING, TraceEvent, type Trace } from '../../../traces/trace';
import { InputError, UsageError } from '../../../traces/input-error';
import type { Cell, Registries } from '../../results/cell';
import { estimatedAccesses } from '../../suite/accesses';
import type { PlannedCell } from '../../suite/matrix';
import type { Progress } from './progress';

/** No more events than these are counted: beyond them one estimate is as good as another. */
const EVENTS_COUNTED_MAX = 1 << 22;

/** An adaptive generator says how long it is only to an engine. */
const EVENTS_ADAPTIVE = 50_000;

/** Estimates of all cells, the same on every host: the events of their traces are counted, each trace once. */
export async function estimatedCosts(
  cells: readonly PlannedCell[],
  registries: Registries,
): Promise<number[]> {
  const costs: number[] = [];
  for await (const [index, events] of countedEvents(cells, registries)) {
    costs.push(estimatedAccesses(cells[index]!, events));
  }
  return costs;
}

/** The events that each cell replays, each trace counted once. */
async function* countedEvents(
  cells: readonly { readonly cell: Cell }[],
  registries: Registries,
): AsyncGenerator<[index: number, events: number]> {
  const counts = new Map<string, number>();
  for (const [index, { cell }] of cells.entries()) {
    const name = JSON.stringify(cell.trace);
    const events = counts.get(name) ?? (await eventCount(await registries.openTrace(cell.trace)));
    counts.set(name, events);
    yield [index, events];
  }
}

/**
 * Tells a progress how many events its cells have; standard input is not to be read twice. What is wrong with a
 * trace is for its replay to say.
 */
export async function expectEvents(
  progress: Progress,
  cells: readonly { readonly cell: Cell }[],
  registries: Registries,
): Promise<void> {
  if (cells.some(({ cell }) => cell.trace.specification === '-')) {
    return;
  }
  try {
    for await (const [index, events] of countedEvents(cells, registries)) {
      progress.expect(index, events);
    }
  } catch (error) {
    if (!(error instanceof InputError || error instanceof UsageError)) {
      throw error;
    }
  }
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
