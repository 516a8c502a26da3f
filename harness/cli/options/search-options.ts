import type { EngineDefinition } from '../../replay/port';
import type { Material } from '../../studies/search/breeding';
import type { Budget } from '../../studies/search/expansion';
import { constantSizes } from '../../studies/search/learnt-sizes';
import { count, flagUnless, list, type ValuesOf } from './option';

/** What a search may ask of an engine, and how long it looks. */

const GROUP = 'Search:';
const EVENTS_MAX = 1_000_000;
const EVALUATIONS_MAX = 1_000_000_000;
const LIVE_BYTES_DEFAULT = 1 << 24;
const EVENTS_DEFAULT = 4000;
/** About a minute on two processors: so many traces, or fewer where they come to so many accesses before. */
const EVALUATIONS_DEFAULT = 3000;
const ACCESSES_DEFAULT = 4e9;

/** Boots quickly, and has room for twice the live bytes. */
export const SEARCH_HEAP_PAGES = 8192;

export const budgetOptions = {
  liveBytes: count(
    'Most requested bytes that live at once',
    [1, Number.MAX_SAFE_INTEGER],
    { group: GROUP },
    LIVE_BYTES_DEFAULT,
  ),
  events: count('Most events of a trace', [16, EVENTS_MAX], { group: GROUP }, EVENTS_DEFAULT),
  requestBytes: count('Largest request', [1, Number.MAX_SAFE_INTEGER], {
    group: GROUP,
    byDefault: 'as many as may live',
  }),
  unitBytes: count('Every request is a multiple of this', [1, 1 << 20], { group: GROUP }, 1),
  alignBytes: count('Largest alignment that is asked for, a power of two', [0, 1 << 20], { group: GROUP }, 0),
  resize: flagUnless('Do not resize objects: traces without realloc', { group: GROUP }),
  start: list('Begin with this trace, also named again; by default with those that ship', {
    group: GROUP,
    completes: 'trace',
  }),
  seed: count('Where chance begins', [0, Number.MAX_SAFE_INTEGER], { group: GROUP }, 1),
};

export const evaluationsOption = count('Traces to try', [1, EVALUATIONS_MAX], {
  group: GROUP,
  byDefault: `${EVALUATIONS_DEFAULT}, fewer where they are dear: about a minute`,
});

export type BudgetArguments = ValuesOf<typeof budgetOptions>;

/** Two limits of which the first that is reached ends the search. */
export const lengthOf = (
  evaluations: number | undefined,
): { readonly evaluations: number; readonly accessesMax: number } =>
  evaluations === undefined
    ? { evaluations: EVALUATIONS_DEFAULT, accessesMax: ACCESSES_DEFAULT }
    : { evaluations, accessesMax: Infinity };

export function budgetOf(argv: BudgetArguments, definitions: readonly EngineDefinition[]): Budget {
  const possible = definitions.map(({ constants }) => constants.requestBytesMax ?? Infinity);
  const requestBytes = Math.min(argv.requestBytes ?? argv.liveBytes, argv.liveBytes, ...possible);
  return { events: argv.events, liveBytes: argv.liveBytes, requestBytes, unitBytes: argv.unitBytes };
}

export function materialOf(
  argv: BudgetArguments,
  { requestBytes }: Budget,
  definitions: readonly EngineDefinition[],
): Material {
  return {
    sizes: definitions.flatMap((definition) => constantSizes(definition, requestBytes)),
    granuleBytes: Math.max(...definitions.map(({ constants }) => constants.granuleBytes)),
    requestBytes,
    alignBytes: argv.alignBytes,
    resizes: argv.resize,
  };
}
