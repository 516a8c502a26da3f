import { alignedText } from './text-columns';
import type { Experiment, ExperimentReport, ReportTable } from '../harness/studies/claims/claim';

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
  const alignments = columns.map(({ numeric }) => (numeric ? 'right' : 'left'));
  return `${title}\n${alignedText([header, ...rows], alignments)}`;
}
