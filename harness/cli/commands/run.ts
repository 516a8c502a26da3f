import { terminalReport } from '../../../reports/terminal';
import type { Cell } from '../../results/cell';
import { runTasks } from '../workers/cell-runner';
import { checkedPricings } from '../options/checked-pricings';
import { ciOptions, ciOutputs } from '../options/ci-options';
import { compilerOption, enginesWithOptions, type EngineChoice } from '../options/engine-options';
import type { ExitCode } from '../exit-codes';
import { expectPlacements } from '../output/expected-placements';
import { OutputFolder } from '../output/output-folder';
import { withPlacements } from '../output/placements-files';
import { count, flag, operands, text, type ValuesOf } from '../options/option';
import { readerOptions, traceDetails, traceRequest } from '../options/reader-options';
import { createRegistries } from '../names/registries';
import { exitCodeOf, REPORT_FILES, resultsOf, writeReports } from '../output/report-files';
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
} from '../options/shared-options';
import { isVectorFormat, runVectors } from '../output/vectors';
import { command } from './command';
import { print, standardTerminal } from '../output/terminal';

/** `run`: traces through engines, priced, reported. */

const WORST_MAX = 10_000;

const options = {
  allocator: enginesOption,
  pricing: pricingsOption,
  option: settingsOption,
  cc: compilerOption,
  placements: text('Write <trace>.<engine>.csv, where every block went, to this folder', {
    completes: 'file',
  }),
  stateEvery: count(
    'With --format plan9-vector: a state row after every N operations',
    [1, Number.MAX_SAFE_INTEGER],
    { byDefault: '1000' },
  ),
  expect: text(
    'Stop at the first placement that differs from this file; exit 3. A constant between all offsets is aligned',
    { completes: 'file' },
  ),
  out: reportsOption,
  worst: count('How many of the worst operations of each kind to keep', [1, WORST_MAX], { byDefault: '10' }),
  realloc: reallocOption,
  verifyPayload: flag('Watch over what the objects hold: an engine that writes into live ones is corrupt'),
  ...readerOptions,
  ...machineOptions,
  ...hostOptions,
  ...ciOptions,
};

export const run = command({
  operands: { trace: operands(traceDetails, 1) },
  options,
  examples: [
    '$0 prog.vg.txt -a xmalloc-first-fit,xmalloc-tlsf-2008 -p zen4-2022,core2-2008@cold --out out',
    '$0 "synth:half-page-storm?live=5000" -a xmalloc-first-fit -p flat',
    '$0 trace.csv -a xmalloc-tlsf --append history.csv --out out --emit bmf,junit',
    'zcat trace.csv.gz | $0 - -a xenheap-pages --placements placements',
    '$0 trace.csv -a ./my-engine.ts --expect real-placements.csv',
  ],
  run: runCommand,
});

type RunArguments = { readonly trace: readonly string[] } & ValuesOf<typeof options>;

async function runCommand(argv: RunArguments): Promise<ExitCode> {
  const started = Date.now();
  const registries = createRegistries();
  const engines = enginesWithOptions(
    namesOf('-a', argv.allocator),
    nameValuePairs('-o', argv.option),
    registries,
  );
  if (isVectorFormat(argv.traceFormat)) {
    return runVectors(argv.traceFormat, argv.trace, engines, argv, registries);
  }
  const cells = cellsOf(argv, engines);
  if (argv.expect !== undefined) {
    return expectPlacements(cells, argv.expect);
  }
  const ci = ciOutputs(argv);
  const out =
    argv.out === undefined ? undefined : OutputFolder.at(argv.out, '--out', [...REPORT_FILES, ...ci.names]);
  const replays = await withPlacements(argv.placements, cells, (tasks) =>
    runTasks(tasks, argv, 'replaying', registries),
  );
  const results = resultsOf(replays, started);
  print(terminalReport(results, standardTerminal()));
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
