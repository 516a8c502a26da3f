import type { Cell } from '../../results/cell';
import type { Results } from '../../results/results';
import { runTasks } from '../workers/cell-runner';
import { checkedPricings } from '../options/checked-pricings';
import { enginesWithOptions, type EngineChoice } from '../options/engine-options';
import { createRegistries } from '../names/registries';
import { resultsOf } from '../output/report-files';
import {
  machineSizes,
  nameValuePairs,
  type HostArguments,
  type MachineArguments,
} from '../options/shared-options';

export interface EnginePairRequest extends MachineArguments, HostArguments {
  readonly option: readonly string[];
}

/** Runs two engines over the same traces and returns the results of each, as if they had been two runs. */
export async function runEnginePair(
  engines: readonly [base: string, head: string],
  traces: readonly string[],
  pricings: readonly string[],
  request: EnginePairRequest,
): Promise<{ base: Results; head: Results }> {
  const started = Date.now();
  checkedPricings(pricings);
  const choices = enginesWithOptions(engines, nameValuePairs('-o', request.option), createRegistries());
  const cells = choices.flatMap((choice) => traces.map((trace) => cellOf(choice, trace, pricings, request)));
  const replays = await runTasks(
    cells.map((cell) => ({ cell })),
    request,
    'comparing',
  );
  return {
    base: resultsOf(replays.slice(0, traces.length), started),
    head: resultsOf(replays.slice(traces.length), started),
  };
}

function cellOf(
  { name, options }: EngineChoice,
  specification: string,
  pricings: readonly string[],
  request: EnginePairRequest,
): Cell {
  return {
    trace: { specification },
    engine: name,
    options,
    pricings,
    ...machineSizes(request),
    pictures: false,
  };
}
