import { fittedTableLines, wrappedText, type Terminal, type TextColumn } from './text-columns';
import type { Experiment, ExperimentReport, ReportTable } from '../harness/studies/claims/claim';

/** An experiment's report as a person reads it in a terminal: tables, verdicts, remarks. */
export function experimentText(
  experiment: Experiment,
  report: ExperimentReport,
  terminal: Terminal = {},
): string {
  const fitted = (text: string) => wrappedText(text, terminal.columns);
  const verdicts = report.judgements.map(({ claim, verdict, because }) =>
    fitted(`${verdict.toUpperCase()}: ${claim.statement}\n  ${because}\n`),
  );
  return [
    fitted(`${experiment.name}: ${experiment.summary}\n`),
    ...report.tables.map((table) => tableText(table, terminal)),
    ...verdicts,
    ...report.remarks.map((remark) => fitted(`${remark}\n`)),
  ].join('\n');
}

function tableText({ title, columns, rows }: ReportTable, terminal: Terminal): string {
  const firstFigure = columns.findIndex(({ numeric }) => numeric);
  const laid = columns.map(({ name, numeric }, index): TextColumn<readonly string[]> => ({
    title: name,
    align: numeric ? 'right' : 'left',
    cell: (row) => row[index] ?? '',
    isKey: index <= firstFigure,
    flows: !numeric && index === columns.length - 1,
  }));
  return `${title}\n${fittedTableLines(laid, rows, terminal)
    .map((line) => `${line}\n`)
    .join('')}`;
}
