import type { Argv } from 'yargs';
import { adviceJson } from '../../../reports/advice-json';
import { adviceText } from '../../../reports/advice-text';
import { adviceMarkdown } from '../../../reports/markdown/advice';
import { selectObjects } from '../../../traces/tools/selection';
import { advise as adviseTrace, type AdviseReport } from '../../studies/advise/advise';
import { ALLOCATORS, type Allocator } from '../../studies/advise/rubric';
import { parsePricing, PRICING_DEFAULT } from '../../pricing/specification';
import { EXIT, type ExitCode } from '../exit-codes';
import { readerOptions, traceArgument, traceRequest, type ReaderArguments } from '../options/reader-options';
import { createRegistries, requireFixedEvents } from '../names/registries';
import {
  machineOptions,
  machineSizes,
  PRICING_FORM,
  wholeNumber,
  type MachineArguments,
} from '../options/shared-options';
import { command } from './command';

/** `advise`: which of Xen's allocators each call site should use, and what that is worth. */

const FORMATS = ['text', 'json', 'markdown'] as const;

interface AdviseArguments extends Omit<ReaderArguments, 'format'>, MachineArguments {
  trace: string;
  contiguous: string[];
  now: Allocator | undefined;
  pricing: string;
  'most-sites': number | undefined;
  fragmented: boolean;
  format: (typeof FORMATS)[number];
  traceFormat: string | undefined;
}

const SITES_DEFAULT = 20;
const SITES_MAX = 65_536;

export const advise = command<AdviseArguments>({
  command: 'advise <trace>',
  summary: 'Which of Xen’s allocators each call site should use by the rubric of 2021, replayed on all four',
  options: (parser) =>
    adviseOptions(machineOptions(readerOptions(parser, 'trace-format')))
      .example('$0 advise "synth:domain-lifecycle?seconds=60" --heap-pages 16384 -p flat', '')
      .example(
        '$0 advise recorded:git-status --now xmalloc --format markdown',
        '',
      ) as unknown as Argv<AdviseArguments>,
  run: runAdvise,
});

/** Here `--format` is that of the report, so the trace's has another name. */
function adviseOptions(parser: Argv) {
  return parser
    .positional('trace', { ...traceArgument, demandOption: true })
    .option('contiguous', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'A call site that needs physically contiguous memory; may be repeated',
    })
    .option('now', {
      choices: ALLOCATORS,
      describe: 'What sites call whose allocations do not say it in the call column',
    })
    .option('pricing', {
      alias: 'p',
      type: 'string',
      default: PRICING_DEFAULT,
      describe: `The pricing: ${PRICING_FORM}`,
    })
    .option('most-sites', {
      type: 'string',
      coerce: (text: string) => wholeNumber('--most-sites', text, 1, SITES_MAX),
      describe: `Replay the sites with the most bytes, at most this many (default ${SITES_DEFAULT})`,
    })
    .option('fragmented', {
      type: 'boolean',
      default: true,
      describe: 'Replay in a heap of which every second page is taken, too; --no-fragmented spares it',
    })
    .option('format', {
      choices: FORMATS,
      default: 'text',
      describe: 'How the advice is written',
    });
}

async function runAdvise(argv: AdviseArguments): Promise<ExitCode> {
  const registries = createRegistries();
  parsePricing(argv.pricing);
  const trace = await registries.openTrace(traceRequest(argv.trace, { ...argv, format: argv.traceFormat }));
  requireFixedEvents(trace);
  const report = await adviseTrace(trace, {
    contiguous: argv.contiguous,
    now: argv.now,
    sitesMax: argv['most-sites'] ?? SITES_DEFAULT,
    pricing: argv.pricing,
    machine: machineSizes(argv),
    fragmented: argv.fragmented,
    engineNamed: (name) => registries.engineNamed(name),
    selectObjects,
  });
  process.stdout.write(REPORTS[argv.format](report));
  return EXIT.ok;
}

const REPORTS: Readonly<Record<AdviseArguments['format'], (report: AdviseReport) => string>> = {
  text: adviceText,
  json: adviceJson,
  markdown: adviceMarkdown,
};
