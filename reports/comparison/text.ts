import type { Category, Comparison, Judgement, Reason } from '../../harness/compare/comparison';
import { groupedInteger } from '../../harness/text/numbers';
import type { WorstOperation } from '../../harness/metrics/worst-operations';
import { escapeControls } from '../../traces/input-error';
import { causesText, eventsText, operationText } from '../operation-text';
import type { TextColumn } from '../text-columns';
import {
  absoluteText,
  byChange,
  cellLabels,
  hashesText,
  limitsText,
  limitText,
  metricTitle,
  relativeText,
  reportRows,
  statusRows,
  valueText,
  type ReportRow,
  type StatusRow,
} from './rows';
import { headline, nameText } from './headline';
import { textTable } from './text-table';

/** The comparison for a terminal: what got worse, what got better, why, then every cell; the verdict is last. */
export function comparisonText(comparison: Comparison, options: { readonly ascii: boolean }): string {
  const rows = reportRows(comparison);
  const { base, head } = comparison;
  const statuses = statusRows(comparison);
  const limits = limitsText(comparison);
  const sections = [
    textTable(
      'newly failing',
      statuses.filter(({ status }) => status === 'newly failing'),
      STATUS_COLUMNS,
    ),
    ...(['regression', 'improvement', 'changed'] as const).flatMap((judgement) =>
      (['primary', 'secondary'] as const).map((category) => rowsSection(rows, judgement, category)),
    ),
    reasonsSection(comparison),
    textTable('cells', statuses, STATUS_COLUMNS),
    `${limits === '' ? '' : `limits: ${escapeControls(limits)}\n`}${nameText(base.label)} -> ${nameText(head.label)}: ${hashesText(comparison)}\n${headline(comparison)}\n`,
  ];
  const text = sections.filter((each) => each !== '').join('\n');
  return options.ascii ? asciiText(text) : text;
}

function asciiText(text: string): string {
  return text
    .replaceAll('→', '->')
    .replaceAll('…', '...')
    .replace(/[^\0-\x7f]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
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
): string {
  const rows = all
    .filter((each) => each.category === category && each.row.judgement === judgement)
    .sort(byChange);
  return textTable(`${JUDGEMENT_TEXT[judgement]}, ${CATEGORY_TEXT[category]}`, rows, ROW_COLUMNS);
}

const ROW_COLUMNS: readonly TextColumn<ReportRow>[] = [
  { title: 'trace', align: 'left', cell: ({ trace }) => nameText(trace) },
  { title: 'engine', align: 'left', cell: ({ engine }) => nameText(engine) },
  { title: 'pricing', align: 'left', cell: ({ row }) => nameText(row.pricing ?? '') },
  { title: 'metric', align: 'left', cell: ({ row }) => escapeControls(metricTitle(row)) },
  { title: 'base', align: 'right', cell: ({ row }) => valueText(row, row.base) },
  { title: 'head', align: 'right', cell: ({ row }) => valueText(row, row.head) },
  { title: 'change', align: 'right', cell: ({ row }) => absoluteText(row) },
  { title: '', align: 'right', cell: ({ row }) => relativeText(row) },
  { title: 'limit', align: 'right', cell: ({ row }) => limitText(row) },
  { title: 'hashes', align: 'left', cell: ({ hashes }) => hashes },
];

const STATUS_COLUMNS: readonly TextColumn<StatusRow>[] = [
  { title: 'trace', align: 'left', cell: ({ trace }) => nameText(trace) },
  { title: 'engine', align: 'left', cell: ({ engine }) => nameText(engine) },
  { title: 'pricing', align: 'left', cell: ({ pricing }) => nameText(pricing ?? '') },
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
