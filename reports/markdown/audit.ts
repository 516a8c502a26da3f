import type { AuditReport, Finding } from '../../harness/studies/audit/finding';
import { ruleOf } from '../../harness/studies/audit/rules';
import { countText, groupedInteger } from '../../harness/text/numbers';
import { lifeText, momentText, problemText, ruleTitle } from '../audit-words';
import { escapeName, markdownTable } from './table';

/** An audit as Markdown: how many of each rule, then each finding with its object's life and how to mend it. */
export function auditMarkdown(report: AuditReport): string {
  const { trace, events, generation, nested, counts, findings } = report;
  const all = counts.reduce((sum, count) => sum + count.findings, 0);
  const listed = findings.length < all ? ` The first ${groupedInteger(findings.length)} are listed.` : '';
  const found = all === 0 ? 'No findings' : `**${countText(all, 'finding')}**`;
  const head = [
    `# Audit of ${escapeName(trace)}\n`,
    `${found} in ${groupedInteger(events)} events (libxl generation ${generation}, nested=${nested}).${listed}\n`,
  ];
  return all === 0
    ? head.join('\n')
    : [...head, countTable(report), findings.map(findingItem).join('')].join('\n');
}

function countTable({ counts }: AuditReport): string {
  return markdownTable(
    [
      { title: 'Rule', align: 'left', cell: ({ rule }) => rule },
      { title: 'What it demands', align: 'left', cell: ({ rule }) => ruleOf(rule).statement },
      { title: 'Findings', align: 'right', cell: ({ findings }) => groupedInteger(findings) },
    ],
    counts,
  );
}

function findingItem(finding: Finding): string {
  const { severity, object, rule } = finding;
  const problem = problemText(finding, escapeName);
  return [
    `* **${ruleTitle(finding)}** (${severity}), ${momentText(finding)}: ${problem}.\n`,
    ...(object === null ? [] : [`  Its life: ${lifeText(object, escapeName)}.\n`]),
    `  To mend it: ${ruleOf(rule).mend}\n`,
  ].join('');
}
