import { costAt, countOf, QUANTILES, smallestCost, totalOf } from './distribution';
import type { LatencySummary } from './latency';
import { meanValue, type MetricReading, type PricingMetric } from './metric';
import { OP_KINDS, type OpKind } from './op-kinds';

/** Modelled cycles per operation kind, and the cycles during which locks were held. */

const NEAREST_RANK = 'by nearest rank over every operation (exact order statistics, no interpolation)';

function kindMetrics(kind: OpKind): PricingMetric[] {
  const cycles = { unit: 'cycles', better: 'lower', group: '@latency' } as const;
  const distribution = (summary: LatencySummary) => summary.kinds[kind].distribution;
  return [
    {
      name: `${kind}.cycles.max`,
      ...cycles,
      formula: `the dearest ${kind}, with its operation`,
      read: ({ kinds }) => {
        const worst = kinds[kind].worst[0];
        return worst === undefined ? undefined : { value: worst.cycles, operation: worst.operation };
      },
    },
    ...[...QUANTILES].reverse().map((quantile): PricingMetric => ({
      name: `${kind}.cycles.${quantile.name}`,
      ...cycles,
      formula: `cycles that ${quantile.name.slice(1)} % of all ${kind} operations do not exceed, ${NEAREST_RANK}`,
      read: (summary) => optionalValue(costAt(distribution(summary), quantile)),
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
  ];
}

const totalMetrics: readonly PricingMetric[] = [
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
];

const lockMetrics: readonly PricingMetric[] = [
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
];

export const LATENCY_METRICS: readonly PricingMetric[] = [
  ...OP_KINDS.flatMap(kindMetrics),
  ...totalMetrics,
  ...lockMetrics,
];

function optionalValue(value: number | undefined) {
  return value === undefined ? undefined : { value };
}
