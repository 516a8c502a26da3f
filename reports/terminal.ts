import type { Results } from '../harness/results/results';
import { costAt } from '../harness/metrics/distribution';
import type { MetricColumn } from '../harness/metrics/metric';
import { escapeControls } from '../traces/input-error';
import { engineColumns, engineRows, type EngineColumn, type EngineRow } from './engine-table';
import { phraseText } from './phrase';
import { logarithmicSparkline } from './sparkline';
import { fittedTableLines, wrappedText, type Terminal, type TextColumn } from './text-columns';
import { engineLabel, lengthText, stopText, traceGroups, type TraceGroup } from './trace-groups';
import { verdict } from './verdict';

type OperationKind = NonNullable<MetricColumn['kind']>;

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
    ...fittedTableLines(tableColumns(rows, terminal), rows, terminal),
    ...remarks,
    '',
  ].join('\n');
}

function tableColumns(rows: readonly EngineRow[], { columns }: Terminal): TextColumn<EngineRow>[] {
  let kind: OperationKind | undefined;
  // Pictures are for the eye; what goes to a file or a pipe is for programs.
  const curveOf = columns === undefined ? undefined : curves(rows);
  return [
    { title: 'engine', align: 'left', isKey: true, cell: ({ engine }) => escapeControls(engine) },
    {
      title: 'pricing',
      align: 'left',
      isKey: true,
      cell: ({ pricing }) => escapeControls(pricing?.id ?? ''),
    },
    ...engineColumns(rows, 'terminal').flatMap((engineColumn): TextColumn<EngineRow>[] => {
      const { heading, column, text } = engineColumn;
      const isSameKind = column.kind !== undefined && column.kind === kind;
      kind = column.kind;
      const group = column.kind ?? '';
      // The kind is told once, by the first of its columns, and its curve stands before its percentiles.
      const curve: TextColumn<EngineRow>[] =
        curveOf === undefined || kind === undefined || isSameKind
          ? []
          : [{ title: CURVE_TITLE, align: 'left', group, cell: curveOf(kind) }];
      const figure: TextColumn<EngineRow> = {
        title: isSameKind ? column.heading : heading,
        align: 'right',
        cell: text,
        group,
        isMarked: (row) => isWorst(engineColumn, row, rows),
      };
      return [figure, ...curve];
    }),
  ];
}

/** What share of the operations cost no more: what the letters of a curve stand for, the worst of all last. */
const CURVE_RANKS: readonly (readonly [numerator: number, denominator: number])[] = [
  ...([[1, 2], [9, 10], [99, 100], [999, 1000], [9999, 10_000], [1, 1]] as const), // prettier-ignore
];
const CURVE_TITLE = '50%…max';

/** For each kind the percentile curves of the rows, on one scale, so that they can be told apart by eye. */
function curves(rows: readonly EngineRow[]): (kind: OperationKind) => (row: EngineRow) => string {
  return (kind) => {
    const ladders = new Map(rows.map((row) => [row, ladderOf(row, kind)]));
    const all = [...ladders.values()].flat();
    const scale = { least: Math.min(...all), most: Math.max(...all) };
    return (row) => logarithmicSparkline(ladders.get(row)!, scale);
  };
}

function ladderOf({ pricing }: EngineRow, kind: OperationKind): number[] {
  const distribution = pricing?.kinds[kind].distribution;
  return distribution === undefined || distribution.costs.length === 0
    ? []
    : CURVE_RANKS.map(([numerator, denominator]) => costAt(distribution, { numerator, denominator })!);
}

/** Whether a figure that should be low is the highest of several. */
function isWorst({ metric, value }: EngineColumn, row: EngineRow, rows: readonly EngineRow[]): boolean {
  const values = rows.flatMap((each) => value(each)?.value ?? []);
  const most = Math.max(...values);
  return metric.better === 'lower' && value(row)?.value === most && values.some((each) => each < most);
}
