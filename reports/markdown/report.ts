import { exceedsBound } from '../../harness/metrics/bounds';
import { decimalRatio, groupedInteger, kibibytesText, percentText } from '../../harness/text/numbers';
import {
  worstOperations,
  type MeasuredPricing,
  type MeasuredReplay,
} from '../../harness/metrics/measured-replay';
import { OP_KINDS, type OpKind } from '../../harness/metrics/op-kinds';
import type { WorstOperation } from '../../harness/metrics/worst-operations';
import type { Results } from '../../harness/results/results';
import { boundRows, type BoundRow } from '../bound-rows';
import { causesText, eventsText, operationText } from '../operation-text';
import { phraseText } from '../phrase';
import { engineLabel, lengthText, originText, stopText, traceGroups, type TraceGroup } from '../trace-groups';
import { verdict } from '../verdict';
import { failuresSection } from './failures';
import { escapeName, markdownTable, type MarkdownColumn } from './table';

/**
 * `report.md`: the verdict first, then per trace one table of the engines, then the worst operations with their
 * causes, then worst cases beside the bounds that the specifications give.
 */
export function markdownReport(results: Results): string {
  const sections = [
    '# Allocator replay report\n',
    verdict(results)
      .map((phrase) => `${phraseText(phrase, escapeName)}\n`)
      .join('\n'),
    ...traceGroups(results).map(traceSection),
    boundsSection(results),
    `${NOTES}\n`,
  ];
  return sections.filter((section) => section !== '').join('\n');
}

const NOTES = [
  'Cycles are modelled, not measured; percentiles are nearest-rank over every operation. Waste is (held − live) / held',
  'at the first operation of maximal held; #4 is Johnstone and Wilson’s (maximal held − maximal live) / maximal live;',
  'holes is 1 − largest hole / free bytes inside the held memory at the first operation of maximal held.',
].join(' ');

/** A replay under one pricing, or an unpriced one. */
interface EngineRow {
  readonly replay: MeasuredReplay;
  readonly pricing: MeasuredPricing | undefined;
  readonly engine: string;
}

function traceSection(group: TraceGroup): string {
  const rows = group.replays.flatMap((replay): EngineRow[] => {
    const engine = engineLabel(replay, group.replays);
    const priced = replay.pricings.map((pricing) => ({ replay, pricing, engine }));
    return priced.length === 0 ? [{ replay, pricing: undefined, engine }] : priced;
  });
  const run = rows.filter(({ replay }) => !isUnsupported(replay));
  const kinds = OP_KINDS.filter((kind) =>
    run.some(({ replay }) => (replay.metrics[`${kind}.operations`]?.value ?? 0) > 0),
  );
  return [
    `## ${escapeName(group.trace.name)}\n`,
    `${escapeName(originText(group.trace))}, ${lengthText(group)}.\n`,
    markdownTable(engineColumns(kinds), rows),
    worstSection(run),
    failuresSection(group),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function engineColumns(kinds: readonly OpKind[]): MarkdownColumn<EngineRow>[] {
  return [
    { title: 'Engine', align: 'left', cell: ({ engine }) => escapeName(engine) },
    { title: 'Pricing', align: 'left', cell: ({ pricing }) => (pricing ? escapeName(pricing.id) : '') },
    ...kinds.flatMap(kindColumns),
    figure('Waste', ({ metrics }) => percentOf(metrics['waste.peak']?.value)),
    figure('#4', ({ metrics }) => percentOf(metrics['fragmentation.wj4']?.value)),
    figure('Holes', ({ metrics }) => percentOf(metrics['fragmentation.largest-hole.peak']?.value)),
    figure('Failed', ({ metrics }) => countOf(metrics['allocations.failed']?.value)),
    figure('Held peak', ({ metrics }) => {
      const peak = metrics['held.bytes.peak'];
      return peak ? kibibytesText(peak.value) : '';
    }),
    { title: 'Remark', align: 'left', cell: ({ replay }) => escapeOptional(stopText(replay)) },
  ];
}

function kindColumns(kind: OpKind): MarkdownColumn<EngineRow>[] {
  const cycles = (title: string, statistic: string): MarkdownColumn<EngineRow> => ({
    title: `${kind} ${title}`,
    align: 'right',
    cell: ({ replay, pricing }) =>
      isUnsupported(replay) ? 'n/a' : countOf(pricing?.metrics[`${kind}.cycles.${statistic}`]?.value),
  });
  return [cycles('worst', 'max'), cycles('p99.9', 'p99.9'), cycles('median', 'p50')];
}

function figure(title: string, cell: (replay: MeasuredReplay) => string): MarkdownColumn<EngineRow> {
  return {
    title,
    align: 'right',
    cell: ({ replay }) => (isUnsupported(replay) ? 'n/a' : cell(replay)),
  };
}

function isUnsupported({ outcome }: MeasuredReplay): boolean {
  return outcome.kind === 'unsupported';
}

interface WorstRow extends EngineRow {
  readonly rank: number;
  readonly worst: WorstOperation;
}

/** The dearest operation of every engine in the open, the others folded away. */
function worstSection(rows: readonly EngineRow[]): string {
  const all = rows.map((row): WorstRow[] =>
    row.pricing === undefined
      ? []
      : worstOperations(row.pricing, WORST_SHOWN).map((worst, index) => ({ ...row, rank: index + 1, worst })),
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
  const rows = boundRows(results);
  return rows.length === 0
    ? ''
    : [
        '## Worst cases and their bounds\n',
        'The most that any operation did, beside what the engine’s specification allows.\n',
        markdownTable(BOUND_COLUMNS, rows),
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

function percentOf(basisPoints: number | undefined): string {
  return basisPoints === undefined ? '' : percentText(basisPoints);
}

function countOf(value: number | null | undefined): string {
  return value === undefined || value === null ? '' : groupedInteger(value);
}

function escapeOptional(text: string | undefined): string {
  return text === undefined ? '' : escapeName(text);
}
