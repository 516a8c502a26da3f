import { exceedsBound } from '../../harness/metrics/bounds';
import { decimalRatio, groupedInteger } from '../../harness/text/numbers';
import { worstOperations, type MeasuredReplay } from '../../harness/metrics/measured-replay';
import type { WorstOperation } from '../../harness/metrics/worst-operations';
import type { Results } from '../../harness/results/results';
import type { JudgedExperiment } from '../../harness/studies/claims/claim';
import { boundRows, isTelling, leftOutText, type BoundRow } from '../bound-rows';
import { engineColumns, engineRows, type EngineRow } from '../engine-table';
import { MODEL_ERROR_TEXT } from '../model-error';
import { causesText, eventsText, operationText } from '../operation-text';
import { phraseText } from '../phrase';
import { lengthText, originText, stopText, traceGroups, type TraceGroup } from '../trace-groups';
import { verdict } from '../verdict';
import type { WorstCase } from '../../harness/studies/search/worst-cases';
import { WORST_CASE_COLUMNS, WORST_CASES_TEXT, worstCaseRows } from '../worst-case-rows';
import { experimentMarkdown } from './experiment';
import { failuresSection } from './failures';
import { escapeName, markdownTable, type MarkdownColumn } from './table';

/**
 * `report.md`: the verdict first, then per trace one table of the engines, then the worst operations with their
 * causes, then worst cases beside the bounds that the specifications give.
 */
export function markdownReport(results: Results, judged?: JudgedExperiment): string {
  const isLong = results.replays.length > REPLAYS_TOLD_WHOLE;
  const sections = [
    judged === undefined ? '' : experimentMarkdown(judged),
    '# Allocator replay report\n',
    verdict(results)
      .map((phrase) => `${phraseText(phrase, escapeName)}\n`)
      .join('\n'),
    ...traceGroups(results).map((group) => traceSection(group, isLong)),
    boundsSection(results),
    worstCasesSection(results),
    `${NOTES}\n`,
  ];
  return sections.filter((section) => section !== '').join('\n');
}

const NOTES = [
  MODEL_ERROR_TEXT,
  'Percentiles are nearest-rank over every operation. Waste is (held − live) / held',
  'at the first operation of maximal held; #4 is Johnstone and Wilson’s (maximal held − maximal live) / maximal live;',
  'holes is 1 − largest hole / free bytes inside the held memory at the first operation of maximal held.',
].join(' ');

/** Of more the dearest operation of each is enough: `worst.csv` has the others. */
const REPLAYS_TOLD_WHOLE = 64;

function traceSection(group: TraceGroup, isLong: boolean): string {
  const rows = engineRows(group.replays);
  const run = rows.filter(({ replay }) => !isUnsupported(replay));
  return [
    `## ${escapeName(group.trace.name)}\n`,
    `${escapeName(originText(group.trace))}, ${lengthText(group)}.\n`,
    markdownTable(tableColumns(rows), rows),
    worstSection(run, isLong ? 1 : WORST_SHOWN),
    failuresSection(group),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function tableColumns(rows: readonly EngineRow[]): MarkdownColumn<EngineRow>[] {
  return [
    { title: 'Engine', align: 'left', cell: ({ engine }) => escapeName(engine) },
    { title: 'Pricing', align: 'left', cell: ({ pricing }) => (pricing ? escapeName(pricing.id) : '') },
    ...engineColumns(rows, 'page').map(({ heading, column, text }): MarkdownColumn<EngineRow> => ({
      title: column.kind === undefined ? heading.charAt(0).toUpperCase() + heading.slice(1) : heading,
      align: 'right',
      cell: text,
    })),
    { title: 'Remark', align: 'left', cell: ({ replay }) => escapeOptional(stopText(replay)) },
  ];
}

function isUnsupported({ outcome }: MeasuredReplay): boolean {
  return outcome.kind === 'unsupported';
}

interface WorstRow extends EngineRow {
  readonly rank: number;
  readonly worst: WorstOperation;
}

/** The dearest operation of every engine in the open, the others folded away. */
function worstSection(rows: readonly EngineRow[], shown: number): string {
  const all = rows.map((row): WorstRow[] =>
    row.pricing === undefined
      ? []
      : worstOperations(row.pricing, shown).map((worst, index) => ({ ...row, rank: index + 1, worst })),
  );
  const first = all.flatMap((each) => each.slice(0, 1));
  if (first.length === 0) {
    return '';
  }
  const folded = all.filter((each) => each.length > 1).map(foldedWorst);
  return ['### Worst operations\n', markdownTable(WORST_COLUMNS, first), ...folded].join('\n');
}

const WORST_SHOWN = 10;

function foldedWorst(rows: readonly WorstRow[]): string {
  const { engine, pricing } = rows[0]!;
  const title = `The ${rows.length} worst of ${escapeName(engine)}, ${escapeName(pricing!.id)}`;
  const columns = WORST_COLUMNS.filter((column) => !SAME_WHEN_FOLDED.includes(column.title));
  return `<details><summary>${title}</summary>\n\n${markdownTable(columns, rows)}\n</details>\n`;
}

const WORST_COLUMNS: readonly MarkdownColumn<WorstRow>[] = [
  { title: '', align: 'right', cell: ({ rank }) => `${rank}` },
  { title: 'Engine', align: 'left', cell: ({ engine }) => escapeName(engine) },
  { title: 'Pricing', align: 'left', cell: ({ pricing }) => escapeName(pricing!.id) },
  { title: 'Cycles', align: 'right', cell: ({ worst }) => groupedInteger(worst.cycles) },
  { title: 'Operation', align: 'left', cell: ({ worst }) => operationText(worst) },
  { title: 'Causes', align: 'left', cell: ({ worst }) => causesText(worst) },
  { title: 'Events', align: 'left', cell: ({ worst }) => eventsText(worst) },
];

const SAME_WHEN_FOLDED = ['Engine', 'Pricing'];

function boundsSection(results: Results): string {
  const all = boundRows(results);
  const rows = all.filter(isTelling);
  const leftOut = leftOutText(all.length - rows.length);
  return all.length === 0
    ? ''
    : [
        '## Worst cases and their bounds\n',
        'The most that any operation did, beside what the engine’s specification allows.\n',
        ...(rows.length === 0 ? [] : [markdownTable(BOUND_COLUMNS, rows)]),
        ...(leftOut === undefined ? [] : [`${leftOut}\n`]),
      ].join('\n');
}

function worstCasesSection(results: Results): string {
  const rows = worstCaseRows(results);
  return rows.length === 0
    ? ''
    : [
        '## Worst cases found by search\n',
        `${WORST_CASES_TEXT}\n`,
        markdownTable(
          WORST_CASE_COLUMNS.map(({ title, align, cell }) => ({
            title,
            align,
            cell: (row: WorstCase) => escapeName(cell(row)),
          })),
          rows,
        ),
      ].join('\n');
}

const BOUND_COLUMNS: readonly MarkdownColumn<BoundRow>[] = [
  { title: 'Engine', align: 'left', cell: ({ engine }) => escapeName(engine) },
  { title: 'Operation', align: 'left', cell: ({ verb }) => verb },
  { title: 'Unit', align: 'left', cell: ({ unit }) => unit },
  { title: 'Bound', align: 'right', cell: ({ most }) => (most === null ? 'none' : groupedInteger(most)) },
  { title: 'Recorded', align: 'right', cell: ({ recorded }) => countOf(recorded) },
  { title: 'Synthetic', align: 'right', cell: ({ synthetic }) => countOf(synthetic) },
  { title: 'Adversaries', align: 'right', cell: ({ adversarial }) => countOf(adversarial) },
  {
    title: 'Mean',
    align: 'right',
    cell: ({ total, operations }) => (operations === 0 ? '' : decimalRatio(total, operations, 1)),
  },
  { title: 'Observed / bound', align: 'right', cell: boundShare },
  {
    title: 'Statement',
    align: 'left',
    cell: ({ statement, source }) => escapeName(`${statement} (${source})`),
  },
];

function boundShare(row: BoundRow): string {
  if (row.most === null || row.most === 0 || row.observed === null) {
    return '';
  }
  const share = `${decimalRatio(row.observed * 100, row.most, 0)} %`;
  return exceedsBound(row) ? `**${share}: exceeded**` : share;
}

function countOf(value: number | null | undefined): string {
  return value === undefined || value === null ? '' : groupedInteger(value);
}

function escapeOptional(text: string | undefined): string {
  return text === undefined ? '' : escapeName(text);
}
