import type { AuditReport, FindingGroup, RuleCount } from '../harness/studies/audit/finding';
import { ruleOf } from '../harness/studies/audit/rules';
import { countText, groupedInteger } from '../harness/text/numbers';
import { escapeControls } from '../traces/input-error';
import { lifeText, likeItText, momentText, problemText, ruleTitle } from './audit-words';

/** A terminal is for one look: a program that leaks at all leaks a thousand objects. The other formats have them. */
const SHOWN_OF_A_RULE = 10;

/** An audit for a terminal: findings with their objects' lives and how to mend them, the counts last. */
export function auditText(report: AuditReport): string {
  const shown = firstOfEachRule(report.groups);
  return [...shown.map(groupText), summary(report, shown.length)].join('\n');
}

function firstOfEachRule(groups: readonly FindingGroup[]): FindingGroup[] {
  const counts = new Map<string, number>();
  return groups.filter(({ first: { rule } }) => {
    const count = (counts.get(rule) ?? 0) + 1;
    counts.set(rule, count);
    return count <= SHOWN_OF_A_RULE;
  });
}

function groupText(group: FindingGroup): string {
  const { first } = group;
  const { severity, object, rule } = first;
  const problem = problemText(first, escapeControls);
  return [
    `${severity}: ${momentText(first)}: ${ruleTitle(first)}: ${problem}\n`,
    ...(object === null ? [] : [`  ${lifeText(object, escapeControls)}\n`]),
    ...likeItText(group).map((text) => `  ${text}\n`),
    `  mend: ${ruleOf(rule).mend}\n`,
  ].join('');
}

function summary(report: AuditReport, shown: number): string {
  const { trace, events, counts, groups, generation, nested } = report;
  const all = counts.reduce((sum, count) => sum + count.findings, 0);
  const rules = `libxl generation ${generation}, nested=${nested}`;
  const found = all === 0 ? 'no findings' : countText(all, 'finding');
  const kinds = groups.length < all ? `, ${countText(groups.length, 'group')} of equal ones` : '';
  const are = shown === 1 ? 'is' : 'are';
  const listed =
    shown < groups.length ? `, ${groupedInteger(shown)} ${are} shown; --format markdown lists more` : '';
  const head = `${escapeControls(trace)}: ${found} in ${countText(events, 'event')} (${rules})${kinds}${listed}\n`;
  return head + counts.map(ruleText).join('');
}

function ruleText({ rule, findings }: RuleCount): string {
  const { name } = ruleOf(rule);
  return `  ${name === rule ? name : `${rule} ${name}`}: ${groupedInteger(findings)}\n`;
}
