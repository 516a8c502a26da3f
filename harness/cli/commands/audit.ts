import { auditJson } from '../../../reports/audit-json';
import { auditText } from '../../../reports/audit-text';
import { auditMarkdown } from '../../../reports/markdown/audit';
import { auditSarif } from '../../../reports/sarif';
import { openTrace } from '../../../traces/open';
import { traceFile } from '../../../traces/shipped';
import { audit as auditTrace } from '../../studies/audit/audit';
import { NESTED, type AuditReport, type Generation } from '../../studies/audit/finding';
import { EXIT, type ExitCode } from '../exit-codes';
import { choice, count, operand, type ValuesOf } from '../options/option';
import { readerOptionsBesideFormat, traceDetails, traceRequest } from '../options/reader-options';
import { openOptions, requireFixedEvents } from '../names/registries';
import { TOOL_VERSION } from '../tool-version';
import { command } from './command';
import { print, printWords } from '../output/terminal';

/** `audit`: what a trace does wrong, against libxl's memory policy where it is annotated. */

const FORMATS = ['text', 'json', 'sarif', 'markdown'] as const;

const FINDINGS_DEFAULT = 1000;
const FINDINGS_MAX = 1_000_000;

const options = {
  ...readerOptionsBesideFormat,
  generation: choice(
    'libxl’s bookkeeping: 0 until August 2010, 1 until April 2012, 2 since',
    ['0', '1', '2'],
    {
      byDefault: '2',
    },
  ),
  nested: choice(
    'Public calls within libxl reuse the caller’s gc, as the policy says, or make a fresh one',
    NESTED,
    { byDefault: 'reuse' },
  ),
  format: choice('How the findings are written', FORMATS, { byDefault: 'text' }),
  findings: count('List at most this many; the others are counted', [1, FINDINGS_MAX], {}, FINDINGS_DEFAULT),
};

export const audit = command({
  operands: { trace: operand(traceDetails) },
  options,
  examples: [
    '$0 recorded:git-status',
    '$0 policy:violator-1-domid-to-name --generation 1',
    '$0 "synth:libxl-calls?calls=50" --format sarif',
  ],
  run: runAudit,
});

type AuditArguments = { readonly trace: string } & ValuesOf<typeof options>;

async function runAudit(argv: AuditArguments): Promise<ExitCode> {
  const { trace: specification, generation, nested, findings, format } = argv;
  const request = traceRequest(specification, argv);
  const file = traceFile(request.specification);
  const opened = await openTrace(file, { ...openOptions(request), passes: 'one', validate: false });
  requireFixedEvents(opened);
  const report = await auditTrace(await opened.open(), {
    generation: Number(generation) as Generation,
    nested,
    findingsMax: findings,
  });
  const text = REPORTS[format](report, isFile(file) ? file : undefined);
  if (format === 'text') {
    printWords(text);
  } else {
    print(text);
  }
  return report.counts.length === 0 ? EXIT.ok : EXIT.finding;
}

const isFile = (specification: string): boolean =>
  specification !== '-' && !specification.startsWith('synth:');

const REPORTS: Readonly<
  Record<AuditArguments['format'], (report: AuditReport, file: string | undefined) => string>
> = {
  text: auditText,
  json: auditJson,
  sarif: (report, file) => auditSarif(report, { toolVersion: TOOL_VERSION, file }),
  markdown: auditMarkdown,
};
