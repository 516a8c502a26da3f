import { recordedTraces } from '../../../traces/shipped';
import type { EventList } from '../../studies/search/event-list';
import type { Quotable } from '../../studies/search/expansion';
import type { Genome } from '../../studies/search/genome';
import { listOfTrace } from './event-lists';
import { openEvents } from './registries';

/** What searches begin with: recordings, patterns against one kind of allocator, storms, and what users name. */

/** Longer than any recording that ships. */
const EVENTS_MAX = 1_000_000;
/** Of a long trace so many excerpts are tried, from its beginning to its end. */
const EXCERPTS_MAX = 4;

const SYNTHETIC = [
  'synth:adversary/alternating-buddies',
  'synth:adversary/ascending-frees?count=1500',
  'synth:adversary/ascending-sizes?count=600',
  'synth:adversary/comb?count=1500',
  'synth:adversary/descending-frees?count=1500',
  'synth:adversary/odd-even-frees?count=1500',
  'synth:adversary/slivers?count=1000',
  'synth:churn?live=1000&ops=2000',
  'synth:half-page-storm?live=500&ops=1000',
  'synth:near-page-storm?live=500&ops=1000',
];

export const startsByDefault = (): readonly string[] => [
  ...recordedTraces().map(({ name }) => `recorded:${name}`),
  ...SYNTHETIC,
];

export interface SearchStarts {
  readonly quotable: Quotable;
  readonly genomes: readonly Genome[];
}

/** Reads traces and takes excerpts of so many events. Rejects as opening them does. */
export async function searchStarts(
  specifications: readonly string[],
  eventsInExcerpt: number,
): Promise<SearchStarts> {
  const quotable = new Map<string, EventList>();
  const genomes: Genome[] = [];
  for (const specification of specifications) {
    const list = await listOfTrace(await openEvents({ specification }), EVENTS_MAX);
    if (list !== undefined) {
      quotable.set(specification, list);
      genomes.push(...excerpts(specification, list.events.length, eventsInExcerpt));
    }
  }
  return { quotable, genomes };
}

function excerpts(trace: string, events: number, eventsInExcerpt: number): Genome[] {
  const count = Math.min(EXCERPTS_MAX, Math.max(1, Math.ceil(events / eventsInExcerpt)));
  const last = Math.max(0, events - eventsInExcerpt);
  return Array.from({ length: count }, (_, index) => ({
    phases: [
      {
        kind: 'excerpt',
        trace,
        start: count === 1 ? 0 : Math.floor((last * index) / (count - 1)),
        perMille: 1000,
        numerator: 1,
        denominator: 1,
      },
    ],
  }));
}
