import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { InputError, UsageError } from '../../../traces/input-error';
import { parseLimits } from '../../compare/limits';
import type { MeasuredReplay } from '../../metrics/measured-replay';
import { resultsText } from '../../results/results-file';
import { CellKeys } from '../../suite/cell-key';
import { CellStore } from '../../suite/cell-store';
import { matrixOf, type PlannedCell } from '../../suite/matrix';
import { runCells, type CellRunReport, type Difference } from '../../suite/run-cells';
import { cellsOfShard, parseShard, shardFileName, type Shard } from '../../suite/shard';
import { cellsSha256, shardEnvironment } from '../../suite/shard-results';
import type { Suite } from '../../suite/suite';
import { readSuite, suiteFile } from '../../suite/suite-file';
import { EXIT, exitCodeOf, type ExitCode } from '../exit-codes';
import { Interruption } from '../interruption';
import { OutputFolder } from '../output-folder';
import { Progress } from '../progress';
import { createRegistries } from '../registries';
import { resultsOf, writeReports } from '../report-files';
import { workersOption } from '../shared-options';
import { estimatedCosts } from '../suite-costs';
import { createSuiteRegistries } from '../suite-registries';
import { suiteText } from '../suite-text';
import { TOOL_VERSION } from '../tool-version';
import { WorkerLane } from '../worker-lane';
import { command } from './command';

/** `suite`: a matrix of cells in worker processes; what nightly runs and pull requests execute. */

interface SuiteArguments {
  suite: string;
  out: string;
  workers: number | undefined;
  cache: string | undefined;
  resume: boolean;
  shard: Shard | undefined;
  'verify-determinism': boolean;
}

export const suite = command<SuiteArguments>({
  command: 'suite <suite>',
  summary: 'Run a suite: traces × engines × pricings from a file, or "quick" or "nightly"',
  options: (parser) =>
    workersOption(suiteOptions(parser))
      .example('$0 suite quick --out out/quick', '')
      .example('$0 suite quick --out out/quick --cache .cache/cells --verify-determinism', '')
      .example(
        '$0 suite quick --out out/shards --shard 2/4',
        'then: merge out/shards',
      ) as unknown as Argv<SuiteArguments>,
  run: suiteCommand,
});

function suiteOptions(parser: Argv) {
  return parser
    .positional('suite', { type: 'string', demandOption: true, describe: 'A *.suite.yaml file, or a name' })
    .option('out', {
      type: 'string',
      demandOption: 'say with --out where results.json and the reports go',
      describe: 'Write results.json and every report to this folder',
    })
    .option('cache', {
      type: 'string',
      describe: 'Keep results of cells here, and take unchanged ones from here',
    })
    .option('resume', {
      type: 'boolean',
      default: false,
      describe: 'Go on where an interrupted run with the same --out stopped',
    })
    .option('shard', {
      type: 'string',
      coerce: (text: string | string[]) => parseShard(Array.isArray(text) ? text.at(-1)! : text),
      describe: 'Run part i of n, as 2/4, and write only results-i-n.json, for `merge`',
    })
    .option('verify-determinism', {
      type: 'boolean',
      default: false,
      describe: 'Run every cell twice, in different processes; exit 4 when they differ',
    });
}

async function suiteCommand(argv: SuiteArguments): Promise<ExitCode> {
  const started = Date.now();
  const registries = createRegistries();
  const code = createSuiteRegistries(registries);
  const plan = readSuite(suiteFile(argv.suite));
  checkLimits(plan);
  const all = matrixOf(plan, code);
  const cellKeys = new CellKeys(code, TOOL_VERSION);
  const allKeys = all.map((cell) => cellKeys.keyOf(cell));
  const mine = await cellsToRun(all, argv.shard, (cells) => estimatedCosts(cells, registries));
  const out = OutputFolder.at(argv.out, '--out');
  const journal = openJournal(argv);
  const report = await runPlanned(
    argv,
    mine.map((index) => all[index]!),
    mine.map((index) => allKeys[index]!),
    journal,
    code,
  );
  const replays = report.replays.filter((replay) => replay !== undefined);
  if (replays.length < mine.length) {
    process.stdout.write(
      `Stopped: ${replays.length} of ${mine.length} cells are done and kept in ${journal.folder}; --resume goes on.\n`,
    );
    return EXIT.failed;
  }
  const shape = { suite: plan.name, cellsSha256: cellsSha256(allKeys), cellCount: all.length, cells: mine };
  const plain = resultsOf(replays, started);
  const results = { ...plain, environment: { ...plain.environment, ...shardEnvironment(shape) } };
  const cells = mine.map((index) => all[index]!);
  process.stdout.write(suiteText(plan.name, results, cells));
  process.stdout.write(keptText(report));
  if (argv.shard === undefined) {
    writeReports(results, out);
  } else {
    out.write(shardFileName(argv.shard), resultsText(results));
    process.stdout.write(`\nWritten to ${out.path}: ${out.commit().join(' ')}\n`);
  }
  journal.remove();
  return exitCode(replays, report.differences);
}

/** The limits are compare's to judge; a suite only holds them, and says where one cannot be read. */
function checkLimits({ limits }: Suite): void {
  for (const { value, where } of limits) {
    try {
      parseLimits(value);
    } catch (error) {
      if (error instanceof UsageError) {
        const { problem, expected } = error;
        throw new InputError({ where, problem, ...(expected !== undefined && { expected }) });
      }
      throw error;
    }
  }
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
  const { shard, resume, out } = argv;
  const part = shard === undefined ? '' : `-${shard.index}-${shard.count}`;
  const folder = join(out, `.cells${part}${argv['verify-determinism'] ? '-verified' : ''}`);
  if (!resume) {
    CellStore.at(folder, warn).remove();
  }
  return CellStore.at(folder, warn);
}

const warn = (line: string): void => void process.stderr.write(`warning: ${line}\n`);

async function runPlanned(
  argv: SuiteArguments,
  cells: readonly PlannedCell[],
  keys: readonly string[],
  journal: CellStore,
  code: ReturnType<typeof createSuiteRegistries>,
): Promise<CellRunReport> {
  const cache = argv.cache === undefined ? [] : [CellStore.at(argv.cache, warn)];
  const verifies = argv['verify-determinism'];
  const interruption = new Interruption();
  const progress = new Progress(argv.suite, cells.length);
  const workers = Math.min(argv.workers ?? availableParallelism(), cells.length);
  const lanes = Array.from({ length: verifies ? Math.max(1, workers >> 1) : workers }, () =>
    verifies ? ([new WorkerLane(), new WorkerLane()] as const) : ([new WorkerLane()] as const),
  );
  try {
    return await runCells({
      cells,
      keys,
      known: verifies ? [journal] : [journal, ...cache],
      kept: [journal, ...cache],
      lanes,
      engineNamed: (name) => code.engineNamed(name),
      finished: ({ cell }) => {
        progress.task(`${cell.trace.specification} × ${cell.engine}`);
        progress.done(1);
      },
      isStopping: () => interruption.isWanted,
    });
  } finally {
    progress.stop();
    interruption.end();
    await Promise.all(lanes.flat().map((lane) => lane.close()));
    journal.removeIfEmpty();
  }
}

function keptText({ knownCount, differences, replays }: CellRunReport): string {
  const known =
    knownCount === 0 ? '' : `${knownCount} of ${replays.length} cells were known and not run again\n`;
  for (const { cell, problem } of differences) {
    process.stderr.write(
      `not deterministic: ${cell.cell.trace.specification} × ${cell.cell.engine}: ${problem}\n`,
    );
  }
  return known;
}

function exitCode(replays: readonly MeasuredReplay[], differences: readonly Difference[]): ExitCode {
  return differences.length > 0 ? EXIT.notDeterministic : exitCodeOf(replays);
}
