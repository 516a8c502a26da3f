import { ENGINE_NAMES } from '../../../allocators/registry';
import {
  EXPLANATION_FORMATS,
  isProfileFormat,
  PROFILE_FORMATS,
  renderExplanation,
  renderProfile,
} from '../../../reports/explain/registry';
import type { SourceTexts } from '../../../reports/explain/source-words';
import type { Terminal } from '../../../reports/text-columns';
import { UsageError } from '../../../traces/input-error';
import { explain as explainOperations } from '../../explain/explain';
import type { Choice, Explanation } from '../../explain/explanation';
import { profile } from '../../explain/profile';
import { isFailure } from '../../metrics/measured-replay';
import { parsePricing } from '../../pricing/specification';
import type { Registries } from '../../results/cell';
import { enginesWithOptions, oneEngineOptions, stackMaker } from '../options/engine-options';
import { EXIT, type ExitCode } from '../exit-codes';
import { outputTo } from '../output/output-file';
import { Progress } from '../workers/progress';
import { expectRepeatable } from '../workers/repeated';
import { ANY_COUNT, choice, count, flag, list, operand, text, type ValuesOf } from '../options/option';
import { readerOptionsBesideFormat, traceDetails, traceRequest } from '../options/reader-options';
import { createRegistries } from '../names/registries';
import { doubtsText } from '../output/import-text';
import { sourcesAtHand } from '../names/sources-at-hand';
import {
  commaList,
  machineOptions,
  machineSizes,
  nameValuePairs,
  onlyOne,
  reallocOption,
} from '../options/shared-options';
import { command } from './command';
import { standardTerminal, tell } from '../output/terminal';

/** `explain`: what the dearest operations did, what it cost, and who left the heap so. */

const WORST_MAX = 100;
const AGAINST_NONE = 'none';

const options = {
  ...machineOptions,
  ...readerOptionsBesideFormat,
  ...oneEngineOptions,
  op: count('The operation with this index in the trace, from 0', ANY_COUNT),
  worst: count('The dearest operations, so many of them', [1, WORST_MAX], { byDefault: '1' }),
  lock: text('Those that held this lock longest instead of the dearest'),
  all: flag('The whole replay summed up by step, or by line of the source of an engine in C'),
  against: {
    ...list(`Engines to compare with, comma-separated, or ${AGAINST_NONE}`, { completes: 'engine' }),
    byDefault: 'all',
    read: (words: readonly string[] | undefined) => words,
  },
  realloc: reallocOption,
  format: choice(
    'Text, JSON, a page, or spans and stacks for Perfetto, speedscope and flamegraph.pl',
    EXPLANATION_FORMATS,
    { byDefault: 'text' },
  ),
  out: text('Write to this file instead of stdout', { completes: 'file' }),
};

export const explain = command({
  operands: { trace: operand(traceDetails) },
  options,
  examples: [
    '$0 synth:half-page-storm -a xmalloc-first-fit',
    '$0 recorded:sqlite3-2000 -a plan9-pool --worst 3 --against xmalloc-tlsf',
    '$0 recorded:git-status -a xmalloc-first-fit --lock freelist',
    '$0 synth:tmem -a xvmalloc --op 4711 --against none --format speedscope --out op.json',
    '$0 recorded:git-status -a xmalloc-tlsf --all --format collapsed',
  ],
  run: runExplain,
});

type ExplainArguments = { readonly trace: string } & ValuesOf<typeof options>;

async function runExplain(argv: ExplainArguments): Promise<ExitCode> {
  return argv.all ? runProfile(argv) : runOperations(argv);
}

/** The whole replay. */
async function runProfile(argv: ExplainArguments): Promise<ExitCode> {
  const { format } = argv;
  for (const option of ['op', 'worst', 'lock', 'against'] as const) {
    if (argv[option] !== undefined) {
      throw new UsageError({
        where: '--all',
        problem: `does not go with --${option}`,
        expected: 'one of them',
      });
    }
  }
  if (!isProfileFormat(format)) {
    throw new UsageError({
      where: '--format',
      problem: `"${format}" of a whole replay, which has no order in time`,
      expected: `one of ${PROFILE_FORMATS.join(', ')}`,
    });
  }
  const write = outputTo(argv.out);
  const registries = createRegistries();
  const name = onlyOne('-a', 'engine', argv.allocator);
  const pricing = parsePricing(onlyOne('-p', 'pricing', argv.pricing));
  const trace = await registries.openTrace(traceRequest(argv.trace, argv));
  tell(doubtsText(trace));
  const [engine] = enginesWithOptions([name], nameValuePairs('-o', argv.option), registries);
  const createStack = stackMaker(engine!, machineSizes(argv), registries);
  await expectRepeatable(trace, engine!, createStack, registries, argv.realloc);
  const summedUp = await profile({
    trace,
    createStack,
    pricing,
    ...(argv.realloc !== undefined && { realloc: argv.realloc }),
  });
  write(renderProfile(format, summedUp, sourcesOf(name, registries), terminalOf(argv)));
  return exitCodeAt(summedUp.stopped);
}

const terminalOf = ({ out }: ExplainArguments): Terminal => (out === undefined ? standardTerminal() : {});

function exitCodeAt(stopped: Explanation['stopped']): ExitCode {
  return stopped !== null && isFailure(stopped) ? EXIT.failed : EXIT.ok;
}

/** Of an engine in C, the files that it was compiled from. */
function sourcesOf(name: string, registries: Registries): SourceTexts {
  return sourcesAtHand(name, registries.engineNamed(name).foreign?.sources ?? {});
}

async function runOperations(argv: ExplainArguments): Promise<ExitCode> {
  const choice = choiceOf(argv);
  const write = outputTo(argv.out);
  const registries = createRegistries();
  const name = onlyOne('-a', 'engine', argv.allocator);
  const pricing = parsePricing(onlyOne('-p', 'pricing', argv.pricing));
  const trace = await registries.openTrace(traceRequest(argv.trace, argv));
  tell(doubtsText(trace));
  const { origin } = trace.header;
  const isAdaptive = origin.kind === 'synthetic' && origin.adaptive;
  const [engine, ...others] = enginesWithOptions(
    [name, ...othersOf(argv, name, isAdaptive)],
    nameValuePairs('-o', argv.option),
    registries,
  );
  const createStack = stackMaker(engine!, machineSizes(argv), registries);
  await expectRepeatable(trace, engine!, createStack, registries, argv.realloc);
  const passes = [`${name}, ranked`, `${name}, seen`, ...others.map((other) => other.name)];
  const progress = new Progress('explaining', passes);
  let passesDone = 0;
  const explanation = await explainOperations({
    trace,
    createStack,
    others: others.map((other) => ({
      name: other.name,
      createStack: stackMaker(other, machineSizes(argv), registries),
    })),
    pricing,
    choice,
    ...(argv.realloc !== undefined && { realloc: argv.realloc }),
    passDone: () => progress.done(passesDone++),
  }).finally(() => progress.stop());
  write(renderExplanation(argv.format, explanation, sourcesOf(name, registries), terminalOf(argv)));
  return exitCodeAt(explanation.stopped);
}

function choiceOf({ op, worst, lock }: ExplainArguments): Choice {
  const other = worst !== undefined ? '--worst' : lock !== undefined ? '--lock' : undefined;
  if (op !== undefined && other !== undefined) {
    throw new UsageError({
      where: '--op',
      problem: `does not go with ${other}`,
      expected: 'one operation, or the worst ones',
    });
  }
  if (op !== undefined) {
    return { kind: 'operation', operation: op };
  }
  const count = worst ?? 1;
  return lock === undefined ? { kind: 'worst', count } : { kind: 'lock', lock, count };
}

/** The engines to compare with. A trace that adapts to placements has other events on every engine. */
function othersOf({ against }: ExplainArguments, name: string, isAdaptive: boolean): string[] {
  const named = against === undefined ? undefined : commaList(against);
  if (named === undefined) {
    return isAdaptive ? [] : ENGINE_NAMES.filter((other) => other !== name);
  }
  if (named.length === 1 && named[0] === AGAINST_NONE) {
    return [];
  }
  if (isAdaptive) {
    throw new UsageError({
      where: '--against',
      problem: 'the trace adapts to placements, so that other engines get other events',
      expected: `--against ${AGAINST_NONE}`,
    });
  }
  return named.filter((other) => other !== name);
}
