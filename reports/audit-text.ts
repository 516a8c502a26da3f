import type { AuditReport, Finding, RuleCount } from '../harness/audit/finding';
import { ruleOf } from '../harness/audit/rules';
import { groupedInteger } from '../harness/metrics/format';
import { escapeControls } from '../traces/input-error';
import { lifeText, momentText, problemText, ruleTitle } from './audit-words';

/** An audit for a terminal: each finding with its object's life and how to mend it, the counts last. */
export function auditText(report: AuditReport): string {
  const findings = report.findings.map(findingText);
  return [...findings, summary(report)].join('\n');
}

function findingText(finding: Finding): string {
  const { severity, object, rule } = finding;
  const problem = problemText(finding, escapeControls);
  return [
    `${severity}: ${momentText(finding)}: ${ruleTitle(finding)}: ${problem}\n`,
    ...(object === null ? [] : [`  ${lifeText(object, escapeControls)}\n`]),
    `  mend: ${ruleOf(rule).mend}\n`,
  ].join('');
}

function summary(report: AuditReport): string {
  const { trace, events, findings, counts, generation, nested } = report;
  const all = counts.reduce((sum, count) => sum + count.findings, 0);
  const rules = `libxl generation ${generation}, nested=${nested}`;
  const found = all === 0 ? 'no findings' : `${groupedInteger(all)} ${all === 1 ? 'finding' : 'findings'}`;
  const listed = findings.length < all ? `, the first ${groupedInteger(findings.length)} are listed` : '';
  const head = `${escapeControls(trace)}: ${found} in ${groupedInteger(events)} events (${rules})${listed}\n`;
  return head + counts.map(countText).join('');
}

function countText({ rule, findings }: RuleCount): string {
  const { name } = ruleOf(rule);
  return `  ${name === rule ? name : `${rule} ${name}`}: ${groupedInteger(findings)}\n`;
}
