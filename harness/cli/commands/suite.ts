import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isArchived } from '../../../reports/registry';
import { suiteHeadline } from '../../../reports/suite';
import { UsageError } from '../../../traces/input-error';
import type { MeasuredReplay } from '../../metrics/measured-replay';
import type { Results, SuiteFacts } from '../../results/results';
import { resultsText } from '../../results/results-text';
import { CellKeys } from '../../suite/cell-key';
import { CellStore } from '../../suite/cell-store';
import { matrixOf, type PlannedCell } from '../../suite/matrix';
import { runCells, type CellRunReport } from '../../suite/run-cells';
import { cellsOfShard, parseShard, shardFileName, type Shard } from '../../suite/shard';
import { cellsSha256, shardEnvironment, type ShardFacts } from '../../suite/shard-results';
import type { Suite } from '../../suite/suite';
import { readSuite, suiteFile } from '../../suite/suite-file';
import { ciOptions, ciOutputs, type CiOutputs } from '../options/ci-options';
import { EXIT, type ExitCode } from '../exit-codes';
import { Interruption } from '../workers/interruption';
import { claim } from '../output/claim';
import { OutputFolder } from '../output/output-folder';
import { CellProgress } from '../workers/cell-runner';
import { createRegistries } from '../names/registries';
import { exitCodeOf, REPORT_FILES, resultsOf } from '../output/report-files';
import { compilerOption } from '../options/engine-options';
import { flag, needed, operand, text, type ValuesOf } from '../options/option';
import { hostOptions, replaySecondsMax } from '../options/shared-options';
import { concludeSuite, limitsAt } from '../output/suite-conclusion';
import { estimatedCosts } from '../workers/suite-costs';
import { createSuiteRegistries } from '../names/suite-registries';
import type { CellTimes } from '../../../reports/suite-text';
import { TOOL_VERSION } from '../tool-version';
import { WorkerLane } from '../workers/worker-lane';
import { command } from './command';
import { print, printLine, printWords, tellLine } from '../output/terminal';

/** `suite`: a matrix of cells in worker processes; what nightly runs and pull requests execute. */

const options = {
  out: needed(
    text('Write results.json and every report to this folder', { completes: 'file' }),
    'say with --out where results.json and the reports go',
  ),
  cache: text('Keep results of cells here, and take unchanged ones from here', { completes: 'file' }),
  resume: flag('Go on where an interrupted run with the same --out stopped'),
  shard: {
    ...text('Run part i of n, as 2/4, and write only results-i-n.json, for `merge`'),
    read: (words: readonly string[] | undefined) => (words === undefined ? undefined : parseShard(words[0]!)),
  },
  verifyDeterminism: flag('Run every cell twice, in different processes; exit 4 when they differ'),
  cc: compilerOption,
  ...hostOptions,
  ...ciOptions,
};

export const suite = command({
  operands: { suite: operand({ describe: 'A *.suite.yaml file, or a name', completes: 'suite' }) },
  options,
  examples: [
    '$0 quick --out out/quick',
    '$0 quick --out out/quick --cache .cache/cells --verify-determinism',
    '$0 ./mine.suite.yaml --out out/mine --emit bmf,junit --append history.csv',
    '$0 quick --out out/shards --shard 2/4',
  ],
  run: suiteCommand,
});

type SuiteArguments = { readonly suite: string } & ValuesOf<typeof options>;

async function suiteCommand(argv: SuiteArguments): Promise<ExitCode> {
  const registries = createRegistries();
  const code = createSuiteRegistries(registries);
  const plan = readSuite(suiteFile(argv.suite));
  plan.limits.forEach(({ value, where }) => limitsAt(value, where));
  const ci = ciOfWhole(argv);
  const all = asTheyAreKept(matrixOf(plan, code));
  const cellKeys = new CellKeys(code, TOOL_VERSION);
  const allKeys = all.map((cell) => cellKeys.keyOf(cell));
  const unknowable = new Map(all.map((cell) => [cell, cellKeys.unknowableOf(cell)]));
  const mine = await cellsToRun(all, argv.shard, (cells) => estimatedCosts(cells, registries));
  const cells = mine.map((index) => all[index]!);
  const keys = mine.map((index) => allKeys[index]!);
  const facts = { cellsSha256: cellsSha256(allKeys), cellCount: all.length, cells: mine };
  const files = argv.shard === undefined ? [...REPORT_FILES, ...ci.names] : [shardFileName(argv.shard)];
  const out = OutputFolder.at(argv.out, '--out', files);
  const cache = argv.cache === undefined ? [] : [CellStore.at(argv.cache, warn)];
  out.make();
  try {
    const giveBack = await claim(`${journalFolder(argv)}.lock`, () =>
      warn(`waiting for another suite that writes to ${argv.out}`),
    );
    try {
      return await runAndConclude(argv, { plan, cells, keys, unknowable, code, facts, out, ci, cache });
    } finally {
      giveBack();
    }
  } finally {
    out.discard();
  }
}

/** An archive keeps nothing that only pictures need, of which a walk of every block takes longest. */
const asTheyAreKept = (planned: readonly PlannedCell[]): readonly PlannedCell[] =>
  isArchived(planned.length)
    ? planned.map((each) => ({ ...each, cell: { ...each.cell, pictures: false } }))
    : planned;

/** Everything that a suite was found to ask for, and where its results go. */
interface PreparedSuite {
  readonly plan: Suite;
  readonly cells: readonly PlannedCell[];
  readonly keys: readonly string[];
  /** Why results of a cell cannot be kept. */
  readonly unknowable: ReadonlyMap<PlannedCell, string | undefined>;
  readonly code: ReturnType<typeof createSuiteRegistries>;
  readonly facts: ShardFacts;
  readonly out: OutputFolder;
  readonly ci: CiOutputs;
  readonly cache: readonly CellStore[];
}

async function runAndConclude(argv: SuiteArguments, prepared: PreparedSuite): Promise<ExitCode> {
  const started = Date.now();
  const { plan, cells, out } = prepared;
  const journal = openJournal(argv);
  const reasons = cells.flatMap((cell) => {
    const why = prepared.unknowable.get(cell);
    return why === undefined ? [] : [`${cell.cell.engine}: its results are not kept, for ${why}`];
  });
  [...new Set(reasons)].forEach(warn);
  const { report, times, stoppedCode } = await runPlanned(argv, prepared, journal);
  const replays = report.replays.filter((replay) => replay !== undefined);
  if (replays.length < cells.length) {
    printLine(
      `Stopped: ${replays.length} of ${cells.length} cells are done and kept in ${journal.folder}; --resume goes on.`,
    );
    return stoppedCode;
  }
  const { environment, ...plain } = resultsOf(replays, started);
  const results: Results = { ...plain, suite: factsOf(plan, cells), environment };
  const exitCode =
    argv.shard === undefined
      ? concludeSuite(results, out, prepared.ci, times)
      : writeShard(results, out, argv.shard, prepared.facts);
  tellKnownAndDiffering(report);
  // What crashed is tried again, and the rest is not.
  if (!replays.some(({ outcome }) => outcome.kind === 'crashed')) {
    journal.remove();
  }
  return report.differences.length > 0 ? EXIT.notDeterministic : exitCode;
}

const factsOf = ({ name, limits }: Suite, cells: readonly PlannedCell[]): SuiteFacts => ({
  name,
  limits: limits.map(({ value }) => value),
  labels: cells.map(({ label }) => label),
});

/** Files for other tools are made of all cells together. Throws a `UsageError`. */
function ciOfWhole(argv: SuiteArguments): CiOutputs {
  if (argv.shard !== undefined && (argv.emit.length > 0 || argv.append !== undefined)) {
    throw new UsageError({
      where: argv.append === undefined ? '--emit' : '--append',
      problem: 'of a shard, which is a part only',
      expected: '`merge` with this option',
    });
  }
  return ciOutputs(argv);
}

function writeShard(results: Results, out: OutputFolder, shard: Shard, facts: ShardFacts): ExitCode {
  const environment = { ...results.environment, ...shardEnvironment(facts) };
  printLine(suiteHeadline(results, []));
  out.write(shardFileName(shard), resultsText({ ...results, environment }));
  print('\n');
  printLine(`Written to ${out.path}: ${out.commit().join(' ')}`);
  return exitCodeOf(results.replays);
}

async function cellsToRun(
  cells: readonly PlannedCell[],
  shard: Shard | undefined,
  costsOf: (cells: readonly PlannedCell[]) => Promise<number[]>,
): Promise<number[]> {
  return shard === undefined || shard.count === 1
    ? cells.map((_, index) => index)
    : cellsOfShard(await costsOf(cells), shard);
}

/** What a run has finished, until it is complete; a verified run does not go on from an unverified one. */
function openJournal(argv: SuiteArguments): CellStore {
  const folder = journalFolder(argv);
  if (!argv.resume) {
    CellStore.at(folder, warn).remove();
  }
  return CellStore.at(folder, warn);
}

function journalFolder({ shard, out, verifyDeterminism }: SuiteArguments): string {
  const part = shard === undefined ? '' : `-${shard.index}-${shard.count}`;
  return join(out, `.cells${part}${verifyDeterminism ? '-verified' : ''}`);
}

const warn = (line: string): void => tellLine(`warning: ${line}`);

interface PlannedRun {
  readonly report: CellRunReport;
  readonly times: CellTimes;
  /** What the process ends with where it was told to stop. */
  readonly stoppedCode: ExitCode;
}

async function runPlanned(
  argv: SuiteArguments,
  { cells, keys, unknowable, code, cache }: PreparedSuite,
  journal: CellStore,
): Promise<PlannedRun> {
  const verifies = argv.verifyDeterminism;
  const progress = new CellProgress(argv.suite, cells, createRegistries());
  const lane = () => new WorkerLane(replaySecondsMax(argv), false, progress.reached);
  const workers = Math.min(argv.workers ?? availableParallelism(), cells.length);
  const lanes = Array.from({ length: verifies ? Math.max(1, workers >> 1) : workers }, () =>
    verifies ? ([lane(), lane()] as const) : ([lane()] as const),
  );
  const closeAll = () => lanes.flat().forEach((lane) => lane.close());
  const interruption = new Interruption(closeAll);
  try {
    const report = await runCells({
      cells,
      keys,
      known: verifies ? [journal] : [journal, ...cache],
      kept: [journal, ...cache],
      isKnowable: (cell) => unknowable.get(cell) === undefined,
      lanes,
      engineNamed: (name) => code.engineNamed(name),
      finished: progress.done,
      isStopping: () => interruption.isWanted,
    });
    return { report, times: timesOf(report, cells, lanes.flat()), stoppedCode: interruption.exitCode };
  } finally {
    progress.stop();
    interruption.end();
    closeAll();
  }
}

/** By replay, of two that were compared the longer. */
function timesOf(
  { replays }: CellRunReport,
  cells: readonly PlannedCell[],
  lanes: readonly WorkerLane[],
): CellTimes {
  const times = new Map<MeasuredReplay, number>();
  replays.forEach((replay, index) => {
    const taken = lanes.flatMap(({ milliseconds }) => milliseconds.get(cells[index]!.cell) ?? []);
    if (replay !== undefined && taken.length > 0) {
      times.set(replay, Math.max(...taken));
    }
  });
  return times;
}

function tellKnownAndDiffering({ knownCount, differences, replays }: CellRunReport): void {
  if (knownCount > 0) {
    printWords(`${knownCount} of ${replays.length} cells were known and not run again\n`);
  }
  for (const { cell, problem } of differences) {
    tellLine(`not deterministic: ${cell.cell.trace.specification} × ${cell.cell.engine}: ${problem}`);
  }
}
