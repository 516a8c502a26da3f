import { byChange, reportRows, statusRows, valueText, relativeText, type ReportRow } from './rows';
import type { Comparison } from '../../harness/compare/comparison';

/**
 * What a reviewer asks first, and the answers: of each question on how many replays it got worse or better, and the
 * replay on which it moved most.
 */

export interface ScoreLine {
  readonly question: string;
  readonly answer: 'worse' | 'better' | 'mixed' | 'same' | 'n/a';
  readonly worse: number;
  readonly better: number;
  readonly replays: number;
  /** The largest change for the worse, else the largest for the better. */
  readonly most: ReportRow | undefined;
}

/** Where nothing was allocated, as in programs of other kinds, latency is that of whatever they did. */
const QUESTIONS: readonly (readonly [question: string, metrics: RegExp, otherwise?: RegExp])[] = [
  ['worst latency', /^(alloc|free|realloc)\.cycles\.max$/, /^other\.cycles\.max$/],
  ['typical latency', /^(alloc|free|realloc)\.cycles\.p50$/, /^other\.cycles\.p50$/],
  ['time under locks', /^lock\..*\.held\.cycles\.total$/],
  ['memory held', /^held\.bytes\.peak$/],
  ['failures', /^allocations\.failed$/],
];

export function scorecard(comparison: Comparison): ScoreLine[] {
  const rows = reportRows(comparison);
  const broken = statusRows(comparison).filter(({ status }) => status === 'newly failing').length;
  return QUESTIONS.map(([question, metrics, otherwise]) => {
    const asked = rows.filter(({ row }) => metrics.test(row.metric));
    const others = rows.filter(({ row }) => otherwise?.test(row.metric));
    const line = lineOf(question, asked.length > 0 ? asked : others);
    return question === 'failures' && broken > 0 ? withBroken(line, broken) : line;
  });
}

function lineOf(question: string, rows: readonly ReportRow[]): ScoreLine {
  const [worse, better] = [1, -1].map((sign) =>
    rows.filter(({ row }) => row.sign * (row.better === 'higher' ? -1 : 1) === sign).sort(byChange),
  ) as [ReportRow[], ReportRow[]];
  const [worseCount, betterCount] = [replaysOf(worse), replaysOf(better)];
  return {
    question,
    answer: answerOf(rows.length, worseCount, betterCount),
    worse: worseCount,
    better: betterCount,
    replays: replaysOf(rows),
    most: worse[0] ?? better[0],
  };
}

/** A replay that breaks now has no figures any more. */
const withBroken = (line: ScoreLine, broken: number): ScoreLine => ({
  ...line,
  answer: line.better > 0 ? 'mixed' : 'worse',
  worse: line.worse + broken,
  replays: line.replays + broken,
});

const replaysOf = (rows: readonly ReportRow[]): number =>
  new Set(rows.map(({ trace, engine, row }) => JSON.stringify([trace, engine, row.pricing]))).size;

function answerOf(rows: number, worse: number, better: number): ScoreLine['answer'] {
  if (rows === 0) {
    return 'n/a';
  }
  return worse > 0 ? (better > 0 ? 'mixed' : 'worse') : better > 0 ? 'better' : 'same';
}

/** On how many replays which way: `worse on 3 of 5, better on 1`. */
export function countsText({ worse, better, replays }: ScoreLine): string {
  const parts = [...(worse > 0 ? [`worse on ${worse}`] : []), ...(better > 0 ? [`better on ${better}`] : [])];
  return parts.length === 0 ? '' : `${parts.join(', ')} of ${replays}`;
}

/** `1,000 -> 100,000 (+9,900.00 %)` of what moved most. */
export function mostText({ most }: ScoreLine, arrow: string): string {
  return most === undefined
    ? ''
    : `${valueText(most.row, most.row.base)} ${arrow} ${valueText(most.row, most.row.head)} (${relativeText(most.row)})`;
}
