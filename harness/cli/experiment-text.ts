import type { Experiment, ExperimentReport, ReportTable } from '../claims/claim';

/** An experiment's report as a person reads it in a terminal: tables, verdicts, remarks. */
export function experimentText(experiment: Experiment, report: ExperimentReport): string {
  const verdicts = report.judgements.map(
    ({ claim, verdict, because }) => `${verdict.toUpperCase()}: ${claim.statement}\n  ${because}\n`,
  );
  return [
    `${experiment.name}: ${experiment.summary}\n`,
    ...report.tables.map(tableText),
    ...verdicts,
    ...report.remarks.map((remark) => `${remark}\n`),
  ].join('\n');
}

function tableText({ title, columns, rows }: ReportTable): string {
  const header = columns.map(({ name }) => name);
  const widths = header.map((name, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]!.length), name.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        columns[column]!.numeric ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  return [title, line(header), ...rows.map(line)].map((text) => `${text}\n`).join('');
}
