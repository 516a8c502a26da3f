import { availableParallelism } from 'node:os';
import type { Argv } from 'yargs';
import { UsageError } from '../../../traces/input-error';
import { HEAP_PAGES_DEFAULT, VIRTUAL_PAGES_DEFAULT } from '../../machine/machine';
import { PRICING_KERNELS, type PricingKernel } from '../../pricing/pricing-kernel';
import { PRICING_DEFAULT } from '../../pricing/specification';
import type { ReallocPolicy } from '../../replay/operations';

/** Options that several commands share, and how their words become values. */

/** The most that simulated memory can hold is found out when it is made; this only catches nonsense early. */
const PAGES_MAX = 0x1000_0000;
const WORKERS_MAX = 256;

export const enginesOption = {
  alias: 'a',
  type: 'string',
  array: true,
  demandOption: 'name at least one engine with -a; `list allocators` shows them',
  describe: 'Engines, comma-separated: names, or the path of a module of your own',
} as const;

/** How a pricing is written. */
export const PRICING_FORM = 'PROFILE[@cold|@shared:BYTES][/4k|/2m]';

export const pricingsOption = {
  alias: 'p',
  type: 'string',
  array: true,
  default: [PRICING_DEFAULT],
  describe: `Pricings, comma-separated: ${PRICING_FORM}`,
} as const;

/** Settings of engines, `-o name=value`. */
export const settingsOption = {
  alias: 'o',
  type: 'string',
  array: true,
  default: [],
  describe: 'Engine option name=value, for every engine that has it',
} as const;

export const reallocOption = {
  choices: ['emulate', 'verb'] satisfies ReallocPolicy[],
  describe: 'On an engine without realloc: allocate, copy and free (default), or n/a',
} as const;

export const reportsOption = {
  type: 'string',
  describe: 'Write results.json, CSV, Markdown and HTML reports to this folder',
} as const;

export interface MachineArguments {
  heapPages: number | undefined;
  virtualPages: number | undefined;
  accessLimit: number | undefined;
}

export function machineOptions<T>(parser: Argv<T>): Argv<T & MachineArguments> {
  return parser
    .option('heap-pages', {
      type: 'string',
      coerce: (text: string) => wholeNumber('--heap-pages', text, 1, PAGES_MAX),
      describe: `Pages of 4096 bytes that the page source hands out (default ${HEAP_PAGES_DEFAULT})`,
    })
    .option('virtual-pages', {
      type: 'string',
      coerce: (text: string) => wholeNumber('--virtual-pages', text, 32_768, PAGES_MAX),
      describe: `Pages of vmalloc's virtual area (default ${VIRTUAL_PAGES_DEFAULT})`,
    })
    .option('access-limit', {
      type: 'string',
      coerce: (text: string) => wholeNumber('--access-limit', text, 1, Number.MAX_SAFE_INTEGER),
      describe: 'An operation with more memory accesses is a runaway (default 2^28)',
    }) as unknown as Argv<T & MachineArguments>;
}

/** The machine that the options ask for, as cells and machines take it. */
export function machineSizes({ heapPages, virtualPages, accessLimit }: MachineArguments) {
  return {
    heapPages: heapPages ?? HEAP_PAGES_DEFAULT,
    virtualPages: virtualPages ?? VIRTUAL_PAGES_DEFAULT,
    ...(accessLimit !== undefined && { accessesMax: accessLimit }),
  };
}

/** How this host does the work: results do not depend on it. */
export interface HostArguments {
  workers: number | undefined;
  pricingKernel: PricingKernel | undefined;
}

export function hostOptions<T>(parser: Argv<T>): Argv<T & HostArguments> {
  return parser
    .option('workers', {
      type: 'string',
      coerce: (text: string) => wholeNumber('--workers', text, 1, WORKERS_MAX),
      describe: `Worker processes (${availableParallelism()} processors here; results do not depend on it)`,
    })
    .option('pricing-kernel', {
      choices: PRICING_KERNELS,
      describe: 'Price in TypeScript or in WebAssembly, which is faster (default auto; results are the same)',
    }) as unknown as Argv<T & HostArguments>;
}

/** How many workers: as told, else one, for a run of a few cells is over before a second process has started. */
export const workersFor = ({ workers }: Pick<HostArguments, 'workers'>): number => workers ?? 1;

/** A whole number in a range; throws a `UsageError` that names the option. */
export function wholeNumber(
  option: string,
  text: string | string[],
  smallest: number,
  largest: number,
): number {
  const last = Array.isArray(text) ? text[text.length - 1]! : text;
  const value = Number(last);
  if (!/^\d+$/.test(last) || value < smallest || value > largest) {
    throw new UsageError({
      where: option,
      problem: `"${last}"`,
      expected: `a whole number from ${smallest} to ${largest}`,
    });
  }
  return value;
}

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

/** `name=value` pairs; throws a `UsageError` for a pair without `=` or a name given twice. */
export function nameValuePairs(option: string, pairs: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals <= 0) {
      throw new UsageError({ where: option, problem: `"${pair}"`, expected: 'name=value' });
    }
    const name = pair.slice(0, equals);
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
