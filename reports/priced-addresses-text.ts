import { stringify } from 'csv-stringify/sync';
import { fittedTableLines, wrappedText, type Terminal, type TextColumn } from './text-columns';
import type { PricedAddresses, PricedKind } from '../harness/studies/addresses/address-pricer';
import { costAt, countOf, largestCost, QUANTILES, totalOf } from '../harness/metrics/distribution';
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
  const document = {
    schema: 'alloc-replay/priced-addresses@1',
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
  return `${JSON.stringify(document, null, 2)}\n`;
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

function statistics({ distribution }: PricedKind): Record<string, number> {
  const quantile = (rank: (typeof QUANTILES)[number]) => [rank.name, costAt(distribution, rank)!] as const;
  return {
    ...Object.fromEntries(QUANTILES.map(quantile)),
    max: largestCost(distribution)!,
    total: totalOf(distribution),
  };
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}
