import { costAt, countOf, QUANTILES, smallestCost, totalOf } from './distribution';
import type { LatencySummary } from './latency';
import { meanValue, pricingMetrics, type MetricReading } from './metric';
import { OP_KINDS, type OpKind } from './op-kinds';

/** Modelled cycles per operation kind, and the cycles during which locks were held. */

/** The percentiles that are columns of tables, and what they are called there. */
const QUANTILE_HEADINGS: { readonly [Name in QuantileName]?: string } = { 'p99.9': 'p99.9', p50: 'median' };
type QuantileName = (typeof QUANTILES)[number]['name'];

const NEAREST_RANK = 'by nearest rank over every operation (exact order statistics, no interpolation)';

function kindMetrics<const Kind extends OpKind>(kind: Kind) {
  const cycles = { unit: 'cycles', better: 'lower', group: '@latency' } as const;
  const distribution = (summary: LatencySummary) => summary.kinds[kind].distribution;
  const column = (heading: string) => ({ heading, kind, shownIn: 'every report' }) as const;
  return pricingMetrics([
    {
      name: `${kind}.cycles.max`,
      ...cycles,
      column: column('worst'),
      formula: `the dearest ${kind}, with its operation`,
      read: ({ kinds }) => {
        const worst = kinds[kind].worst[0];
        return worst === undefined ? undefined : { value: worst.cycles, operation: worst.operation };
      },
    },
    ...[...QUANTILES].reverse().map((quantile) => ({
      name: `${kind}.cycles.${quantile.name}` as const,
      ...cycles,
      ...(quantile.name in QUANTILE_HEADINGS && { column: column(QUANTILE_HEADINGS[quantile.name]!) }),
      formula: `cycles that ${quantile.name.slice(1)} % of all ${kind} operations do not exceed, ${NEAREST_RANK}`,
      read: (summary: LatencySummary) => optionalValue(costAt(distribution(summary), quantile)),
    })),
    {
      name: `${kind}.cycles.min`,
      ...cycles,
      formula: `the cheapest ${kind}`,
      read: (summary) => optionalValue(smallestCost(distribution(summary))),
    },
    {
      name: `${kind}.cycles.mean`,
      ...cycles,
      formula: `cycles of all ${kind} operations / their number`,
      read: (summary) => meanValue(totalOf(distribution(summary)), countOf(distribution(summary))),
    },
  ]);
}

const totalMetrics = pricingMetrics([
  {
    name: 'cycles.total',
    unit: 'cycles',
    better: 'lower',
    group: '@latency',
    formula: 'cycles of all operations',
    read: ({ kinds }) => ({
      value: OP_KINDS.reduce((sum, kind) => sum + totalOf(kinds[kind].distribution), 0),
    }),
  },
]);

const lockMetrics = pricingMetrics([
  {
    name: 'lock.<lock>.held.cycles.max',
    unit: 'cycles',
    better: 'lower',
    group: '@lock',
    formula:
      'most cycles for which one operation held the lock: how long other processors or interrupts may wait',
    read: ({ locks }) =>
      locks.map(({ name, heldCyclesMax }): MetricReading => ({
        name: `lock.${name}.held.cycles.max`,
        value: heldCyclesMax === undefined ? null : { ...heldCyclesMax },
      })),
  },
  {
    name: 'lock.<lock>.held.cycles.total',
    unit: 'cycles',
    better: 'lower',
    group: '@lock',
    formula: 'cycles for which the lock was held, over all operations',
    read: ({ locks }) =>
      locks.map(({ name, heldCyclesTotal }): MetricReading => ({
        name: `lock.${name}.held.cycles.total`,
        value: { value: heldCyclesTotal },
      })),
  },
]);

export const LATENCY_METRICS = [
  ...OP_KINDS.flatMap((kind) => kindMetrics(kind)),
  ...totalMetrics,
  ...lockMetrics,
] as const;

function optionalValue(value: number | undefined) {
  return value === undefined ? undefined : { value };
}
