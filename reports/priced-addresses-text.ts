import { stringify } from 'csv-stringify/sync';
import * as v from 'valibot';
import { fittedTableLines, wrappedText, type Terminal, type TextColumn } from './text-columns';
import {
  pricedAddresses,
  type PricedAddresses,
  type PricedKind,
} from '../harness/studies/addresses/address-pricer';
import {
  costAt,
  countOf,
  distribution,
  largestCost,
  QUANTILES,
  totalOf,
  type Quantile,
} from '../harness/metrics/distribution';
import { causes, count, text, type Shape } from '../harness/metrics/schema';
import { countText, groupedInteger } from '../harness/text/numbers';
import { escapeControls } from '../traces/input-error';
import { CAUSE_NAMES, type CauseCycles } from '../harness/metrics/worst-operations';

/** What `price` prints: for people, and for programs. */

export const PRICE_FORMATS = ['text', 'json', 'csv'] as const;
export type PriceFormat = (typeof PRICE_FORMATS)[number];

export interface PricedTrace {
  readonly trace: string;
  readonly accesses: number;
  readonly instructions: number;
  readonly pricings: readonly PricedAddresses[];
  /** Instructions whose loads were taken for pointer chases, hexadecimal. */
  readonly chases: readonly string[];
}

/** The name of the format; its number is raised when a reader of the old one could misread the new one. */
const PRICED_ADDRESSES_SCHEMA = 'alloc-replay/priced-addresses@1';

const cycles = v.strictObject({
  p50: count,
  p90: count,
  p99: count,
  'p99.9': count,
  max: count,
  total: count,
});

export const pricedAddressesSchema = v.strictObject({
  schema: v.literal(PRICED_ADDRESSES_SCHEMA),
  trace: text,
  accesses: count,
  instructions: count,
  chases: v.array(text),
  pricings: v.array(
    v.strictObject({
      ...pricedAddresses.entries,
      kinds: v.array(v.strictObject({ kind: text, operations: count, cycles, causes, distribution })),
    }),
  ),
});

export function pricedText(priced: PricedTrace, format: PriceFormat, terminal: Terminal = {}): string {
  switch (format) {
    case 'text':
      return humanText(priced, terminal);
    case 'json':
      return jsonText(priced);
    case 'csv':
      return csvText(priced);
  }
}

function humanText(
  { trace, accesses, instructions, pricings, chases }: PricedTrace,
  terminal: Terminal,
): string {
  const facts = `${groupedInteger(accesses)} ${accesses === 1 ? 'access' : 'accesses'}, ${countText(instructions, 'instruction')}`;
  const header = ['pricing', 'operation', 'count', ...QUANTILES.map(({ name }) => name), 'max', 'total', 'causes']; // prettier-ignore
  const rows = pricings.flatMap(({ pricing, kinds }) =>
    kinds.map(({ kind, distribution, causes }) => [
      pricing,
      kind,
      groupedInteger(countOf(distribution)),
      ...QUANTILES.map((quantile) => groupedInteger(costAt(distribution, quantile)!)),
      groupedInteger(largestCost(distribution)!),
      groupedInteger(totalOf(distribution)),
      causesText(causes),
    ]),
  );
  const worst = pricings.flatMap(({ pricing, worst }) =>
    worst.map(({ kind, operation, line, cycles, causes }) => [
      pricing,
      `${kind} #${groupedInteger(operation)}`,
      `line ${groupedInteger(line)}`,
      groupedInteger(cycles),
      causesText(causes),
    ]),
  );
  return [
    wrappedText(`${trace}  (${facts}; cycles per operation)`, terminal.columns),
    ...tableOf(header, rows, terminal),
    '',
    'The worst operations:',
    ...tableOf(['pricing', 'operation', 'from', 'cycles', 'causes'], worst, terminal),
    ...(chases.length === 0 ? [] : ['', wrappedText(chasesText(chases), terminal.columns)]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

const CHASES_SHOWN = 8;

function chasesText(chases: readonly string[]): string {
  const more = chases.length > CHASES_SHOWN ? ` and ${chases.length - CHASES_SHOWN} more` : '';
  return `Loads that wait for one another are those of the instructions ${chases.slice(0, CHASES_SHOWN).join(', ')}${more}.`;
}

/** Which pricing and which operations stand in every part of it, the causes last. */
function tableOf(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
): string[] {
  const columns = header.map((title, index): TextColumn<readonly string[]> => ({
    title,
    align: 'left',
    isKey: index < 2,
    flows: index === header.length - 1,
    cell: (row) => escapeControls(row[index]!),
  }));
  return fittedTableLines(columns, rows, terminal);
}

/** The largest first. */
function causesText(causes: CauseCycles): string {
  return Object.entries(causes)
    .sort(([, one], [, other]) => other - one)
    .map(([cause, cycles]) => `${cause} ${groupedInteger(cycles)}`)
    .join(', ');
}

function jsonText({ pricings, ...facts }: PricedTrace): string {
  const data: Shape<typeof pricedAddressesSchema> = {
    schema: PRICED_ADDRESSES_SCHEMA,
    ...facts,
    pricings: pricings.map(({ kinds, ...pricing }) => ({
      ...pricing,
      kinds: kinds.map((each) => ({
        kind: each.kind,
        operations: countOf(each.distribution),
        cycles: statistics(each),
        causes: each.causes,
        distribution: each.distribution,
      })),
    })),
  };
  return `${JSON.stringify(data, null, 2)}\n`;
}

function csvText({ trace, pricings }: PricedTrace): string {
  const rows = pricings.flatMap(({ pricing, kinds }) =>
    kinds.map((each) => ({
      trace,
      pricing,
      operation: each.kind,
      count: countOf(each.distribution),
      ...prefixed('cycles.', statistics(each)),
      ...Object.fromEntries(CAUSE_NAMES.map((cause) => [`${cause} [cycles]`, each.causes[cause] ?? 0])),
    })),
  );
  return stringify(rows, { header: true, escape_formulas: true });
}

function statistics({ distribution: costs }: PricedKind): Shape<typeof cycles> {
  const [p50, p90, p99, p999] = QUANTILES;
  const at = (quantile: Quantile) => costAt(costs, quantile)!;
  return {
    p50: at(p50),
    p90: at(p90),
    p99: at(p99),
    'p99.9': at(p999),
    max: largestCost(costs)!,
    total: totalOf(costs),
  };
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}
