import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { UsageError } from '../../../traces/input-error';
import type { Parameter } from '../../../traces/synthesizers/parameters';
import { allSynthesizers } from '../../../traces/synthesizers/registry';
import type { Synthesizer } from '../../../traces/synthesizers/synthesizer';
import { passOver } from './legal-trace';
import { NaiveHeap } from './naive-heap';

/** What every synthesizer must do, whatever its parameters. */

/** Enough to see every phase of most; what would go on is cut. */
const EVENTS_MAX = 10_000;

/** Values at the ends and around what is usual. */
function arbitraryValue(parameter: Parameter): fc.Arbitrary<number | string> {
  if (parameter.kind === 'choice') {
    return fc.constantFrom(...parameter.choices);
  }
  const { smallest, largest, byDefault } = parameter;
  return fc.oneof(
    fc.constant(byDefault > 5000 && smallest <= 1 ? 100 : byDefault),
    fc.integer({ min: smallest, max: Math.min(largest, Math.max(smallest + 3, Math.floor(byDefault / 20))) }),
  );
}

const arbitraryValues = ({ parameters }: Synthesizer) =>
  fc.record(
    Object.fromEntries(
      Object.entries(parameters).map(([name, parameter]) => [name, arbitraryValue(parameter)]),
    ),
  );

for (const synthesizer of allSynthesizers()) {
  test(`${synthesizer.name} makes legal traces, the same each time, and drains them when asked to`, () => {
    fc.assert(
      fc.property(arbitraryValues(synthesizer), fc.nat(), (values, seed) => {
        try {
          synthesizer.header(values, seed);
        } catch (error) {
          assert.instance(error, UsageError);
          return;
        }
        const heap = () => (synthesizer.adaptive ? new NaiveHeap('first') : undefined);
        const run = () => passOver(synthesizer.open(values, seed), undefined, heap(), EVENTS_MAX);
        const pass = run();
        assert.is(pass.problem, undefined);
        if (values['drain'] === 'yes' && pass.complete) {
          assert.is(pass.liveAtEnd, 0);
        }
        assert.is(run().identity, pass.identity);
      }),
      { seed: 20081121, numRuns: 8 },
    );
  });
}

test.run();
