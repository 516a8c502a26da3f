import * as v from 'valibot';
import { didYouMean, UsageError } from '../../traces/input-error';
import { METRIC_GROUPS } from '../metrics/metric';
import { metricNamed } from '../metrics/registry';
import { count, text, type Shape } from '../metrics/schema';
import { difference } from './difference';
import {
  historyRow,
  OUTCOME_METRIC,
  seriesKey,
  type History,
  type HistoryRow,
  type RunFacts,
} from './history';
import { matchesPattern } from './limits';

/** The name of the format; its number is raised when a reader of the old one could misread the new one. */
const TREND_SCHEMA = 'alloc-replay/trend@1';

const trendChange = v.strictObject({
  from: historyRow,
  to: historyRow,
  absolute: v.number(),
  /** Null where the value was 0. */
  relativeBasisPoints: v.nullable(v.number()),
  judgement: v.picklist(['worse', 'better', 'changed', 'not comparable']),
  /** Why it cannot be compared; empty where it can. */
  reasons: v.array(text),
});
export type TrendChange = Shape<typeof trendChange>;

/** What changed between one run and the next of its series, in the order of the history. */
export const trendSchema = v.strictObject({
  schema: v.literal(TREND_SCHEMA),
  runs: count,
  /** Date, commit and label of the last of them. */
  lastRun: text,
  series: count,
  changes: v.array(trendChange),
  tornLines: count,
});
export type Trend = Shape<typeof trendSchema>;

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

const runKey = ({ date, commit, label }: RunFacts): string => JSON.stringify([date, commit, label]);

/** Finds the changes of a history. Throws a `UsageError` for a pattern that names nothing in it. */
export function trendOf(history: History, { metrics, label }: TrendOptions): Trend {
  const rows = history.rows.filter((row) => label === undefined || row.label === label);
  checkPatterns(metrics, rows);
  const last = new Map<string, HistoryRow>();
  const changes: TrendChange[] = [];
  const lastRuns = new LastRuns(history.runs, rows);
  for (const row of rows.filter((each) => isWanted(each, metrics))) {
    const key = seriesKey(row);
    const before = last.get(key);
    if (before !== undefined && before.value !== row.value) {
      changes.push(changeOf({ ...before, ...lastRuns.before(row, before) }, row));
    }
    last.set(key, row);
  }
  const runs = history.runs.filter((run) => label === undefined || run.label === label).map(runKey);
  return {
    schema: TREND_SCHEMA,
    runs: runs.length,
    lastRun: runs.at(-1) ?? '',
    series: last.size,
    changes,
    tornLines: history.tornLines,
  };
}

/** A value has no row in the runs in which it stayed: which of them was the last before it changed. */
class LastRuns {
  private readonly indices = new Map<string, number>();
  /** By replay, from which run on it came to its end (1) or did not (0). */
  private readonly outcomes = new Map<string, [run: number, value: number][]>();

  constructor(
    private readonly runs: readonly RunFacts[],
    rows: readonly HistoryRow[],
  ) {
    runs.forEach((run, index) => this.indices.set(runKey(run), index));
    for (const row of rows.filter(({ metric }) => metric === OUTCOME_METRIC.metric)) {
      const key = replayKey(row);
      this.outcomes.set(key, [...(this.outcomes.get(key) ?? []), [this.indexOf(row), row.value]]);
    }
  }

  /** The last run before `row` with the value of `before`: of its label, and in which its replay came to its end. */
  before(row: HistoryRow, before: HistoryRow): RunFacts {
    const first = this.indexOf(before);
    for (let index = this.indexOf(row) - 1; index > first; index--) {
      const run = this.runs[index]!;
      if (run.label === row.label && (row.metric === OUTCOME_METRIC.metric || this.ended(row, index))) {
        return run;
      }
    }
    return { date: before.date, commit: before.commit, label: before.label };
  }

  private indexOf(row: HistoryRow): number {
    return this.indices.get(runKey(row)) ?? -1;
  }

  private ended(row: HistoryRow, run: number): boolean {
    const changes = this.outcomes.get(replayKey(row)) ?? [];
    return changes.filter(([since]) => since <= run).at(-1)?.[1] === 1;
  }
}

const replayKey = ({ label, trace, engine, options, heapPages }: HistoryRow): string =>
  JSON.stringify([label, trace, engine, options, heapPages]);

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
