import type { JudgedExperiment, ReportTable } from '../../harness/studies/claims/claim';
import { markdownTable } from './table';

/**
 * An experiment as Markdown: each claim with its verdict and the numbers behind it, then the tables. The texts are
 * ours, from the experiment's own file, so nothing of them needs escaping.
 */
export function experimentMarkdown({ experiment, report }: JudgedExperiment): string {
  const judgements = report.judgements.map(
    ({ claim, verdict, because }) =>
      `* **${verdict}**: ${claim.statement} (${claim.source}, ${claim.date}) ${because}\n`,
  );
  const remarks = report.remarks.map((remark) => `${remark}\n`);
  return [
    `# ${experiment.name}\n`,
    `${experiment.summary}\n`,
    judgements.join(''),
    ...report.tables.map(tableMarkdown),
    remarks.join('\n'),
    '',
  ].join('\n');
}

function tableMarkdown({ title, columns, rows }: ReportTable): string {
  const table = markdownTable(
    columns.map(({ name, numeric }, index) => ({
      title: name,
      align: numeric ? ('right' as const) : ('left' as const),
      cell: (row: readonly string[]) => row[index] ?? '',
    })),
    rows,
  );
  return `## ${title}\n\n${table}`;
}
