import type { Comparison, Reason } from '../../harness/compare/comparison';
import { countText, groupedInteger } from '../../harness/text/numbers';
import type { WorstOperation } from '../../harness/metrics/worst-operations';
import { escapeName, markdownTable, type MarkdownColumn } from '../markdown/table';
import { causesText, eventsText, operationText } from '../operation-text';
import { headline, shortened } from './headline';
import { LimitedDocument } from './limited-document';
import { countsText, mostText, scorecard, type ScoreLine } from './scorecard';
import {
  absoluteText,
  byChange,
  casts,
  cellLabels,
  folded,
  foldedTitle,
  hashesText,
  limitsText,
  limitText,
  relativeText,
  reportRows,
  statusRows,
  valueText,
  type ReportRow,
  type StatusRow,
} from './rows';

/**
 * The comparison as a comment on a pull request. A hidden marker in the first line lets a bot find and replace its
 * last comment; nothing in it depends on the hour, so an unchanged comparison is an unchanged comment. At most ten
 * rows are in the open, recorded traces first; the rest is folded away, and cut by whole rows at GitHub's limit.
 */
export function comparisonMarkdown(comparison: Comparison, options: { readonly ascii: boolean }): string {
  const signs = options.ascii ? ASCII_SIGNS : SIGNS;
  const document = new LimitedDocument(options.ascii ? asciiText : (text) => text);
  document.line(STICKY_MARKER);
  document.line(`### alloc-replay: ${headline(comparison, signs)}\n`);
  document.line(`${summary(comparison, signs)}\n`);
  document.line(markdownTable(scoreColumns(signs), scorecard(comparison)));
  openTables(comparison, signs, document);
  for (const reason of comparison.reasons.slice(0, REASONS_SHOWN)) {
    const title = `Why: ${reasonTitle(reason, comparison)}`;
    document.folded(title, WORST_COLUMNS, worstRows(reason));
  }
  const changed = reportRows(comparison)
    .filter(({ row }) => row.judgement !== 'same')
    .sort(byChange);
  if (changed.length > 0) {
    const title = `All ${countText(changed.length, 'row')} that changed`;
    document.folded(title, rowColumns(signs), changed);
  }
  const statuses = statusRows(comparison);
  document.folded(`All ${countText(statuses.length, 'cell')}`, STATUS_COLUMNS, statuses);
  return document.text();
}

export const STICKY_MARKER = '<!-- alloc-replay:pr-report -->';

const ROWS_IN_THE_OPEN = 10;
const REASONS_SHOWN = 10;

interface Signs {
  readonly worse: string;
  readonly better: string;
  readonly dash: string;
  readonly arrow: string;
  readonly delta: string;
  readonly dot: string;
  readonly answer: (answer: ScoreLine['answer']) => string;
  readonly judgement: Readonly<Record<string, string>>;
}

const SIGNS: Signs = {
  worse: '❌ ',
  better: '✅ ',
  dash: '—',
  arrow: '→',
  delta: 'Δ',
  dot: '·',
  answer: (answer) =>
    `${answer === 'worse' || answer === 'mixed' ? '❌ ' : answer === 'better' ? '✅ ' : ''}${answer}`,
  judgement: { regression: '❌', improvement: '✅', changed: '', same: '' },
};

const ASCII_SIGNS: Signs = {
  worse: '',
  better: '',
  dash: '-',
  arrow: '->',
  delta: 'change',
  dot: '|',
  answer: (answer) => answer,
  judgement: { regression: 'REGRESSED', improvement: 'better', changed: 'changed', same: 'same' },
};

function summary(comparison: Comparison, { arrow, dot }: Signs): string {
  const { base, head } = comparison;
  const { engines, traces, pricings } = casts(comparison);
  const tools =
    base.toolVersion === head.toolVersion ? [] : [`tool ${base.toolVersion} ${arrow} ${head.toolVersion}`];
  const limits = limitsText(comparison);
  return [
    `${name(base.label)} ${arrow} ${name(head.label)}`,
    ...tools.map(name),
    pricings.length === 0
      ? 'not priced'
      : `${pricings.slice(0, 4).map(name).join(', ')}${pricings.length > 4 ? ' and more' : ''}`,
    `${countText(engines.length, 'engine')}, ${countText(traces.length, 'trace')}`,
    ...(limits === '' ? [] : [`limits ${name(limits)}`]),
    hashesText(comparison),
  ].join(` ${dot} `);
}

/** What fails now, then what moved on recorded traces, then on others: ten rows in all. */
function openTables(comparison: Comparison, signs: Signs, document: LimitedDocument): void {
  let room = ROWS_IN_THE_OPEN;
  const show = <Row>(title: string, columns: readonly MarkdownColumn<Row>[], rows: readonly Row[]) => {
    const shown = rows.slice(0, room);
    room -= shown.length;
    if (shown.length > 0) {
      const of = shown.length < rows.length ? ` (${shown.length} of ${groupedInteger(rows.length)})` : '';
      document.line(`**${title}**${of}\n`);
      document.line(markdownTable(columns, shown));
    }
  };
  show(
    'Newly failing',
    STATUS_COLUMNS,
    statusRows(comparison).filter(({ status }) => status === 'newly failing'),
  );
  const rows = reportRows(comparison);
  const moved = (category: ReportRow['category']) =>
    (['regression', 'improvement'] as const).flatMap((judgement) =>
      folded(
        rows.filter((each) => each.category === category && each.row.judgement === judgement).sort(byChange),
      ),
    );
  show('Recorded traces', rowColumns(signs), moved('primary'));
  show('Synthetic traces', rowColumns(signs), moved('secondary'));
}

function scoreColumns({ arrow, answer }: Signs): MarkdownColumn<ScoreLine>[] {
  return [
    { title: '', align: 'left', cell: ({ question }) => `**${question}**` },
    { title: 'Answer', align: 'left', cell: (line) => answer(line.answer) },
    { title: 'Replays', align: 'left', cell: countsText },
    { title: 'The most', align: 'left', cell: (line) => mostText(line, arrow).replace('<', '&lt;') },
    {
      title: 'Where',
      align: 'left',
      cell: ({ most }) => (most === undefined ? '' : `${name(most.engine)} on ${name(most.trace)}`),
    },
  ];
}

function rowColumns({ delta, judgement }: Signs): MarkdownColumn<ReportRow & { readonly alike?: number }>[] {
  return [
    { title: 'Trace', align: 'left', cell: ({ trace }) => name(trace) },
    { title: 'Engine', align: 'left', cell: ({ engine }) => name(engine) },
    { title: 'Pricing', align: 'left', cell: ({ row }) => name(row.pricing ?? '') },
    { title: 'Metric', align: 'left', cell: (each) => name(foldedTitle({ alike: 0, ...each })) },
    { title: 'base', align: 'right', cell: ({ row }) => valueText(row, row.base) },
    { title: 'head', align: 'right', cell: ({ row }) => valueText(row, row.head) },
    { title: delta, align: 'right', cell: ({ row }) => absoluteText(row).replace('<', '&lt;') },
    { title: `${delta} %`, align: 'right', cell: ({ row }) => relativeText(row).replace('<', '&lt;') },
    { title: 'limit', align: 'right', cell: ({ row }) => limitText(row).replaceAll('|', '\\|') },
    { title: 'Hashes', align: 'left', cell: ({ hashes }) => hashes },
    { title: '', align: 'left', cell: ({ row }) => judgement[row.judgement]! },
  ];
}

const STATUS_COLUMNS: readonly MarkdownColumn<StatusRow>[] = [
  { title: 'Trace', align: 'left', cell: ({ trace }) => name(trace) },
  { title: 'Engine', align: 'left', cell: ({ engine }) => name(engine) },
  { title: 'Pricing', align: 'left', cell: ({ pricing }) => name(pricing ?? '') },
  { title: 'Status', align: 'left', cell: ({ status }) => status },
  { title: '', align: 'left', cell: ({ because }) => name(because) },
];

function reasonTitle({ cell, pricing, kind }: Reason, comparison: Comparison): string {
  const { trace, engine } = cellLabels(cell, comparison);
  return `worst ${kind} of ${name(engine)} on ${name(trace)}, ${name(pricing.id)}`;
}

interface WorstRow {
  readonly side: string;
  readonly worst: WorstOperation | undefined;
}

function worstRows({ pricing, kind }: Reason): WorstRow[] {
  return [
    { side: 'base', worst: pricing.base.kinds[kind].worst[0] },
    { side: 'head', worst: pricing.head.kinds[kind].worst[0] },
  ];
}

const worstCell = (read: (worst: WorstOperation) => string) => (row: WorstRow) =>
  row.worst === undefined ? '' : read(row.worst);

const WORST_COLUMNS: readonly MarkdownColumn<WorstRow>[] = [
  { title: '', align: 'left', cell: ({ side }) => side },
  { title: 'Cycles', align: 'right', cell: worstCell(({ cycles }) => groupedInteger(cycles)) },
  { title: 'Operation', align: 'left', cell: worstCell(operationText) },
  { title: 'Causes', align: 'left', cell: worstCell(causesText) },
  { title: 'Events', align: 'left', cell: worstCell(eventsText) },
];

const name = (text: string): string => (text === '' ? '' : escapeName(shortened(text)));

/** What remains beyond ASCII stands in names, which are HTML: there a character has a number. */
function asciiText(text: string): string {
  return text.replace(/[^\0-\x7f]/gu, (character) => `&#${character.codePointAt(0)};`);
}
