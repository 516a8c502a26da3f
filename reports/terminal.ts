import type { Results } from '../harness/results/results';
import { escapeControls } from '../traces/input-error';
import { engineColumns, engineRows, type EngineRow } from './engine-table';
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

function traceTable(group: TraceGroup): string {
  const rows = engineRows(group.replays);
  const remarks = group.replays.flatMap((replay) => {
    const reason = stopText(replay);
    return reason === undefined
      ? []
      : [`  ${escapeControls(`${engineLabel(replay, group.replays)}: ${reason}`)}`];
  });
  return [
    `${escapeControls(group.trace.name)}  (${lengthText(group)}; cycles per operation)`,
    ...tableLines(tableColumns(rows), rows),
    ...remarks,
    '',
  ].join('\n');
}

function tableColumns(rows: readonly EngineRow[]): TextColumn<EngineRow>[] {
  let kind: string | undefined;
  return [
    { title: 'engine', align: 'left', cell: ({ engine }) => escapeControls(engine) },
    { title: 'pricing', align: 'left', cell: ({ pricing }) => escapeControls(pricing?.id ?? '') },
    ...engineColumns(rows, 'terminal').map(({ heading, column, text }): TextColumn<EngineRow> => {
      const isSameKind = column.kind !== undefined && column.kind === kind;
      kind = column.kind;
      // The kind is told once, by the first of its columns.
      return { title: isSameKind ? column.heading : heading, align: 'right', cell: text };
    }),
  ];
}
