import { renderExplanation } from '../../../reports/explain/registry';
import { shrunkText } from '../../../reports/search/shrunk-text';
import { UsageError } from '../../../traces/input-error';
import { explain } from '../../explain/explain';
import { isFailure } from '../../metrics/measured-replay';
import { parsePricing } from '../../pricing/specification';
import { parseProperty, witnessOf, type Property } from '../../studies/search/property';
import type { Shrunk } from '../../studies/search/shrinking';
import { EXIT, type ExitCode } from '../exit-codes';
import { listOfTrace, traceOfList } from '../names/event-lists';
import { createRegistries, openEvents } from '../names/registries';
import { enginesWithOptions, oneEngineOptions, stackMaker } from '../options/engine-options';
import { count, flagUnless, needed, operand, text, type ValuesOf } from '../options/option';
import { readerOptionsBesideFormat, traceDetails, traceRequest } from '../options/reader-options';
import {
  machineOptions,
  machineSizes,
  nameValuePairs,
  onlyOne,
  reallocOption,
} from '../options/shared-options';
import { doubtsText } from '../output/import-text';
import { print, standardTerminal, tell } from '../output/terminal';
import { traceTo } from '../output/trace-output';
import { expectRepeatable } from '../workers/repeated';
import { shrinkShown } from '../workers/shrinking';
import { command } from './command';

/** `shrink`: the smallest trace that still shows what a long one shows. */

/** Longer traces are cut with `trace slice` first: each trial replays what is left. */
const EVENTS_MAX = 1_000_000;
const TRIALS_DEFAULT = 20_000;
const TRIALS_MAX = 100_000_000;

const options = {
  ...machineOptions,
  ...readerOptionsBesideFormat,
  ...oneEngineOptions,
  keep: needed(
    text('What must remain: METRIC>=VALUE[,…], also with >, <, <= or =, or outcome=corrupt'),
    'say what the trace must go on to show, as in --keep "free.cycles.max>=100000"',
  ),
  realloc: reallocOption,
  evaluations: count('Try no more traces than these', [1, TRIALS_MAX], {}, TRIALS_DEFAULT),
  explain: flagUnless('Do not tell of the worst operation step by step'),
  out: text('Write the shrunk trace to this file (.csv or .atr, also .gz)', { completes: 'file' }),
};

export const shrink = command({
  operands: { trace: operand(traceDetails) },
  options,
  examples: [
    '$0 synth:half-page-storm -a xmalloc-first-fit --keep "search.steps.max>=8"',
    '$0 recorded:git-status -a xmalloc-tlsf --keep "free.cycles.max>=150" --out worst.csv',
    '$0 synth:near-page-storm -a xmalloc-tlsf-2008 --keep "allocations.refused>=1"',
  ],
  run: shrinkCommand,
});

type ShrinkArguments = { readonly trace: string } & ValuesOf<typeof options>;

async function shrinkCommand(argv: ShrinkArguments): Promise<ExitCode> {
  const property = parseProperty(argv.keep, '--keep');
  const write = argv.out === undefined ? undefined : traceTo(argv.out);
  const registries = createRegistries();
  const engine = onlyOne('-a', 'engine', argv.allocator);
  const pricing = parsePricing(onlyOne('-p', 'pricing', argv.pricing));
  const [choice] = enginesWithOptions([engine], nameValuePairs('-o', argv.option), registries);
  const trace = await openEvents(traceRequest(argv.trace, argv));
  tell(doubtsText(trace));
  const list = await listOfTrace(trace, EVENTS_MAX);
  if (list === undefined) {
    const problem = `more than ${EVENTS_MAX} events`;
    throw new UsageError({ where: trace.header.name, problem, expected: 'a part of it, from `trace slice`' });
  }
  const { name } = trace.header;
  const traceOf = traceOfList(`${name}-shrunk`, trace.header.origin);
  const createStack = stackMaker(choice!, machineSizes(argv), registries);
  const { realloc } = argv;
  await expectRepeatable(trace, choice!, createStack, registries, realloc);
  const plan = { createStack, pricing, ...(realloc !== undefined && { realloc }) };
  const shrunk = await shrinkShown(name, {
    ...plan,
    list,
    property,
    traceOf,
    trialsMax: argv.evaluations,
  });
  print(shrunkText({ engine, trace: name, eventsBefore: list.events.length, property, shrunk }));
  await write?.(await traceOf(shrunk.list).open());
  if (argv.explain) {
    await printExplanation({ ...plan, trace: traceOf(shrunk.list) }, property, shrunk);
  }
  return isFailure(shrunk.tried.outcome) ? EXIT.failed : EXIT.ok;
}

/** The operation that shows the property, or else the dearest. */
async function printExplanation(
  plan: Omit<Parameters<typeof explain>[0], 'choice' | 'others'>,
  property: Property,
  { tried }: Shrunk,
): Promise<void> {
  const operation = isFailure(tried.outcome) ? undefined : witnessOf(property, tried);
  const explanation = await explain({
    ...plan,
    others: [],
    choice: operation === undefined ? { kind: 'worst', count: 1 } : { kind: 'operation', operation },
  });
  print(renderExplanation('text', explanation, new Map(), standardTerminal()));
}
