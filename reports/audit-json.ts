import type { AuditReport, Finding, ObjectLife } from '../harness/studies/audit/finding';
import { ruleOf } from '../harness/studies/audit/rules';
import { jsonText } from '../harness/results/json-text';
import { problemText } from './audit-words';
import { phraseText } from './phrase';

const AUDIT_SCHEMA = 'alloc-replay/audit@1';

/** An audit for other programs: the same as the text, in keys of a fixed order. */
export function auditJson(report: AuditReport): string {
  const { trace, generation, nested, events, counts, groups, findings } = report;
  return jsonText({
    schema: AUDIT_SCHEMA,
    trace,
    generation,
    nested,
    events,
    counts: Object.fromEntries(counts.map((count) => [count.rule, count.findings])),
    groups: groups.map(({ first, findings: count, bytes, lastEvent }) => ({
      rule: first.rule,
      severity: first.severity,
      firstEvent: first.event,
      lastEvent,
      findings: count,
      bytes,
      problem: problemText(first, asItIs),
    })),
    findings: findings.map(findingJson),
  });
}

function findingJson(finding: Finding) {
  const { rule, severity, event, line, object } = finding;
  const { name, mend } = ruleOf(rule);
  const problem = problemText(finding, asItIs);
  return { rule, name, severity, event, line, problem, object: object && lifeJson(object), mend };
}

function lifeJson({ id, bytes, moments }: ObjectLife) {
  const life = moments.map(({ event, line, what }) => ({ event, line, what: phraseText(what, asItIs) }));
  return { id, bytes, life };
}

/** JSON has its own way to make text harmless. */
const asItIs = (name: string): string => name;
