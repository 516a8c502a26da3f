import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditReport } from '../../harness/studies/audit/finding';
import { RULES } from '../../harness/studies/audit/rules';
import { auditJson } from '../../reports/audit-json';
import { auditText } from '../../reports/audit-text';
import { auditMarkdown } from '../../reports/markdown/audit';
import { auditSarif } from '../../reports/sarif';

const test = suite('reports: audit');

const HOSTILE = '<img src=x>\u001b[31m[link](http://a.b)|@all\n{0}';

/** No two of them are equal. */
const apart = (findings: AuditReport['findings']) =>
  findings.map((first) => ({ first, findings: 1, bytes: 0, lastEvent: first.event }));

const FOUND: Omit<AuditReport, 'groups'> = {
  trace: HOSTILE,
  generation: 1,
  nested: 'reuse',
  events: 1234,
  counts: [{ rule: 'V1', findings: 2 }],
  findings: [
    {
      rule: 'V1',
      severity: 'error',
      event: 4,
      line: 6,
      problem: [{ name: HOSTILE }, ' returns object 11 of the pool'],
      object: {
        id: 11,
        bytes: 7,
        moments: [{ event: 2, line: 4, what: ['allocated by ', { name: HOSTILE }] }],
      },
    },
    { rule: 'V9', severity: 'warning', event: 5, line: null, problem: ['private'], object: null },
  ],
};
const REPORT: AuditReport = { ...FOUND, groups: apart(FOUND.findings) };

test('the terminal shows the first ten findings of each rule, the other formats all', () => {
  const leak = { severity: 'warning', line: null, problem: ['lost'], object: null } as const;
  const findings = Array.from({ length: 30 }, (_, event) => ({
    ...leak,
    rule: event === 29 ? ('V9' as const) : ('leak' as const),
    event,
  }));
  const counts = [{ rule: 'V9', findings: 1 }, { rule: 'leak', findings: 29 }] as const; // prettier-ignore
  const text = auditText({ ...REPORT, counts, findings, groups: apart(findings) });
  assert.is(text.match(/: lost\n/g)?.length, 11);
  assert.match(text, /event 29: V9 /);
  assert.match(text, '30 findings in 1,234 events (libxl generation 1, nested=reuse), 11 are shown;');
  assert.is(
    auditMarkdown({ ...REPORT, counts, findings, groups: apart(findings) }).match(/: lost\./g)?.length,
    30,
  );
  assert.not.match(
    auditText({ ...REPORT, groups: REPORT.groups.slice(0, 1), counts: [{ rule: 'V1', findings: 1 }] }),
    'shown',
  );
});

test('equal findings are told once, with how many they are', () => {
  const [first] = REPORT.findings;
  const groups = [{ first: first!, findings: 25, bytes: 12_800, lastEvent: 1024 }];
  const counts = [{ rule: 'V1', findings: 25 }] as const;
  const text = auditText({ ...REPORT, counts, groups });
  assert.match(text, '\n  and 24 more like it, up to event 1,024; 12,800 bytes in all\n  mend: ');
  assert.match(
    text,
    '25 findings in 1,234 events (libxl generation 1, nested=reuse), 1 group of equal ones\n',
  );
  const markdown = auditMarkdown({ ...REPORT, counts, groups });
  assert.match(markdown, '\n  And 24 more like it, up to event 1,024; 12,800 bytes in all.\n  To mend it: ');
  const [group] = JSON.parse(auditJson({ ...REPORT, counts, groups })).groups;
  assert.is(group.findings, 25);
  assert.is(group.firstEvent, 4);
});

test('SARIF has the shape of 2.1.0', () => {
  const sarif = JSON.parse(auditSarif(REPORT, { toolVersion: '0.1.0', file: 'my traces/a#b.csv' }));
  assert.is(sarif.version, '2.1.0');
  assert.match(sarif.$schema, 'sarif-schema-2.1.0');
  assert.is(sarif.runs.length, 1);
  const { tool, results } = sarif.runs[0];
  assert.is(tool.driver.rules.length, RULES.length);
  assert.is(results.length, 2);
  for (const result of results) {
    assert.is(tool.driver.rules[result.ruleIndex].id, result.ruleId);
    assert.ok(['error', 'warning', 'note'].includes(result.level));
    assert.type(result.message.text, 'string');
  }
  const [{ physicalLocation }] = results[0].locations;
  assert.is(physicalLocation.artifactLocation.uri, 'my%20traces/a%23b.csv');
  assert.is(physicalLocation.region.startLine, 6);
  assert.is(results[0].relatedLocations[0].physicalLocation.region.startLine, 4);
  assert.is(results[1].locations[0].physicalLocation, undefined);
});

test('SARIF messages hold no links, placeholders or control characters of a hostile name', () => {
  const sarif = JSON.parse(auditSarif(REPORT, { toolVersion: '0.1.0', file: undefined }));
  const { text } = sarif.runs[0].results[0].message;
  assert.not.match(text, /(?<!\\)\[|\u001b|\n|(?<!\{)\{0/);
});

test('names are harmless in text and Markdown', () => {
  assert.not.match(auditText(REPORT), /\u001b/);
  const markdown = auditMarkdown(REPORT);
  assert.not.match(markdown, /<img|\]\(http|\u001b/);
  assert.match(markdown, 'V1 pool-returned');
});

test('JSON holds the names as they are', () => {
  const json = JSON.parse(auditJson(REPORT));
  assert.is(json.schema, 'alloc-replay/audit@1');
  assert.is(json.trace, HOSTILE);
  assert.equal(json.counts, { V1: 2 });
  assert.is(json.findings[0].object.life[0].what, `allocated by ${HOSTILE}`);
});

test.run();
