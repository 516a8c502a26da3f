import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allEngines, engineNamed } from '../../allocators/registry';
import { checkConformance } from '../../harness/conformance/conformance';
import { operationText } from '../../harness/conformance/operation';
import type { EngineDefinition } from '../../harness/replay/port';

/** The same as `conformance.test.ts` with many more random sequences, and once for every choice that an option has. */

const RANDOM_RUNS = 300;
const RANDOM_RUNS_AN_OPTION = 20;

/** Settings under which the suite's own assumptions do not hold, and why. */
const BEYOND_THE_SUITE: Readonly<Record<string, string>> = {
  'plan9-pool preset=imagmem': 'one of its arenas of 2 MiB does not fit the heap of the suite',
  'plan9-pool descending=on':
    'a realloc over-reads aligned blocks, here beyond the end of memory: a declared quirk',
  'vmalloc build=release':
    'a request of nothing is granted the address of the next mapping, and frees that: a declared quirk',
  'libxl-gc-2010 nested=reuse': 'temporaries of an inner call live until the outer one ends',
  'libxl-gc nested=reuse': 'temporaries of an inner call live until the outer one ends',
};

const full = suite('conformance, at length');

function examine(
  definition: EngineDefinition,
  options: Readonly<Record<string, string>>,
  randomRuns: number,
) {
  const report = checkConformance({ definition, options, engineNamed }, { randomRuns });
  for (const { rule, outcome } of report.results) {
    if (outcome.kind === 'failed') {
      const rows = outcome.operations.slice(0, 40).map(operationText).join('\n');
      assert.unreachable(`${rule}: ${outcome.reason}\n${rows}`);
    }
  }
}

for (const definition of allEngines()) {
  full(`${definition.name} under ${RANDOM_RUNS} random sequences`, () =>
    examine(definition, {}, RANDOM_RUNS),
  );
  for (const [name, option] of Object.entries(definition.options)) {
    if (option.kind !== 'choice') {
      continue;
    }
    for (const value of option.choices.filter((choice) => choice !== option.byDefault)) {
      if (`${definition.name} ${name}=${value}` in BEYOND_THE_SUITE) {
        continue;
      }
      full(`${definition.name} with ${name}=${value}`, () =>
        examine(definition, { [name]: value }, RANDOM_RUNS_AN_OPTION),
      );
    }
  }
}

full.run();
