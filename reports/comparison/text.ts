import type { Category, Comparison, Judgement, Reason } from '../../harness/compare/comparison';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { groupedInteger } from '../../harness/text/numbers';
import type { WorstOperation } from '../../harness/metrics/worst-operations';
import { escapeControls } from '../../traces/input-error';
import { causesText, eventsText, operationText } from '../operation-text';
import { wrappedText, type Terminal, type TextColumn } from '../text-columns';
import {
  absoluteText,
  byChange,
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
  type FoldedRow,
  type ReportRow,
  type StatusRow,
} from './rows';
import { asciiText } from './ascii';
import { headline, nameText } from './headline';
import { countsText, mostText, scorecard, type ScoreLine } from './scorecard';
import { textTable } from './text-table';
import type { ToldDifference } from '../explain/source-difference-text';

/** How a replay is asked for once more. */
export interface CalledReplay {
  readonly trace: string;
  readonly engine: string;
  /** Options of the machine and of the engine, as they were given. */
  readonly options: readonly string[];
}

/** What a format may use beyond the comparison itself. */
export interface RenderOptions {
  readonly ascii: boolean;
  readonly terminal?: Terminal;
  /** Replays of the head by the words of the command line that they were asked for with. */
  readonly called?: (replay: MeasuredReplay) => CalledReplay | undefined;
  /** Of two revisions of an engine in C: where in its source they differ. */
  readonly differences?: readonly ToldDifference[];
}

/**
 * The comparison for a terminal: the answers to what a reviewer asks, then what got worse, what got better, why, then
 * every cell; the verdict is last.
 */
export function comparisonText(comparison: Comparison, options: RenderOptions): string {
  const { terminal = {} } = options;
  const fitted = (text: string) => wrappedText(text, terminal.columns);
  const rows = reportRows(comparison);
  const statuses = statusRows(comparison);
  const sections = [
    textTable('what a reviewer asks', scorecard(comparison), SCORE_COLUMNS, terminal),
    textTable(
      'newly failing',
      statuses.filter(({ status }) => status === 'newly failing'),
      STATUS_COLUMNS,
      terminal,
    ),
    ...(['regression', 'improvement', 'changed'] as const).flatMap((judgement) =>
      (['primary', 'secondary'] as const).map((category) => rowsSection(rows, judgement, category, terminal)),
    ),
    fitted(reasonsSection(comparison)),
    textTable('cells', statuses, STATUS_COLUMNS, terminal),
    fitted(endText(comparison)),
  ];
  const text = sections.filter((each) => each !== '').join('\n');
  return options.ascii ? asciiText(text) : text;
}

function endText(comparison: Comparison): string {
  const { base, head } = comparison;
  const limits = limitsText(comparison);
  const sides = `${nameText(base.label)} -> ${nameText(head.label)}: ${hashesText(comparison)}`;
  return `${limits === '' ? '' : `limits: ${escapeControls(limits)}\n`}${sides}\n${headline(comparison)}\n`;
}

const CATEGORY_TEXT: Readonly<Record<Category, string>> = {
  primary: 'recorded traces',
  secondary: 'synthetic traces',
};

const JUDGEMENT_TEXT: Readonly<Record<Exclude<Judgement, 'same'>, string>> = {
  regression: 'regressions',
  improvement: 'improvements',
  changed: 'changed',
};

/** A terminal is for one look; the JSON has them all. */
const REASONS_SHOWN = 10;

function rowsSection(
  all: readonly ReportRow[],
  judgement: Exclude<Judgement, 'same'>,
  category: Category,
  terminal: Terminal,
): string {
  const rows = folded(
    all.filter((each) => each.category === category && each.row.judgement === judgement).sort(byChange),
  );
  return textTable(`${JUDGEMENT_TEXT[judgement]}, ${CATEGORY_TEXT[category]}`, rows, ROW_COLUMNS, terminal);
}

const SCORE_COLUMNS: readonly TextColumn<ScoreLine>[] = [
  { title: '', align: 'left', isKey: true, cell: ({ question }) => question },
  { title: 'answer', align: 'left', cell: ({ answer }) => answer },
  { title: 'replays', align: 'left', cell: countsText },
  { title: 'the most', align: 'left', cell: (line) => mostText(line, '->') },
  { title: 'trace', align: 'left', isKey: true, cell: ({ most }) => nameText(most?.trace ?? '') },
  { title: 'engine', align: 'left', isKey: true, cell: ({ most }) => nameText(most?.engine ?? '') },
];

const ROW_COLUMNS: readonly TextColumn<FoldedRow>[] = [
  { title: 'trace', align: 'left', isKey: true, cell: ({ trace }) => nameText(trace) },
  { title: 'engine', align: 'left', isKey: true, cell: ({ engine }) => nameText(engine) },
  { title: 'pricing', align: 'left', isKey: true, cell: ({ row }) => nameText(row.pricing ?? '') },
  { title: 'metric', align: 'left', isKey: true, cell: (each) => escapeControls(foldedTitle(each)) },
  { title: 'base', align: 'right', cell: ({ row }) => valueText(row, row.base) },
  { title: 'head', align: 'right', cell: ({ row }) => valueText(row, row.head) },
  { title: 'change', align: 'right', cell: ({ row }) => absoluteText(row) },
  { title: '', align: 'right', cell: ({ row }) => relativeText(row) },
  { title: 'limit', align: 'right', cell: ({ row }) => limitText(row) },
  { title: 'hashes', align: 'left', cell: ({ hashes }) => hashes },
];

const STATUS_COLUMNS: readonly TextColumn<StatusRow>[] = [
  { title: 'trace', align: 'left', isKey: true, cell: ({ trace }) => nameText(trace) },
  { title: 'engine', align: 'left', isKey: true, cell: ({ engine }) => nameText(engine) },
  { title: 'pricing', align: 'left', isKey: true, cell: ({ pricing }) => nameText(pricing ?? '') },
  { title: 'status', align: 'left', cell: ({ status }) => status },
  { title: '', align: 'left', cell: ({ because }) => escapeControls(because) },
];

function reasonsSection(comparison: Comparison): string {
  const shown = comparison.reasons.slice(0, REASONS_SHOWN).map((reason) => reasonText(reason, comparison));
  return shown.length === 0 ? '' : `why\n${shown.join('')}`;
}

function reasonText({ cell, pricing, kind }: Reason, comparison: Comparison): string {
  const { trace, engine } = cellLabels(cell, comparison);
  const side = (name: string, worst: WorstOperation | undefined) => `  ${name} ${worstText(worst)}\n`;
  return [
    `the worst ${kind} of ${nameText(engine)} on ${nameText(trace)}, ${nameText(pricing.id)}\n`,
    side('base', pricing.base.kinds[kind].worst[0]),
    side('head', pricing.head.kinds[kind].worst[0]),
  ].join('');
}

function worstText(worst: WorstOperation | undefined): string {
  if (worst === undefined) {
    return 'none';
  }
  const events = eventsText(worst);
  return `${groupedInteger(worst.cycles)} cycles, ${operationText(worst)}: ${causesText(worst)}${events === '' ? '' : `; ${events}`}`;
}
