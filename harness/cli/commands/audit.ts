import type { Argv } from 'yargs';
import { auditJson } from '../../../reports/audit-json';
import { auditText } from '../../../reports/audit-text';
import { auditMarkdown } from '../../../reports/markdown/audit';
import { auditSarif } from '../../../reports/sarif';
import { openTrace } from '../../../traces/open';
import { traceFile } from '../../../traces/shipped';
import { audit as auditTrace } from '../../studies/audit/audit';
import { NESTED, type AuditReport, type Generation, type Nested } from '../../studies/audit/finding';
import { EXIT, type ExitCode } from '../exit-codes';
import { readerOptions, traceArgument, traceRequest, type ReaderArguments } from '../options/reader-options';
import { openOptions, requireFixedEvents } from '../names/registries';
import { wholeNumber } from '../options/shared-options';
import { TOOL_VERSION } from '../tool-version';
import { command } from './command';

/** `audit`: what a trace does wrong, against libxl's memory policy where it is annotated. */

const FORMATS = ['text', 'json', 'sarif', 'markdown'] as const;

interface AuditArguments extends Omit<ReaderArguments, 'format'> {
  trace: string;
  generation: '0' | '1' | '2';
  nested: Nested;
  format: (typeof FORMATS)[number];
  traceFormat: string | undefined;
  findings: number | undefined;
}

const FINDINGS_DEFAULT = 1000;
const FINDINGS_MAX = 1_000_000;

export const audit = command<AuditArguments>({
  command: 'audit <trace>',
  summary:
    'Find leaks, double, foreign and mismatched frees, and breaches of libxl’s memory policy; exit 3 if any',
  options: (parser) =>
    auditOptions(readerOptions(parser, 'trace-format'))
      .example('$0 audit recorded:git-status', '')
      .example('$0 audit policy:violator-1-domid-to-name --generation 1', '')
      .example('$0 audit "synth:libxl-calls?calls=50" --format sarif', '') as unknown as Argv<AuditArguments>,
  run: runAudit,
});

/** Here `--format` is that of the report, so the trace's has another name. */
function auditOptions(parser: Argv) {
  return parser
    .positional('trace', { ...traceArgument, demandOption: true })
    .option('generation', {
      choices: ['0', '1', '2'] as const,
      default: '2',
      describe: 'libxl’s bookkeeping: 0 until August 2010, 1 until April 2012, 2 since',
    })
    .option('nested', {
      choices: NESTED,
      default: 'reuse',
      describe: 'Public calls within libxl reuse the caller’s gc, as the policy says, or make a fresh one',
    })
    .option('format', {
      choices: FORMATS,
      default: 'text',
      describe: 'How the findings are written',
    })
    .option('findings', {
      type: 'string',
      coerce: (text: string) => wholeNumber('--findings', text, 1, FINDINGS_MAX),
      describe: `List at most this many; the others are counted (default ${FINDINGS_DEFAULT})`,
    });
}

async function runAudit(argv: AuditArguments): Promise<ExitCode> {
  const { trace: specification, generation, nested, findings, format, traceFormat } = argv;
  const request = traceRequest(specification, { ...argv, format: traceFormat });
  const file = traceFile(request.specification);
  const opened = await openTrace(file, { ...openOptions(request), passes: 'one', validate: false });
  requireFixedEvents(opened);
  const report = await auditTrace(await opened.open(), {
    generation: Number(generation) as Generation,
    nested,
    findingsMax: findings ?? FINDINGS_DEFAULT,
  });
  process.stdout.write(REPORTS[format](report, isFile(file) ? file : undefined));
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
