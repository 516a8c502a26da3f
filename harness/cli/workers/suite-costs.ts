import { NOTHING, OP, TraceEvent, type Trace } from '../../../traces/trace';
import { InputError, UsageError } from '../../../traces/input-error';
import type { Cell, Registries } from '../../results/cell';
import { estimatedAccesses, type TraceSize } from '../../suite/accesses';
import type { Progress } from './progress';

/** No more events than these are counted: beyond them one estimate is as good as another. */
const EVENTS_COUNTED_MAX = 1 << 22;

/** An adaptive generator says how long it is only to an engine. */
const SIZE_ADAPTIVE: TraceSize = { events: 50_000, liveObjectsMax: 256 };

/** Estimates of all cells, the same on every host: the events of their traces are counted, each trace once. */
export async function estimatedCosts(
  cells: readonly { readonly cell: Cell }[],
  registries: Registries,
): Promise<number[]> {
  const costs: number[] = [];
  for await (const [index, size] of sizesOfTraces(cells, registries)) {
    const { cell } = cells[index]!;
    costs.push(estimatedAccesses(cell, registries.engineNamed(cell.engine), size));
  }
  return costs;
}

/** How much each cell replays, each trace counted once. */
async function* sizesOfTraces(
  cells: readonly { readonly cell: Cell }[],
  registries: Registries,
): AsyncGenerator<[index: number, size: TraceSize]> {
  const sizes = new Map<string, TraceSize>();
  for (const [index, { cell }] of cells.entries()) {
    const name = JSON.stringify(cell.trace);
    const size = sizes.get(name) ?? (await sizeOf(await registries.openTrace(cell.trace)));
    sizes.set(name, size);
    yield [index, size];
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
    for await (const [index, { events }] of sizesOfTraces(cells, registries)) {
      progress.expect(index, events);
    }
  } catch (error) {
    if (!(error instanceof InputError || error instanceof UsageError)) {
      throw error;
    }
  }
}

async function sizeOf(trace: Trace): Promise<TraceSize> {
  const { origin } = trace.header;
  if (origin.kind === 'synthetic' && origin.adaptive) {
    return SIZE_ADAPTIVE;
  }
  const source = await trace.open();
  try {
    const event = new TraceEvent();
    let [events, liveObjects, liveObjectsMax] = [0, 0, 0];
    do {
      while (events < EVENTS_COUNTED_MAX && source.next(event, NOTHING)) {
        events++;
        liveObjects += event.op === OP.free ? -1 : event.op === OP.alloc ? 1 : 0;
        liveObjectsMax = Math.max(liveObjectsMax, liveObjects);
      }
    } while (events < EVENTS_COUNTED_MAX && (await source.refill()));
    return { events, liveObjectsMax };
  } finally {
    await source.close();
  }
}
