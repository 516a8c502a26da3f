import { metricNamed } from '../harness/metrics/registry';
import type { Results } from '../harness/results/results';
import { WORST_CASES, type WorstCase } from '../harness/studies/search/worst-cases';
import { groupedInteger } from '../harness/text/numbers';
import { formatMetric } from './metric-text';

/** What searches found of the engines of some results, in the order of the list. */
export function worstCaseRows({ replays }: Results): readonly WorstCase[] {
  const engines = new Set(replays.map(({ engine }) => engine.name));
  return WORST_CASES.filter(({ engine }) => engines.has(engine));
}

/** What is said above the table. */
export const WORST_CASES_TEXT =
  'The worst that searches have found for these engines, each a trace that ships.';

interface WorstCaseColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly cell: (row: WorstCase) => string;
}

/** The table, for every report to lay out. */
export const WORST_CASE_COLUMNS: readonly WorstCaseColumn[] = [
  { title: 'engine', align: 'left', cell: ({ engine }) => engine },
  { title: 'metric', align: 'left', cell: ({ metric }) => metric },
  {
    title: 'value',
    align: 'right',
    cell: ({ metric, value }) => formatMetric(metricNamed(metric)!, { value }),
  },
  { title: 'events', align: 'right', cell: ({ events }) => groupedInteger(events) },
  { title: 'cause', align: 'left', cell: ({ cause }) => cause },
  { title: 'trace', align: 'left', cell: ({ trace }) => `adversaries:${trace}` },
  { title: 'found by', align: 'left', cell: ({ foundBy }) => foundBy },
];
