import { didYouMean, UsageError } from '../../../traces/input-error';
import type { Experiment } from './claim';
import { xfreeLatency } from './xfree-latency';

/** Every experiment, one line each, in the order of the ledger. */
export const EXPERIMENTS: readonly Experiment[] = [xfreeLatency];

/** The experiment of that name; throws a `UsageError` that suggests the nearest one. */
export function experimentNamed(name: string): Experiment {
  const found = EXPERIMENTS.find((experiment) => experiment.name === name);
  if (found === undefined) {
    const names = EXPERIMENTS.map((experiment) => experiment.name);
    throw new UsageError({
      problem: `unknown experiment "${name}"${didYouMean(name, names)}`,
      expected: `one of ${names.join(', ')}`,
    });
  }
  return found;
}
