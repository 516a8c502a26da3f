import type { Results } from '../harness/results/results';
import { escapeControls } from '../traces/input-error';
import { engineColumns, engineRows, type EngineColumn, type EngineRow } from './engine-table';
import { phraseText } from './phrase';
import { fittedTableLines, wrappedText, type Terminal, type TextColumn } from './text-columns';
import { engineLabel, lengthText, stopText, traceGroups, type TraceGroup } from './trace-groups';
import { verdict } from './verdict';

/** The results as text for one look: per trace a table of the engines, and the verdict last, where the eye is. */
export function terminalReport(results: Results, terminal: Terminal = {}): string {
  const tables = traceGroups(results).map((group) => traceTable(group, terminal));
  const sentences = verdict(results).map(
    (phrase) => `${wrappedText(phraseText(phrase, escapeControls), terminal.columns)}\n`,
  );
  return [...tables, sentences.join('')].filter((part) => part !== '').join('\n');
}

function traceTable(group: TraceGroup, terminal: Terminal): string {
  const rows = engineRows(group.replays);
  const remarks = group.replays.flatMap((replay) => {
    const reason = stopText(replay);
    return reason === undefined
      ? []
      : [
          wrappedText(
            `  ${escapeControls(`${engineLabel(replay, group.replays)}: ${reason}`)}`,
            terminal.columns,
          ),
        ];
  });
  return [
    wrappedText(
      `${escapeControls(group.trace.name)}  (${lengthText(group)}; cycles per operation)`,
      terminal.columns,
    ),
    ...fittedTableLines(tableColumns(rows), rows, terminal),
    ...remarks,
    '',
  ].join('\n');
}

function tableColumns(rows: readonly EngineRow[]): TextColumn<EngineRow>[] {
  let kind: string | undefined;
  return [
    { title: 'engine', align: 'left', isKey: true, cell: ({ engine }) => escapeControls(engine) },
    {
      title: 'pricing',
      align: 'left',
      isKey: true,
      cell: ({ pricing }) => escapeControls(pricing?.id ?? ''),
    },
    ...engineColumns(rows, 'terminal').map((engineColumn): TextColumn<EngineRow> => {
      const { heading, column, text } = engineColumn;
      const isSameKind = column.kind !== undefined && column.kind === kind;
      kind = column.kind;
      // The kind is told once, by the first of its columns.
      return {
        title: isSameKind ? column.heading : heading,
        align: 'right',
        cell: text,
        group: column.kind ?? '',
        isMarked: (row) => isWorst(engineColumn, row, rows),
      };
    }),
  ];
}

/** Whether a figure that should be low is the highest of several. */
function isWorst({ metric, value }: EngineColumn, row: EngineRow, rows: readonly EngineRow[]): boolean {
  const values = rows.flatMap((each) => value(each)?.value ?? []);
  const most = Math.max(...values);
  return metric.better === 'lower' && value(row)?.value === most && values.some((each) => each < most);
}
