import type { AuditReport, FindingGroup } from '../../harness/studies/audit/finding';
import { ruleOf } from '../../harness/studies/audit/rules';
import { countText, groupedInteger } from '../../harness/text/numbers';
import { lifeText, likeItText, momentText, problemText, ruleTitle } from '../audit-words';
import { escapeName, markdownTable } from './table';

/** An audit as Markdown: how many of each rule, then the findings with their objects' lives and how to mend them. */
export function auditMarkdown(report: AuditReport): string {
  const { trace, events, generation, nested, counts, groups } = report;
  const all = counts.reduce((sum, count) => sum + count.findings, 0);
  const listed = groups.length < all ? ' Equal ones of a call site stand together.' : '';
  const found = all === 0 ? 'No findings' : `**${countText(all, 'finding')}**`;
  const head = [
    `# Audit of ${escapeName(trace)}\n`,
    `${found} in ${groupedInteger(events)} events (libxl generation ${generation}, nested=${nested}).${listed}\n`,
  ];
  return all === 0
    ? head.join('\n')
    : [...head, countTable(report), groups.map(groupItem).join('')].join('\n');
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

function groupItem(group: FindingGroup): string {
  const { first } = group;
  const { severity, object, rule } = first;
  const problem = problemText(first, escapeName);
  return [
    `* **${ruleTitle(first)}** (${severity}), ${momentText(first)}: ${problem}.\n`,
    ...(object === null ? [] : [`  Its life: ${lifeText(object, escapeName)}.\n`]),
    ...likeItText(group).map((text) => `  ${text[0]!.toUpperCase()}${text.slice(1)}.\n`),
    `  To mend it: ${ruleOf(rule).mend}\n`,
  ].join('');
}
