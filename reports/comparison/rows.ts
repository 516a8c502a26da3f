import {
  hashesOf,
  replayOfCell,
  rowsOf,
  type Category,
  type CellComparison,
  type ComparedCell,
  type Comparison,
  type Hashes,
  type MetricRow,
} from '../../harness/compare/comparison';
import { meanDifferenceTenths } from '../../harness/compare/difference';
import type { LimitPart } from '../../harness/compare/limits';
import { countText, decimalRatio, groupedInteger } from '../../harness/text/numbers';
import { formatMetric } from '../metric-text';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import type { MetricValue } from '../../harness/metrics/metric';
import { engineLabel, stopText } from '../trace-groups';

/** A metric of a cell with what every table says about it. */
export interface ReportRow extends CellLabels {
  readonly row: MetricRow;
  readonly hashes: Hashes;
}

/** What a cell is called; names are raw, for each report to make harmless. */
export interface CellLabels {
  readonly category: Category;
  readonly trace: string;
  readonly engine: string;
}

/** A cell's replay, or one pricing of it, and how it fared. */
export interface StatusRow extends CellLabels {
  readonly pricing: string | null;
  readonly status: string;
  /** Why, where there is something to say. */
  readonly because: string;
}

/** Every metric of every compared cell, in the order of the comparison. */
export function reportRows(comparison: Comparison): ReportRow[] {
  return comparison.cells.flatMap((cell) => {
    if (cell.kind !== 'compared') {
      return [];
    }
    const labels = cellLabels(cell, comparison);
    return rowsOf(cell).map((row) => ({ ...labels, row, hashes: hashesOf(cell, row.pricing) }));
  });
}

/** One row per cell and pricing: identical, changed, or why there is no telling. What fails newly comes first. */
export function statusRows(comparison: Comparison): StatusRow[] {
  const rows = comparison.cells.flatMap((cell) => {
    const labels = cellLabels(cell, comparison);
    return cell.kind === 'compared'
      ? comparedStatus(cell, labels)
      : [{ ...labels, pricing: null, status: cell.kind, because: fateText(cell) }];
  });
  const isNewlyFailing = ({ status }: StatusRow) => Number(status === 'newly failing');
  return rows.sort((a, b) => isNewlyFailing(b) - isNewlyFailing(a));
}

function comparedStatus(cell: ComparedCell, labels: CellLabels): StatusRow[] {
  const unpriced = { ...labels, pricing: null, status: hashesOf(cell, null), because: '' };
  const priced = cell.pricings.map((each): StatusRow => ({
    ...labels,
    pricing: each.id,
    status: each.kind === 'compared' ? hashesOf(cell, each.id) : each.kind,
    because: each.kind === 'not comparable' ? each.reasons.join(', ') : '',
  }));
  return priced.length === 0 ? [unpriced] : priced;
}

function fateText(cell: Exclude<CellComparison, ComparedCell>): string {
  switch (cell.kind) {
    case 'missing':
    case 'added':
      return '';
    case 'not comparable':
      return cell.reasons.join(', ');
    case 'now working':
      return `was ${stopText(cell.base) ?? 'ok'}`;
    case 'newly failing':
    case 'still failing':
    case 'unsupported':
      return stopText(cell.head) ?? 'ok';
  }
}

export function cellLabels(cell: CellComparison, comparison: Comparison): CellLabels {
  const replay = replayOfCell(cell);
  const others = comparison.cells.map(replayOfCell).filter(({ trace }) => trace.name === replay.trace.name);
  const label = engineLabel(replay, others);
  const base = 'base' in cell ? cell.base.engine.name : replay.engine.name;
  return {
    category: cell.category,
    trace: replay.trace.name,
    engine: base === replay.engine.name ? label : `${base} → ${label}`,
  };
}

/**
 * What matters most first: failures, then worst cases, then other latencies, memory, work, and last indices that
 * summarize a heap's shape; within these the largest relative change, then the largest difference, then by name.
 */
export function byChange(a: ReportRow, b: ReportRow): number {
  const relative = (each: ReportRow) => Math.abs(each.row.relativeBasisPoints ?? Number.MAX_SAFE_INTEGER);
  const absolute = (each: ReportRow) => Math.abs(each.row.absolute ?? 0);
  return (
    rankOf(a.row.metric) - rankOf(b.row.metric) ||
    relative(b) - relative(a) ||
    absolute(b) - absolute(a) ||
    byText(a.trace, b.trace) ||
    byText(a.engine, b.engine) ||
    byText(a.row.pricing ?? '', b.row.pricing ?? '') ||
    byText(a.row.metric, b.row.metric)
  );
}

const RANKS: readonly RegExp[] = [
  /^(allocations\.failed|placements\.misaligned|overruns\.written|placements\.changed)$/,
  /\.cycles\.max$/,
  /\.cycles\./,
  /^(held|granted)\.bytes\./,
  /^(waste|search)\.|\.(instructions|accesses)\./,
];

export function rankOf(metric: string): number {
  const rank = RANKS.findIndex((pattern) => pattern.test(metric));
  return rank < 0 ? RANKS.length : rank;
}

/** Metrics that tell one fact in several figures: what moves one of them moves the others. */
const FACTS: readonly (readonly [pattern: RegExp, fact: string])[] = [
  [/^(\w+)\.cycles\.(?!max$)/, '$1.cycles'],
  [/^(\w+)\.(?:accesses|instructions)\./, '$1.work'],
  [/^lock\.(.*)\.held\.cycles\./, 'lock.$1'],
  [/^fragmentation\.wj\d/, 'fragmentation.wj'],
  [/^(?:fragmentation\.(?:largest-hole|squared)|holes)\./, 'holes'],
  [/^pages\./, 'pages'],
  [/^waste\./, 'waste'],
  [/^(held|granted|live)\.bytes\./, '$1.bytes'],
  [/^events\./, 'events'],
];

/** What a metric is one of several figures of: percentiles of one distribution, indices of one shape. */
export function factOf(metric: string): string {
  const found = FACTS.find(([pattern]) => pattern.test(metric));
  return found === undefined ? metric : metric.replace(new RegExp(`${found[0].source}.*$`), found[1]);
}

/** Rows in which each fact of a cell stands once, with how many figures besides it say the same. */
export interface FoldedRow extends ReportRow {
  readonly alike: number;
}

/** In the order of the rows, which decides the figure that stands for its fact. */
export function folded(rows: readonly ReportRow[]): FoldedRow[] {
  const facts = new Map<string, { row: ReportRow; alike: number }>();
  for (const each of rows) {
    const { trace, engine, row } = each;
    const key = JSON.stringify([trace, engine, row.pricing, row.judgement, factOf(row.metric)]);
    const known = facts.get(key);
    if (known === undefined) {
      facts.set(key, { row: each, alike: 0 });
    } else {
      known.alike++;
    }
  }
  return [...facts.values()].map(({ row, alike }) => ({ ...row, alike }));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Percentages carry their unit themselves, and of what is counted the name says enough. */
const UNITS_NOT_SHOWN: readonly string[] = ['basis points', 'times'];

/** The metric, with its unit where the name does not have it: `allocations.failed [operations]`. */
export function metricTitle({ metric, unit }: MetricRow): string {
  const isClear = unit === null || UNITS_NOT_SHOWN.includes(unit) || metric.split('.').includes(unit);
  return isClear ? metric : `${metric} [${unit}]`;
}

/** The title of a row that stands for others too. */
export const foldedTitle = ({ row, alike }: FoldedRow): string =>
  alike === 0 ? metricTitle(row) : `${metricTitle(row)} (and ${groupedInteger(alike)} alike)`;

export function valueText({ unit }: MetricRow, value: MetricValue | null): string {
  return value === null ? 'n/a' : formatMetric({ unit: unit ?? 'times' }, value);
}

/** head − base with its sign, in the metric's unit. */
export function absoluteText({ unit, absolute, sign, base, head }: MetricRow): string {
  if (absolute === null || base === null || head === null) {
    return '';
  }
  const tenths = unit === 'basis points' ? undefined : meanDifferenceTenths(base, head);
  if (tenths !== undefined && tenths !== 0) {
    return signText(sign) + decimalRatio(Math.abs(tenths), 10, 1);
  }
  const size = Math.abs(absolute);
  const text = unit === 'basis points' ? `${decimalRatio(size, 100, 2)} points` : groupedInteger(size);
  return sign === 0 ? '0' : size === 0 ? `${signText(sign)}<1` : signText(sign) + text;
}

/** (head − base) / base in percent with its sign. */
export function relativeText({ relativeBasisPoints, sign, absolute }: MetricRow): string {
  if (relativeBasisPoints === null) {
    return absolute === null ? '' : 'from 0';
  }
  const size = Math.abs(relativeBasisPoints);
  return sign === 0 ? '0 %' : `${signText(sign)}${size === 0 ? '<0.01' : decimalRatio(size, 100, 2)} %`;
}

const signText = (sign: number): string => (sign < 0 ? '-' : '+');

/** The limit that a row was judged by, as the user wrote it. */
export function limitText({ limit }: MetricRow): string {
  return limit === null ? '' : limit.text;
}

/** All limits that were judged by, as users write them; empty where any change for the worse counts. */
export function limitsText({ limits }: Comparison): string {
  return limits.map(({ pattern, text }) => `${pattern}=${text}`).join(', ');
}

/** What was exceeded and by how much, for a message of its own: `+12.00 % exceeds +5 %`. */
export function exceededText(row: MetricRow): string {
  if (row.exceeded.length === 0) {
    return `${absoluteText(row)} (${relativeText(row)}), and no change for the worse is allowed`;
  }
  return row.exceeded.map((part) => partText(row, part)).join('; ');
}

function partText(row: MetricRow, part: LimitPart): string {
  const sign = part.kind !== 'value' && part.falling ? '-' : '+';
  switch (part.kind) {
    case 'relative':
      return `${relativeText(row)} exceeds ${sign}${decimalRatio(part.basisPoints, 100, 2)} %`;
    case 'difference':
      return `${absoluteText(row)} exceeds ${sign}${groupedInteger(part.amount)}`;
    case 'value':
      return `${valueText(row, row.head)} is beyond ${groupedInteger(part.value)}`;
  }
}

/** What the hashes say of everything that was compared. */
export function hashesText({ verdict: { counts } }: Comparison): string {
  const part = (what: string, changed: number, all: number, noun: string) =>
    changed === 0 ? `${what} identical` : `${what} changed in ${changed} of ${countText(all, noun)}`;
  const { compared, placementsChanged, priced, costsChanged } = counts;
  return compared === 0
    ? 'nothing compared'
    : [
        part('placements', placementsChanged, compared, 'replay'),
        ...(priced === 0 ? [] : [part('costs', costsChanged, priced, 'pricing')]),
      ].join(', ');
}

/** The engines, traces and pricings that were compared, each once, in the order of the cells. */
export function casts(comparison: Comparison): Record<'engines' | 'traces' | 'pricings', string[]> {
  const each = (read: (replay: MeasuredReplay) => readonly string[]) => [
    ...new Set(comparison.cells.map(replayOfCell).flatMap(read)),
  ];
  return {
    engines: each(({ engine }) => [engine.name]),
    traces: each(({ trace }) => [trace.name]),
    pricings: each(({ pricings }) => pricings.map(({ id }) => id)),
  };
}
