import { kibibytesText } from '../harness/text/numbers';
import type { MeasuredPricing, MeasuredReplay } from '../harness/metrics/measured-replay';
import type { MetricColumn, MetricUnit, MetricValue } from '../harness/metrics/metric';
import { METRICS, metricsByName, type AnyMetric } from '../harness/metrics/registry';
import { formatMetric } from './metric-text';
import { engineLabel } from './trace-groups';

/**
 * The table that shows engines side by side, as every kind of report has it: its rows, and its columns as the metrics
 * themselves declare them. Reports only lay it out.
 */

/** One replay under one pricing; a replay that was not priced has one row without. */
export interface PricedRow {
  readonly replay: MeasuredReplay;
  readonly pricing: MeasuredPricing | undefined;
}

/** The same with what its engine is called beside the others. */
export interface EngineRow extends PricedRow {
  readonly engine: string;
}

export function pricedRows(replays: readonly MeasuredReplay[]): PricedRow[] {
  return replays.flatMap((replay): PricedRow[] =>
    replay.pricings.length === 0
      ? [{ replay, pricing: undefined }]
      : replay.pricings.map((pricing) => ({ replay, pricing })),
  );
}

export function engineRows(replays: readonly MeasuredReplay[]): EngineRow[] {
  return pricedRows(replays).map((row) => ({ ...row, engine: engineLabel(row.replay, replays) }));
}

export interface EngineColumn {
  readonly metric: AnyMetric;
  /** `free worst`, `waste`. */
  readonly heading: string;
  /** What its figures are in; empty where they count what the heading names. */
  readonly unit: string;
  readonly column: MetricColumn;
  readonly value: (row: PricedRow) => MetricValue | null | undefined;
  readonly text: (row: PricedRow) => string;
}

/** Columns of one unit stand together, in the order of the registry. */
const UNIT_ORDER: readonly MetricUnit[] = [
  'cycles',
  'accesses',
  'instructions',
  'basis points',
  'per mille',
  'bytes',
  'operations',
  'times',
];

/** The columns of a table with these rows. */
export function engineColumns(rows: readonly PricedRow[], place: 'terminal' | 'page'): EngineColumn[] {
  return METRICS.flatMap((metric): EngineColumn[] => {
    const { column } = metric;
    const isShown =
      column !== undefined &&
      (place === 'page' || column.shownIn === 'every report') &&
      (column.kind === undefined || rows.some(({ replay }) => operationsOf(replay, column.kind!) > 0));
    return isShown ? [engineColumn(metric, column)] : [];
  }).sort((a, b) => UNIT_ORDER.indexOf(a.metric.unit) - UNIT_ORDER.indexOf(b.metric.unit));
}

/** Shares and bytes are shown in other units than they are kept in, and counts need none. */
const UNIT_TEXTS: { readonly [Unit in MetricUnit]?: string } = {
  'basis points': '%',
  'per mille': '',
  bytes: 'KiB',
  operations: '',
  times: '',
};

function engineColumn(metric: AnyMetric, column: MetricColumn): EngineColumn {
  const value = (row: PricedRow) => metricOf(row, metric.name);
  return {
    metric,
    column,
    heading: column.kind === undefined ? column.heading : `${column.kind} ${column.heading}`,
    unit: UNIT_TEXTS[metric.unit] ?? metric.unit,
    value,
    text: (row) =>
      row.replay.outcome.kind === 'unsupported' ? 'n/a' : columnText(metric, value(row) ?? undefined),
  };
}

function columnText(metric: AnyMetric, value: MetricValue | undefined): string {
  return value !== undefined && metric.unit === 'bytes'
    ? kibibytesText(value.value)
    : formatMetric(metric, value);
}

/** A metric of a row by the name that results give it, whether the pricing has it or the replay. */
export function metricOf({ replay, pricing }: PricedRow, name: string): MetricValue | null | undefined {
  return metricsByName(pricing?.metrics ?? {})[name] ?? metricsByName(replay.metrics)[name];
}

function operationsOf({ metrics }: MeasuredReplay, kind: NonNullable<MetricColumn['kind']>): number {
  return metrics[`${kind}.operations`]?.value ?? 0;
}
