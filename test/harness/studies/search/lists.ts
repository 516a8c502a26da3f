import { Readable } from 'node:stream';
import { listOfTrace, traceOfList } from '../../../../harness/cli/names/event-lists';
import { createRegistries } from '../../../../harness/cli/names/registries';
import { parsePricing } from '../../../../harness/pricing/specification';
import type { EngineDefinition } from '../../../../harness/replay/port';
import { createStack } from '../../../../harness/replay/stack';
import type { EventList } from '../../../../harness/studies/search/event-list';
import type { TrialPlan } from '../../../../harness/studies/search/trial';
import { openTrace } from '../../../../traces/open';

/** Lists of events and engines to try them on, for the tests of the search. */

const LONG = 1_000_000;

export async function listOf(specification: string): Promise<EventList> {
  return (await listOfTrace(await openTrace(specification), LONG))!;
}

/** A list of rows `alloc,0,64`, as canonical CSV has them. */
export async function listOfRows(...rows: readonly string[]): Promise<EventList> {
  const full = rows.map((row) => row + ',0'.repeat(Math.max(0, 4 - row.split(',').length)));
  const stdin = Readable.from([Buffer.from(['op,id,size,align', ...full, ''].join('\n'))]);
  return (await listOfTrace(await openTrace('-', { format: 'csv', stdin }), LONG))!;
}

export const rowsOf = ({ events }: EventList): string[] =>
  events.map(({ op, id, size }) => ['alloc', 'free', 'realloc'][op]! + `,${id},${size}`);

export const traceOf = traceOfList('tried', { kind: 'recorded', format: 'csv' });

const HEAP_PAGES = 256;

export function planFor(engine: EngineDefinition | string, heapPages = HEAP_PAGES): TrialPlan {
  const registries = createRegistries();
  const definition = typeof engine === 'string' ? registries.engineNamed(engine) : engine;
  return {
    createStack: (watch) =>
      createStack(definition, {}, { heapPages, virtualPages: 1 << 15, ...watch }, (name) =>
        registries.engineNamed(name),
      ),
    pricing: parsePricing('flat'),
  };
}
