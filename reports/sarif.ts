import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AuditReport, Finding, Moment, ObjectLife } from '../harness/studies/audit/finding';
import { RULES, ruleOf } from '../harness/studies/audit/rules';
import { jsonText } from '../harness/results/json-text';
import { escapeControls } from '../traces/input-error';
import { problemText } from './audit-words';
import { phraseText } from './phrase';

/** An audit in the Static Analysis Results Interchange Format, SARIF 2.1.0 (OASIS, March 2020). */

const SARIF_VERSION = '2.1.0';
const SARIF_SCHEMA =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

export interface SarifOrigin {
  readonly toolVersion: string;
  /** The trace's file as it was named; undefined for a trace that is no file. */
  readonly file: string | undefined;
}

export function auditSarif(report: AuditReport, origin: SarifOrigin): string {
  const { generation, nested, events, counts } = report;
  const run = {
    tool: {
      driver: {
        name: 'alloc-replay',
        semanticVersion: origin.toolVersion,
        rules: RULES.map(({ id, name, statement, mend }) => ({
          id,
          name: pascalCase(name),
          shortDescription: { text: statement },
          help: { text: mend },
        })),
      },
    },
    columnKind: 'utf16CodeUnits',
    properties: {
      generation,
      nested,
      events,
      findings: counts.reduce((sum, count) => sum + count.findings, 0),
    },
    results: report.findings.map((finding) => result(finding, report, origin)),
  };
  return jsonText({ $schema: SARIF_SCHEMA, version: SARIF_VERSION, runs: [run] });
}

function result(finding: Finding, report: AuditReport, origin: SarifOrigin) {
  const { rule, severity, object } = finding;
  return {
    ruleId: rule,
    ruleIndex: RULES.findIndex(({ id }) => id === rule),
    level: severity,
    message: { text: messageText(`${problemText(finding, escapeControls)}. ${ruleOf(rule).mend}`) },
    locations: [location(finding, report, origin)],
    ...(object !== null && { relatedLocations: relatedLocations(object, report, origin) }),
    properties: { event: finding.event },
  };
}

function relatedLocations({ moments }: ObjectLife, report: AuditReport, origin: SarifOrigin) {
  return moments.map((moment, id) => ({
    id,
    ...location(moment, report, origin),
    message: { text: messageText(phraseText(moment.what, escapeControls)) },
  }));
}

/** A line of the file; where there is none, the event as a place in the trace. */
function location({ event, line }: Moment, { trace }: AuditReport, { file }: SarifOrigin) {
  if (file === undefined || line === null) {
    const name = `${escapeControls(trace)}: event ${event}`;
    return { logicalLocations: [{ fullyQualifiedName: name, kind: 'resource' }] };
  }
  return {
    physicalLocation: { artifactLocation: { uri: fileUri(file) }, region: { startLine: line } },
  };
}

/** A relative file stays relative, so that it is found in a checkout. */
function fileUri(file: string): string {
  if (isAbsolute(file)) {
    return pathToFileURL(file).href;
  }
  return file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
}

/** Brackets would be links and braces placeholders (§3.11.5, §3.11.6). */
function messageText(text: string): string {
  return text.replace(/[\\[\]]/g, '\\$&').replace(/[{}]/g, '$&$&');
}

const pascalCase = (name: string): string =>
  name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
