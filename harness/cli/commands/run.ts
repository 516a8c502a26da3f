import type { Argv } from 'yargs';
import { terminalReport } from '../../../reports/terminal';
import type { ReallocPolicy } from '../../replay/operations';
import type { Cell } from '../../results/cell';
import { runTasks } from '../workers/cell-runner';
import { checkedPricings } from '../options/checked-pricings';
import { ciOptions, ciOutputs, type CiArguments } from '../options/ci-options';
import { enginesWithOptions, type EngineChoice } from '../options/engine-options';
import { exitCodeOf, type ExitCode } from '../exit-codes';
import { expectPlacements } from '../output/expected-placements';
import { OutputFolder } from '../output/output-folder';
import { withPlacements } from '../output/placements-files';
import { readerOptions, traceArgument, traceRequest, type ReaderArguments } from '../options/reader-options';
import { createRegistries } from '../names/registries';
import { resultsOf, writeReports } from '../output/report-files';
import {
  enginesOption,
  hostOptions,
  machineOptions,
  machineSizes,
  namesOf,
  nameValuePairs,
  pricingsOption,
  reallocOption,
  reportsOption,
  settingsOption,
  wholeNumber,
  type HostArguments,
  type MachineArguments,
} from '../options/shared-options';
import { isVectorFormat, runVectors } from '../output/vectors';
import { command } from './command';

/** `run`: traces through engines, priced, reported. */

interface RunArguments extends ReaderArguments, MachineArguments, HostArguments, CiArguments {
  trace: string[];
  allocator: string[];
  pricing: string[];
  option: string[];
  placements: string | undefined;
  stateEvery: number | undefined;
  expect: string | undefined;
  out: string | undefined;
  worst: number | undefined;
  realloc: ReallocPolicy | undefined;
  verifyPayload: boolean;
}

const WORST_MAX = 10_000;

export const run = command<RunArguments>({
  command: 'run <trace..>',
  summary: 'Replay traces through engines; print a table, write reports',
  options: (parser) =>
    ciOptions(hostOptions(machineOptions(readerOptions(runOptions(parser)))))
      .example(
        '$0 run prog.vg.txt -a xmalloc-first-fit,xmalloc-tlsf-2008 -p zen4-2022,core2-2008@cold --out out',
        '',
      )
      .example('$0 run "synth:half-page-storm?live=5000" -a xmalloc-first-fit -p flat', '')
      .example('$0 run trace.csv -a xmalloc-tlsf --append history.csv --out out --emit bmf,junit', '')
      .example('zcat trace.csv.gz | $0 run - -a xenheap-pages --placements placements', '')
      .example(
        '$0 run trace.csv -a ./my-engine.ts --expect real-placements.csv',
        '',
      ) as unknown as Argv<RunArguments>,
  run: runCommand,
});

function runOptions(parser: Argv) {
  return parser
    .positional('trace', { ...traceArgument, array: true })
    .option('allocator', enginesOption)
    .option('pricing', pricingsOption)
    .option('option', settingsOption)
    .option('placements', {
      type: 'string',
      describe: 'Write <trace>.<engine>.csv, where every block went, to this folder',
    })
    .option('state-every', {
      type: 'string',
      coerce: (text: string) => wholeNumber('--state-every', text, 1, Number.MAX_SAFE_INTEGER),
      describe: 'With --format plan9-vector: a state row after every N operations (default 1000)',
    })
    .option('expect', {
      type: 'string',
      describe: 'Stop at the first placement that differs from this file; exit 3',
    })
    .option('out', reportsOption)
    .option('worst', {
      type: 'string',
      coerce: (text: string) => wholeNumber('--worst', text, 1, WORST_MAX),
      describe: 'How many of the worst operations of each kind to keep (default 10)',
    })
    .option('realloc', reallocOption)
    .option('verify-payload', {
      type: 'boolean',
      default: false,
      describe: 'Watch over what the objects hold: an engine that writes into live ones is corrupt',
    });
}

async function runCommand(argv: RunArguments): Promise<ExitCode> {
  const started = Date.now();
  const registries = createRegistries();
  const engines = enginesWithOptions(
    namesOf('-a', argv.allocator),
    nameValuePairs('-o', argv.option),
    registries,
  );
  if (isVectorFormat(argv.format)) {
    return runVectors(argv.format, argv.trace, engines, argv, registries);
  }
  const cells = cellsOf(argv, engines);
  if (argv.expect !== undefined) {
    return expectPlacements(cells, argv.expect);
  }
  const ci = ciOutputs(argv);
  const out = argv.out === undefined ? undefined : OutputFolder.at(argv.out, '--out');
  const replays = await withPlacements(argv.placements, cells, (tasks) => runTasks(tasks, argv, 'replaying'));
  const results = resultsOf(replays, started);
  process.stdout.write(terminalReport(results));
  if (out !== undefined) {
    writeReports(results, out, { more: ci.emitted(results) });
  }
  ci.append(results);
  return exitCodeOf(replays);
}

/** Traces × engines, in the order given; every name and option is checked before the first replay. */
function cellsOf(argv: RunArguments, engines: readonly EngineChoice[]): Cell[] {
  const pricings = namesOf('-p', argv.pricing);
  checkedPricings(pricings);
  return argv.trace.flatMap((specification) =>
    engines.map(({ name, options }) => ({
      trace: traceRequest(specification, argv),
      engine: name,
      options,
      pricings,
      ...machineSizes(argv),
      ...(argv.worst !== undefined && { worstCount: argv.worst }),
      ...(argv.realloc !== undefined && { realloc: argv.realloc }),
      ...(argv.verifyPayload && { verifyPayload: true }),
      pictures: argv.out !== undefined,
    })),
  );
}
