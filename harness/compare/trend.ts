import { didYouMean, UsageError } from '../../traces/input-error';
import { METRIC_GROUPS } from '../metrics/metric';
import { metricNamed } from '../metrics/registry';
import { difference } from './difference';
import type { History, HistoryRow } from './history';
import { matchesPattern } from './limits';

/** What changed between one run and the next of its series, in the order of the history. */
export interface Trend {
  readonly runs: number;
  /** Date, commit and label of the last of them. */
  readonly lastRun: string;
  readonly series: number;
  readonly changes: readonly TrendChange[];
  readonly tornLines: number;
}

export interface TrendChange {
  readonly from: HistoryRow;
  readonly to: HistoryRow;
  readonly absolute: number;
  /** Null where the value was 0. */
  readonly relativeBasisPoints: number | null;
  readonly judgement: 'worse' | 'better' | 'changed' | 'not comparable';
  /** Why it cannot be compared; empty where it can. */
  readonly reasons: readonly string[];
}

export interface TrendOptions {
  /** Names, patterns with `*` or groups; none means every metric that has a better side. */
  readonly metrics: readonly string[];
  /** Only runs with this label. */
  readonly label?: string;
}

export const TREND_FAIL_ON = ['none', 'worse', 'any-change'] as const;
export type TrendFailOn = (typeof TREND_FAIL_ON)[number];

/** What the last run of the history changed: what went before was told when it happened. */
export const changesOfLastRun = ({ changes, lastRun }: Trend): readonly TrendChange[] =>
  changes.filter(({ to }) => runKey(to) === lastRun);

export function failsLastRun(trend: Trend, failOn: TrendFailOn): boolean {
  return changesOfLastRun(trend).some(
    ({ judgement }) => failOn === 'any-change' || (failOn === 'worse' && judgement === 'worse'),
  );
}

const runKey = ({ date, commit, label }: HistoryRow): string => JSON.stringify([date, commit, label]);

/** Finds the changes of a history. Throws a `UsageError` for a pattern that names nothing in it. */
export function trendOf(history: History, { metrics, label }: TrendOptions): Trend {
  const rows = history.rows.filter((row) => label === undefined || row.label === label);
  checkPatterns(metrics, rows);
  const last = new Map<string, HistoryRow>();
  const changes: TrendChange[] = [];
  for (const row of rows.filter((each) => isWanted(each, metrics))) {
    const key = seriesKey(row);
    const before = last.get(key);
    if (before !== undefined && before.value !== row.value) {
      changes.push(changeOf(before, row));
    }
    last.set(key, row);
  }
  const runs = [...new Set(rows.map(runKey))];
  return {
    runs: runs.length,
    lastRun: runs.at(-1) ?? '',
    series: last.size,
    changes,
    tornLines: history.tornLines,
  };
}

function isWanted(row: HistoryRow, metrics: readonly string[]): boolean {
  return metrics.length === 0
    ? row.better !== 'none'
    : metrics.some((pattern) => matchesPattern(pattern, row.metric, metricNamed(row.metric)));
}

function checkPatterns(metrics: readonly string[], rows: readonly HistoryRow[]): void {
  for (const pattern of metrics) {
    if (!rows.some((row) => isWanted(row, [pattern]))) {
      const known = [...new Set(rows.map(({ metric }) => metric)), ...METRIC_GROUPS];
      throw new UsageError({
        where: '--metric',
        problem: `the history has no "${pattern}"${didYouMean(pattern, known)}`,
        expected: 'a name, a pattern with *, or a @group of metrics in it',
      });
    }
  }
}

function seriesKey({ label, trace, engine, options, heapPages, pricing, metric }: HistoryRow): string {
  return JSON.stringify([label, trace, engine, options, heapPages, pricing, metric]);
}

function changeOf(from: HistoryRow, to: HistoryRow): TrendChange {
  const { absolute, relativeBasisPoints, sign } = difference({ value: from.value }, { value: to.value });
  const reasons = [
    ...(from.engineVersion === to.engineVersion
      ? []
      : [`engine version ${from.engineVersion} → ${to.engineVersion}`]),
    // A replay that did not come to its end has no identity.
    ...(from.traceId === to.traceId || from.traceId === '' || to.traceId === '' ? [] : ['another trace']),
    ...(from.profileId === to.profileId ? [] : ['another profile']),
  ];
  const isWorse = to.better === 'lower' ? sign > 0 : sign < 0;
  const judgement =
    reasons.length > 0 ? 'not comparable' : to.better === 'none' ? 'changed' : isWorse ? 'worse' : 'better';
  return { from, to, absolute, relativeBasisPoints, judgement, reasons };
}
