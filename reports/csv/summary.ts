import { BASIS_POINTS, PER_MILLE, scaledRatio } from '../../harness/metrics/exact-ratio';
import type { ObservedBound } from '../../harness/metrics/bounds';
import { metricNamed, metricsByName } from '../../harness/metrics/registry';
import type { Results } from '../../harness/results/results';
import { metricOf, pricedRows, type PricedRow } from '../engine-table';
import { stopText } from '../trace-groups';
import { csvText, type Column } from './cells';
import { pricingColumn, replayColumns } from './replay-columns';

/**
 * `summary.csv`: one row per replay and pricing, one column per metric of the registry (with its operation beside it
 * where it has one), then the bounds of the engine beside what was seen. Raw integers; the unit is in the header where
 * it is not in the name.
 */
export function summaryCsv(results: Results): string {
  const rows = pricedRows(results.replays);
  return csvText([...identityColumns(), ...metricColumns(rows), ...boundColumns(rows)], rows);
}

function identityColumns(): Column<PricedRow>[] {
  return [
    ...replayColumns<PricedRow>(),
    pricingColumn(),
    { name: 'outcome.reason', cell: ({ replay }) => stopText(replay) },
    { name: 'trace.sha256', cell: ({ replay }) => replay.trace.sha256 ?? undefined },
    { name: 'placements.sha256', cell: ({ replay }) => replay.placementsSha256 },
    { name: 'costs.sha256', cell: ({ pricing }) => pricing?.costsSha256 },
    { name: 'events', cell: ({ replay }) => replay.trace.events },
    { name: 'operations', cell: ({ replay }) => replay.operations },
  ];
}

function metricColumns(rows: readonly PricedRow[]): Column<PricedRow>[] {
  const located = new Map<string, boolean>();
  for (const { replay, pricing } of rows) {
    for (const [name, value] of Object.entries(metricsByName({ ...pricing?.metrics, ...replay.metrics }))) {
      located.set(name, (located.get(name) ?? false) || value?.operation !== undefined);
    }
  }
  return [...located].flatMap(([name, hasOperation]): Column<PricedRow>[] => [
    { name: headerOf(name), cell: (row) => metricOf(row, name)?.value },
    ...(hasOperation
      ? [{ name: `${name}.operation`, cell: (row: PricedRow) => metricOf(row, name)?.operation }]
      : []),
  ]);
}

function headerOf(name: string): string {
  const unit = metricNamed(name)?.unit;
  return unit === 'basis points' || unit === 'per mille' ? `${name} [${unit}]` : name;
}

function boundColumns(rows: readonly PricedRow[]): Column<PricedRow>[] {
  const keys = new Set(rows.flatMap(({ replay }) => replay.bounds.map(boundKey)));
  return [...keys].sort().flatMap((key): Column<PricedRow>[] => {
    const bound = ({ replay }: PricedRow) => replay.bounds.find((each) => boundKey(each) === key);
    return [
      {
        name: `bound.${key}`,
        cell: (row) => {
          const found = bound(row);
          return found === undefined ? undefined : (found.most ?? 'unbounded');
        },
      },
      { name: `bound.${key}.observed`, cell: (row) => bound(row)?.observed ?? undefined },
      { name: `bound.${key}.mean [per mille]`, cell: (row) => boundMean(bound(row)) },
      { name: `bound.${key}.used [basis points]`, cell: (row) => boundUse(bound(row)) },
    ];
  });
}

function boundKey({ verb, unit }: ObservedBound): string {
  return `${verb}.${unit}`;
}

/** Of all operations of the kind, in thousandths of the bound's unit. */
function boundMean(bound: ObservedBound | undefined): number | undefined {
  return bound === undefined || bound.operations === 0
    ? undefined
    : scaledRatio(bound.total, bound.operations, PER_MILLE);
}

/** Observed / bound. */
function boundUse(bound: ObservedBound | undefined): number | undefined {
  return bound === undefined || bound.most === null || bound.most === 0 || bound.observed === null
    ? undefined
    : scaledRatio(bound.observed, bound.most, BASIS_POINTS);
}
