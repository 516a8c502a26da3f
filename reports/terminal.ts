import { groupedInteger, kibibytesText, percentText } from '../harness/text/numbers';
import type { MeasuredPricing, MeasuredReplay } from '../harness/metrics/measured-replay';
import { OP_KINDS, type OpKind } from '../harness/metrics/op-kinds';
import type { Results } from '../harness/results/results';
import { escapeControls } from '../traces/input-error';
import { phraseText } from './phrase';
import { tableLines, type TextColumn } from './text-columns';
import { engineLabel, lengthText, stopText, traceGroups, type TraceGroup } from './trace-groups';
import { verdict } from './verdict';

/** The results as text for one look: per trace a table of the engines, and the verdict last, where the eye is. */
export function terminalReport(results: Results): string {
  const tables = traceGroups(results).map(traceTable);
  const sentences = verdict(results).map((phrase) => `${phraseText(phrase, escapeControls)}\n`);
  return [...tables, sentences.join('')].filter((part) => part !== '').join('\n');
}

interface TextRow {
  readonly replay: MeasuredReplay;
  readonly pricing: MeasuredPricing | undefined;
}

function pricedRows(replay: MeasuredReplay): TextRow[] {
  const { pricings } = replay;
  return pricings.length === 0
    ? [{ replay, pricing: undefined }]
    : pricings.map((pricing) => ({ replay, pricing }));
}

function traceTable(group: TraceGroup): string {
  const rows = group.replays.flatMap(pricedRows);
  const kinds = OP_KINDS.filter((kind) =>
    group.replays.some(({ metrics }) => (metrics[`${kind}.operations`]?.value ?? 0) > 0),
  );
  const remarks = group.replays.flatMap((replay) => {
    const reason = stopText(replay);
    return reason === undefined
      ? []
      : [`  ${escapeControls(`${engineLabel(replay, group.replays)}: ${reason}`)}`];
  });
  return [
    `${escapeControls(group.trace.name)}  (${lengthText(group)}; cycles per operation)`,
    ...tableLines(tableColumns(group, kinds), rows),
    ...remarks,
    '',
  ].join('\n');
}

function tableColumns(group: TraceGroup, kinds: readonly OpKind[]): TextColumn<TextRow>[] {
  return [
    {
      title: 'engine',
      align: 'left',
      cell: ({ replay }) => escapeControls(engineLabel(replay, group.replays)),
    },
    { title: 'pricing', align: 'left', cell: ({ pricing }) => escapeControls(pricing?.id ?? '') },
    ...kinds.flatMap(kindColumns),
    metricColumn('waste', 'waste.peak', percentText),
    metricColumn('held peak', 'held.bytes.peak', kibibytesText),
    metricColumn('failed', 'allocations.failed', groupedInteger),
  ];
}

function kindColumns(kind: OpKind): TextColumn<TextRow>[] {
  return [
    [`${kind} worst`, `${kind}.cycles.max`],
    ['p99.9', `${kind}.cycles.p99.9`],
    ['median', `${kind}.cycles.p50`],
  ].map(([title, name]): TextColumn<TextRow> => ({
    title: title!,
    align: 'right',
    cell: ({ replay, pricing }) => {
      const value = pricing?.metrics[name!];
      return replay.outcome.kind === 'unsupported' ? 'n/a' : value ? groupedInteger(value.value) : '';
    },
  }));
}

function metricColumn(title: string, name: string, format: (value: number) => string): TextColumn<TextRow> {
  return {
    title,
    align: 'right',
    cell: ({ replay: { metrics, outcome } }) => {
      const value = metrics[name];
      return outcome.kind === 'unsupported' ? 'n/a' : value ? format(value.value) : '';
    },
  };
}
