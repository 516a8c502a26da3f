import { adviceJson } from '../../../reports/advice-json';
import { adviceText } from '../../../reports/advice-text';
import type { Terminal } from '../../../reports/text-columns';
import { adviceMarkdown } from '../../../reports/markdown/advice';
import { holdEvents, type EventColumns } from '../../../traces/columns';
import { selectObjects } from '../../../traces/tools/selection';
import type { Trace } from '../../../traces/trace';
import { advise as adviseTrace, type AdviseReport } from '../../studies/advise/advise';
import { ALLOCATORS } from '../../studies/advise/rubric';
import { parsePricing, PRICING_DEFAULT } from '../../pricing/specification';
import { EXIT, type ExitCode } from '../exit-codes';
import { choice, count, flagUnless, list, operand, text, type ValuesOf } from '../options/option';
import { readerOptionsBesideFormat, traceDetails, traceRequest } from '../options/reader-options';
import { createRegistries, requireFixedEvents } from '../names/registries';
import { doubtsText } from '../output/import-text';
import { machineOptions, machineSizes, PRICING_FORM } from '../options/shared-options';
import { Progress } from '../workers/progress';
import { command } from './command';
import { print, standardTerminal, tell } from '../output/terminal';

/** `advise`: which of Xen's allocators each call site should use, and what that is worth. */

const FORMATS = ['text', 'json', 'markdown'] as const;

const SITES_DEFAULT = 20;
const SITES_MAX = 65_536;

const options = {
  ...machineOptions,
  ...readerOptionsBesideFormat,
  contiguous: list('A call site that needs physically contiguous memory; may be repeated'),
  now: choice('What sites call whose allocations do not say it in the call column', ALLOCATORS),
  pricing: text(`The pricing: ${PRICING_FORM}`, {
    short: 'p',
    byDefault: PRICING_DEFAULT,
    completes: 'pricing',
  }),
  mostSites: count(
    'Replay the sites with the most bytes, at most this many',
    [1, SITES_MAX],
    {},
    SITES_DEFAULT,
  ),
  fragmented: flagUnless('Do not replay in a heap of which every second page is taken, too'),
  format: choice('How the advice is written', FORMATS, { byDefault: 'text' }),
};

export const advise = command({
  operands: { trace: operand(traceDetails) },
  options,
  examples: [
    '$0 "synth:domain-lifecycle?seconds=60" --heap-pages 16384 -p flat',
    '$0 recorded:git-status --now xmalloc --format markdown',
  ],
  run: runAdvise,
});

type AdviseArguments = { readonly trace: string } & ValuesOf<typeof options>;

async function runAdvise(argv: AdviseArguments): Promise<ExitCode> {
  const registries = createRegistries();
  const pricing = argv.pricing ?? PRICING_DEFAULT;
  parsePricing(pricing);
  const trace = await registries.openTrace(traceRequest(argv.trace, argv));
  tell(doubtsText(trace));
  requireFixedEvents(trace);
  let progress: Progress | undefined;
  const report = await adviseTrace(trace, {
    contiguous: argv.contiguous,
    now: argv.now,
    sitesMax: argv.mostSites,
    pricing,
    machine: machineSizes(argv),
    fragmented: argv.fragmented,
    engineNamed: (name) => registries.engineNamed(name),
    selectObjects: selectAndHold,
    progress: {
      begins: (sites) => (progress = new Progress('replaying call sites', sites)),
      done: (site) => progress?.done(site),
    },
  }).finally(() => progress?.stop());
  print(REPORTS[argv.format](report, standardTerminal()));
  return EXIT.ok;
}

/** A site's events are replayed on every allocator, and read from the trace once. */
function selectAndHold(...selection: Parameters<typeof selectObjects>): Trace {
  const selected = selectObjects(...selection);
  let held: EventColumns | undefined;
  return {
    header: selected.header,
    open: async () => {
      held ??= await holdEvents(await selected.open());
      return held.source(selected.header);
    },
  };
}

const REPORTS: Readonly<
  Record<AdviseArguments['format'], (report: AdviseReport, terminal: Terminal) => string>
> = {
  text: adviceText,
  json: adviceJson,
  markdown: adviceMarkdown,
};
