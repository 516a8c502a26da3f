import { availableParallelism } from 'node:os';
import { UsageError } from '../../../traces/input-error';
import { HEAP_PAGES_DEFAULT, VIRTUAL_PAGES_DEFAULT } from '../../machine/machine';
import { PRICING_DEFAULT } from '../../pricing/specification';
import type { ReallocPolicy } from '../../replay/operations';
import { choice, count, list, needed, text, type ValuesOf } from './option';

/** Options that several commands share, and how their words become values. */

/** The most that simulated memory can hold is found out when it is made; this only catches nonsense early. */
const PAGES_MAX = 0x1000_0000;
const WORKERS_MAX = 256;

export const enginesOption = needed<readonly string[]>(
  {
    ...list('Engines, comma-separated: names, or the path of a module of your own', {
      short: 'a',
      completes: 'engine',
    }),
    read: (words) => words,
  },
  'name at least one engine with -a; `list allocators` shows them',
);

/** How a pricing is written. */
export const PRICING_FORM = 'PROFILE[@cold|@shared:BYTES][/4k|/2m]';

export const pricingsOption = list(
  `Pricings, comma-separated: ${PRICING_FORM}`,
  { short: 'p', completes: 'pricing' },
  [PRICING_DEFAULT],
);

/** Settings of engines, `-o name=value`. */
export const settingsOption = list('Engine option name=value, for every engine that has it', { short: 'o' });

export const reallocOption = choice(
  'On an engine without realloc: allocate, copy and free (default), or n/a',
  ['emulate', 'verb'] satisfies ReallocPolicy[],
);

export const reportsOption = text('Write results.json, CSV, Markdown and HTML reports to this folder', {
  completes: 'file',
});

export const machineOptions = {
  heapPages: count('Pages of 4096 bytes that the page source hands out', [1, PAGES_MAX], {
    byDefault: String(HEAP_PAGES_DEFAULT),
  }),
  virtualPages: count("Pages of vmalloc's virtual area", [32_768, PAGES_MAX], {
    byDefault: String(VIRTUAL_PAGES_DEFAULT),
  }),
  accessLimit: count('An operation with more memory accesses is a runaway', [1, Number.MAX_SAFE_INTEGER], {
    byDefault: '2^28',
  }),
};

export type MachineArguments = ValuesOf<typeof machineOptions>;

/** The machine that the options ask for, as cells and machines take it. */
export function machineSizes({ heapPages, virtualPages, accessLimit }: MachineArguments) {
  return {
    heapPages: heapPages ?? HEAP_PAGES_DEFAULT,
    virtualPages: virtualPages ?? VIRTUAL_PAGES_DEFAULT,
    ...(accessLimit !== undefined && { accessesMax: accessLimit }),
  };
}

/** An hour: no replay that ends takes as long, and a loop in an engine must not outlive the job it runs in. */
const REPLAY_SECONDS_MAX = 3600;
/** Timers count no further than 2^31 milliseconds. */
const REPLAY_SECONDS_LIMIT = 2_000_000;

/** How this host does the work: results do not depend on it. */
export const hostOptions = {
  workers: count(
    `Worker processes (${availableParallelism()} processors here; results do not depend on it)`,
    [1, WORKERS_MAX],
  ),
  replayTimeout: count(
    `Seconds after which a replay in a worker process is given up (default ${REPLAY_SECONDS_MAX})`,
    [1, REPLAY_SECONDS_LIMIT],
  ),
};

export type HostArguments = ValuesOf<typeof hostOptions>;

/** How long a replay in a worker process may take. */
export const replaySecondsMax = ({ replayTimeout }: HostArguments): number =>
  replayTimeout ?? REPLAY_SECONDS_MAX;

/** How many workers: as told, else one, for a run of a few cells is over before a second process has started. */
export const workersFor = ({ workers }: Pick<HostArguments, 'workers'>): number => workers ?? 1;

/** `a,b` and repeated options become one list without repetition, in the order given. */
export function commaList(values: readonly string[]): string[] {
  return [...new Set(values.flatMap((value) => value.split(',')).filter((value) => value !== ''))];
}

/** `commaList` where at least one is needed; throws a `UsageError` that names the option. */
export function namesOf(option: string, values: readonly string[]): string[] {
  const names = commaList(values);
  if (names.length === 0) {
    throw new UsageError({ where: option, problem: 'names none', expected: 'at least one, see `list`' });
  }
  return names;
}

/** The one value of an option that takes lists elsewhere; throws a `UsageError` that names the option. */
export function onlyOne(where: string, what: string, given: readonly string[]): string {
  const values = commaList(given);
  const [value] = values;
  if (value === undefined || values.length > 1) {
    throw new UsageError({
      where,
      problem: `${values.length} ${what}s: ${values.join(', ')}`,
      expected: 'one',
    });
  }
  return value;
}

/** `name=value` pairs; throws a `UsageError` for a pair without `=` or a name given twice. */
export function nameValuePairs(option: string, pairs: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals <= 0) {
      throw new UsageError({ where: option, problem: `"${pair}"`, expected: 'name=value' });
    }
    const name = pair.slice(0, equals);
    if (name === '__proto__') {
      throw new UsageError({ where: option, problem: 'the name __proto__', expected: 'another' });
    }
    if (Object.hasOwn(values, name)) {
      throw new UsageError({
        where: option,
        problem: `"${name}" is set twice`,
        expected: 'each option once',
      });
    }
    values[name] = pair.slice(equals + 1);
  }
  return values;
}
