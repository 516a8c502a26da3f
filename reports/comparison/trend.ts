import type { HistoryRow } from '../../harness/compare/history';
import type { Trend, TrendChange } from '../../harness/compare/trend';
import { countText, decimalRatio, groupedInteger } from '../../harness/text/numbers';
import { jsonText } from '../../harness/results/json-text';
import { escapeControls } from '../../traces/input-error';
import { csvText, type Column } from '../csv/cells';
import { trendHtml } from './trend-page';
import type { Terminal, TextColumn } from '../text-columns';
import { nameText } from './headline';
import { factOf, rankOf } from './rows';
import { textTable } from './text-table';

/** What `trend --format` offers; the first is the default. */
export const TREND_FORMATS: readonly {
  readonly name: string;
  readonly render: (trend: Trend, terminal?: Terminal) => string;
}[] = [
  { name: 'text', render: trendText },
  { name: 'csv', render: trendCsv },
  { name: 'json', render: jsonText },
  { name: 'html', render: trendHtml },
];

/**
 * Run by run, that is, by the commit that moved it: a row per engine and fact, what matters most first. A run in
 * which nothing changed is not shown; `csv` has every change.
 */
function trendText(trend: Trend, terminal: Terminal = {}): string {
  const runs = new Map<string, TrendChange[]>();
  for (const change of trend.changes) {
    const title = runTitle(change.to);
    runs.set(title, [...(runs.get(title) ?? []), change]);
  }
  const sections = [...runs].map(([title, changes]) => textTable(title, movedBy(changes), COLUMNS, terminal));
  const torn =
    trend.tornLines === 0 ? '' : `${countText(trend.tornLines, 'line')} of interrupted appends left out\n`;
  const summary = `${countText(trend.runs, 'run')}, ${groupedInteger(trend.series)} series, `;
  return [...sections, `${summary}${countText(trend.changes.length, 'change')}\n${torn}`].join('\n');
}

const runTitle = ({ date, commit, label }: HistoryRow): string =>
  nameText([date, commit, label].filter((part) => part !== '').join('  '));

function byChange(a: TrendChange, b: TrendChange): number {
  const size = ({ relativeBasisPoints }: TrendChange) =>
    Math.abs(relativeBasisPoints ?? Number.MAX_SAFE_INTEGER);
  return size(b) - size(a) || Math.abs(b.absolute) - Math.abs(a.absolute);
}

/** What one commit did to an engine in one respect, over all traces and pricings and the figures that say the same. */
interface Moved extends TrendChange {
  readonly series: number;
}

function movedBy(changes: readonly TrendChange[]): Moved[] {
  const groups = new Map<string, TrendChange[]>();
  for (const change of changes) {
    const { engine, options, metric } = change.to;
    const key = JSON.stringify([engine, options, factOf(metric), change.judgement]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()]
    .map((group) => ({ ...group.sort(byTelling)[0]!, series: group.length }))
    .sort((a, b) => WORST_FIRST.indexOf(a.judgement) - WORST_FIRST.indexOf(b.judgement) || byTelling(a, b));
}

/** The figure that matters most stands for its fact, where it changed most. */
const byTelling = (a: TrendChange, b: TrendChange): number =>
  rankOf(a.to.metric) - rankOf(b.to.metric) || byChange(a, b);

const WORST_FIRST: readonly TrendChange['judgement'][] = ['worse', 'better', 'changed', 'not comparable'];

const COLUMNS: readonly TextColumn<Moved>[] = [
  { title: 'trace', align: 'left', isKey: true, cell: ({ to }) => nameText(to.trace) },
  {
    title: 'engine',
    align: 'left',
    isKey: true,
    cell: ({ to }) => nameText([to.engine, to.options].join(' ').trim()),
  },
  { title: 'pricing', align: 'left', isKey: true, cell: ({ to }) => nameText(to.pricing) },
  { title: 'metric', align: 'left', isKey: true, cell: ({ to }) => escapeControls(to.metric) },
  { title: 'alike', align: 'right', cell: ({ series }) => groupedInteger(series - 1) },
  { title: 'from', align: 'right', cell: ({ from }) => groupedInteger(from.value) },
  { title: 'to', align: 'right', cell: ({ to }) => groupedInteger(to.value) },
  { title: 'unit', align: 'left', cell: ({ to }) => escapeControls(to.unit) },
  { title: 'change', align: 'right', cell: relativeText },
  { title: '', align: 'left', cell: ({ judgement, reasons }) => [judgement, ...reasons].join(': ') },
  { title: 'since', align: 'left', cell: ({ from }) => nameText(shortCommit(from.commit)) },
];

/** A whole sha is wider than all the rest of its row. */
const shortCommit = (commit: string): string =>
  /^[0-9a-f]{40}$/.test(commit) ? commit.slice(0, 12) : commit;

function relativeText({ relativeBasisPoints, absolute }: TrendChange): string {
  return relativeBasisPoints === null
    ? 'from 0'
    : `${absolute < 0 ? '-' : '+'}${decimalRatio(Math.abs(relativeBasisPoints), 100, 2)} %`;
}

function trendCsv({ changes }: Trend): string {
  return csvText(CSV_COLUMNS, changes);
}

const CSV_COLUMNS: readonly Column<TrendChange>[] = [
  { name: 'date', cell: ({ to }) => to.date },
  { name: 'commit', cell: ({ to }) => to.commit },
  { name: 'since.commit', cell: ({ from }) => from.commit },
  { name: 'label', cell: ({ to }) => to.label },
  { name: 'trace', cell: ({ to }) => to.trace },
  { name: 'engine', cell: ({ to }) => to.engine },
  { name: 'options', cell: ({ to }) => to.options },
  { name: 'heap.pages', cell: ({ to }) => to.heapPages },
  { name: 'pricing', cell: ({ to }) => to.pricing },
  { name: 'metric', cell: ({ to }) => to.metric },
  { name: 'unit', cell: ({ to }) => to.unit },
  { name: 'from', cell: ({ from }) => from.value },
  { name: 'to', cell: ({ to }) => to.value },
  { name: 'absolute', cell: ({ absolute }) => absolute },
  { name: 'relative [basis points]', cell: ({ relativeBasisPoints }) => relativeBasisPoints ?? undefined },
  { name: 'judgement', cell: ({ judgement }) => judgement },
  { name: 'because', cell: ({ reasons }) => reasons.join(', ') },
];
