import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { explanationText } from '../../../reports/explain/text';
import { foundText } from '../../../reports/search/found-text';
import { shrunkText } from '../../../reports/search/shrunk-text';
import { writeTrace } from '../../../traces/tools/write';
import { explain } from '../../explain/explain';
import { metricNamed } from '../../metrics/registry';
import { parsePricing } from '../../pricing/specification';
import type { EventList } from '../../studies/search/event-list';
import { expand, scaledBudget } from '../../studies/search/expansion';
import { expectMetric, parseProperty, witnessOf } from '../../studies/search/property';
import {
  maximal,
  progressPerMille,
  scaledHeapPages,
  search as searchTraces,
  SIGNATURE_METRICS,
  type Found,
  type SearchPlan,
  type SearchState,
} from '../../studies/search/search';
import { readState, writeState } from '../../studies/search/state-file';
import { ImportClosure } from '../../suite/import-closure';
import { EXIT, type ExitCode } from '../exit-codes';
import { traceOfList } from '../names/event-lists';
import { createRegistries, type OpenedRegistries } from '../names/registries';
import { searchStarts, startsByDefault } from '../names/search-starts';
import { engineSha256 } from '../names/suite-registries';
import { enginesWithOptions, oneEngineOptions, stackMaker } from '../options/engine-options';
import { flag, flagUnless, needed, text, type ValuesOf } from '../options/option';
import {
  budgetOf,
  budgetOptions,
  evaluationsOption,
  lengthOf,
  materialOf,
  SEARCH_HEAP_PAGES,
} from '../options/search-options';
import {
  hostOptions,
  machineOptions,
  machineSizes,
  nameValuePairs,
  onlyOne,
  reallocOption,
  replaySecondsMax,
} from '../options/shared-options';
import { OutputFolder } from '../output/output-folder';
import { print, printLine, standardTerminal, tellLine } from '../output/terminal';
import { Interruption } from '../workers/interruption';
import { Progress } from '../workers/progress';
import { shrinkShown } from '../workers/shrinking';
import { trialLanes } from '../workers/trial-lane';
import type { TrialSubject } from '../workers/trial-task';
import { TOOL_VERSION } from '../tool-version';
import { command } from './command';

/** `search`: the trace that is worst for an engine, as far as it can be found in the time there is. */

const STATE_FILE = 'search.json';
const WORST_FILE = 'worst.csv';
const SHRUNK_FILE = 'shrunk.csv';
const FAILURE_FILE = 'failure.csv';

/** Shrinking afterwards is for a first look: `shrink` goes on where it ends. */
const SHRINK_TRIALS_MAX = 500;
const SHRINK_ACCESSES_MAX = 1e9;
const KEPT_PER_MILLE = 950;

const options = {
  ...machineOptions,
  heapPages: { ...machineOptions.heapPages, byDefault: String(SEARCH_HEAP_PAGES) },
  ...oneEngineOptions,
  maximize: needed(
    text('The metric to drive up, as `list metrics` names it'),
    'name a metric with --maximize, as in --maximize free.cycles.max',
  ),
  evaluations: evaluationsOption,
  ...budgetOptions,
  realloc: reallocOption,
  shrink: flagUnless('Neither shrink what was found nor explain its worst operation'),
  out: needed(
    text('Keep the search and what it finds in this folder', { completes: 'file' }),
    'say with --out where the search and its traces are kept',
  ),
  resume: flag('Go on where a search with the same --out was stopped'),
  ...hostOptions,
};

export const search = command({
  operands: {},
  options,
  examples: [
    '$0 -a xmalloc-tlsf-2008 --maximize allocations.refused --evaluations 50 --out out/null',
    '$0 -a ./my-engine.ts --maximize waste.peak --evaluations 50 --out out/waste',
  ],
  epilogue: [
    'The same seed and options find the same trace, on any number of workers. Ctrl-C keeps the best so far; --resume',
    'goes on from there, also after a kill. worst.csv is the trace, shrunk.csv a short one with',
    '95 % of its value or, where failures are counted, with one.',
    'Exit codes: 0 ok, 1 the engine ended corrupt, faulted or runaway (failure.csv), 2 bad usage or input.',
  ].join('\n'),
  run: searchCommand,
});

type SearchArguments = ValuesOf<typeof options>;

/** Everything that a search was found to ask for. */
interface Prepared {
  readonly subject: TrialSubject;
  readonly registries: OpenedRegistries;
  readonly plan: Omit<SearchPlan, 'lanes'>;
  readonly out: OutputFolder;
  readonly stateFile: string;
  readonly key: string;
}

async function searchCommand(argv: SearchArguments): Promise<ExitCode> {
  const prepared = await prepare(argv);
  const { stateFile, key, out, plan } = prepared;
  out.make();
  try {
    const before = argv.resume ? readState(stateFile, key) : undefined;
    const { state, stoppedCode, seconds } = await hunt(argv, prepared, before);
    if (progressPerMille(plan, state) < 1000) {
      const kept =
        state.best === null ? '' : ` the best so far, ${state.best.score}, is kept in ${out.path}.`;
      printLine(
        `Stopped: ${state.evaluations} of ${plan.evaluations} traces are tried;${kept} --resume goes on.`,
      );
      return stoppedCode;
    }
    const tried = state.evaluations - (before?.evaluations ?? 0);
    return await conclude(argv, prepared, state, seconds === 0 ? 0 : Math.round(tried / seconds));
  } finally {
    out.discard();
  }
}

async function prepare(argv: SearchArguments): Promise<Prepared> {
  expectMetric(argv.maximize, '--maximize');
  const registries = createRegistries();
  const engine = onlyOne('-a', 'engine', argv.allocator);
  const pricing = onlyOne('-p', 'pricing', argv.pricing);
  parsePricing(pricing);
  const [choice] = enginesWithOptions([engine], nameValuePairs('-o', argv.option), registries);
  const definition = registries.engineNamed(engine);
  const budget = budgetOf(argv, [definition]);
  const out = OutputFolder.at(argv.out, '--out', [STATE_FILE, WORST_FILE, SHRUNK_FILE, FAILURE_FILE]);
  const names = argv.start.length > 0 ? argv.start : startsByDefault();
  const { quotable, genomes } = await searchStarts(names, budget.events);
  const subject: TrialSubject = {
    engine,
    options: choice!.options,
    pricing,
    machine: machineSizes({ ...argv, heapPages: argv.heapPages ?? SEARCH_HEAP_PAGES }),
    ...(argv.realloc !== undefined && { realloc: argv.realloc }),
    metrics: [argv.maximize, ...SIGNATURE_METRICS],
  };
  const plan = {
    seed: argv.seed,
    ...lengthOf(argv.evaluations),
    budget,
    material: materialOf(argv, budget, [definition]),
    starts: genomes,
    quotable,
    goal: maximal(argv.maximize),
  } satisfies Omit<SearchPlan, 'lanes'>;
  const { goal: _goal, quotable: _quotable, ...facts } = plan;
  const rows = [...quotable].map(([name, list]) => [name, listSha256(list)]);
  const key = createHash('sha256')
    .update(
      JSON.stringify([engineSha256(subject, registries, TOOL_VERSION), ownSha256(), subject, facts, rows]),
    )
    .digest('hex');
  return { subject, registries, plan, out, stateFile: join(argv.out, STATE_FILE), key };
}

/** Of what breeds and judges: a search goes on only where it would have come by itself. */
const ownSha256 = (): string =>
  new ImportClosure().sha256Of([require.resolve('../../studies/search/search')]);

function listSha256({ events }: EventList): string {
  const rows = events.map(({ op, id, size, align }) => `${op},${id},${size},${align}\n`);
  return createHash('sha256').update(rows.join('')).digest('hex');
}

interface Hunted {
  readonly state: SearchState;
  readonly stoppedCode: ExitCode;
  readonly seconds: number;
}

/** So long the state on disk may lag behind where nothing better was found. */
const STATE_EVERY_MILLISECONDS = 1000;

async function hunt(
  argv: SearchArguments,
  { subject, registries, plan, stateFile, key, out }: Prepared,
  before: SearchState | undefined,
): Promise<Hunted> {
  const started = Date.now();
  const lanes = trialLanes(
    [subject],
    registries,
    argv.workers ?? availableParallelism(),
    replaySecondsMax(argv),
    true,
  );
  const close = () => lanes.forEach((lane) => lane.close());
  const interruption = new Interruption(close);
  const title = `searching for ${argv.maximize} of ${subject.engine}`;
  const progress = new Progress(
    title,
    ['nothing yet'],
    (shown) => shown.expect(0, plan.evaluations),
    undefined,
    'traces',
  );
  let written = Date.now();
  let best = before?.best ?? null;
  const generationDone = async (state: SearchState): Promise<void> => {
    progress.reached(0, state.evaluations, state.best === null ? '' : `best ${state.best.score}`);
    const isBetter = state.best?.number !== best?.number;
    if (isBetter) {
      best = state.best;
      await writeFound(out, WORST_FILE, plan, state.best!);
    }
    if (isBetter || Date.now() - written >= STATE_EVERY_MILLISECONDS) {
      writeState(stateFile, key, state);
      written = Date.now();
    }
  };
  try {
    const isStopping = () => interruption.isWanted;
    const state = await searchTraces({ ...plan, lanes, isStopping, generationDone }, before);
    writeState(stateFile, key, state);
    return { state, stoppedCode: interruption.exitCode, seconds: (Date.now() - started) / 1000 };
  } finally {
    progress.stop();
    interruption.end();
    close();
  }
}

const listOf = ({ budget, quotable }: Prepared['plan'], { genome, scale }: Found): EventList =>
  expand(genome, scaledBudget(budget, scale), quotable);

const traceOf = traceOfList('worst', { kind: 'recorded', format: 'search' });

async function writeFound(
  out: OutputFolder,
  name: string,
  plan: Prepared['plan'],
  found: Found,
): Promise<void> {
  await writeTrace(await traceOf(listOf(plan, found)).open(), join(out.path, name));
}

/** Says what was found, shrinks it, and explains its worst operation. */
async function conclude(
  argv: SearchArguments,
  prepared: Prepared,
  state: SearchState,
  perSecond: number,
): Promise<ExitCode> {
  const { plan, subject, out } = prepared;
  const { best, failure } = state;
  const heapPagesOf = ({ scale }: Found) => scaledHeapPages(subject.machine.heapPages, scale);
  print(
    foundText({
      engine: subject.engine,
      metric: metricNamed(argv.maximize)!,
      name: argv.maximize,
      state,
      perSecond,
    }),
  );
  if (failure !== null) {
    await writeFound(out, FAILURE_FILE, plan, failure);
    tellLine(
      `${subject.engine} ended as no engine may on ${join(out.path, FAILURE_FILE)}: \`run\` it with --heap-pages ${heapPagesOf(failure)} to see how`,
    );
  }
  if (best !== null && best.score > 0) {
    printLine(`The trace: ${join(out.path, WORST_FILE)}, on a heap of ${heapPagesOf(best)} pages`);
    if (argv.shrink) {
      await shrinkAndExplain(argv, prepared, best);
    }
  }
  return failure === null ? EXIT.ok : EXIT.failed;
}

async function shrinkAndExplain(
  argv: SearchArguments,
  { subject, registries, plan, out }: Prepared,
  best: Found,
): Promise<void> {
  const list = listOf(plan, best);
  // One failure says as much as many; of a cost the last twentieth is what happened to be in the caches.
  const least =
    metricNamed(argv.maximize)!.unit === 'operations' ? 1 : Math.ceil((best.score * KEPT_PER_MILLE) / 1000);
  const property = parseProperty(`${argv.maximize}>=${least}`, '--maximize');
  const heapPages = scaledHeapPages(subject.machine.heapPages, best.scale);
  const choice = { name: subject.engine, options: subject.options };
  const trials = {
    createStack: stackMaker(choice, { ...subject.machine, heapPages }, registries),
    pricing: parsePricing(subject.pricing),
    ...(argv.realloc !== undefined && { realloc: argv.realloc }),
  };
  const shrunk = await shrinkShown(WORST_FILE, {
    ...trials,
    list,
    property,
    traceOf,
    trialsMax: SHRINK_TRIALS_MAX,
    accessesMax: SHRINK_ACCESSES_MAX,
  });
  const shrunkFile = join(out.path, SHRUNK_FILE);
  await writeTrace(await traceOf(shrunk.list).open(), shrunkFile);
  printLine(`Shrunk: ${shrunkFile}`);
  print('\n');
  print(
    shrunkText({
      engine: subject.engine,
      trace: WORST_FILE,
      eventsBefore: list.events.length,
      property,
      shrunk,
    }),
  );
  const operation = witnessOf(property, shrunk.tried);
  if (operation !== undefined) {
    const explanation = await explain({
      ...trials,
      trace: traceOf(shrunk.list),
      others: [],
      choice: { kind: 'operation', operation },
    });
    print(explanationText(explanation, new Map(), standardTerminal()));
  }
}
