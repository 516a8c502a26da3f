import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allEngines, engineNamed } from '../../allocators/registry';
import { checkConformance } from '../../harness/conformance/conformance';
import { operationText } from '../../harness/conformance/operation';
import type { Rule } from '../../harness/conformance/rules';

/**
 * Every registered engine against every rule. One that fails says which and by which operations; they are rows of a
 * trace. `*.full.test.ts` beside this file does the same with more random sequences, and under more options.
 */

const RANDOM_RUNS = 4;

/** What an engine may leave without anything to examine. */
const IDLE: Readonly<Record<string, readonly Rule[]>> = {
  // All its objects lie in the virtual area.
  vmalloc: ['kept'],
};
/** These need something that few engines declare. */
const OFTEN_IDLE: readonly Rule[] = ['bounded', 'quirky', 'returned'];

/** Quirks that show neither in placements nor in accesses; the goldens of the engine vouch for them. */
const SHOWN_BY_GOLDENS: Readonly<Record<string, readonly string[]>> = {};

const conformance = suite('conformance');

for (const definition of allEngines()) {
  conformance(`${definition.name} holds every rule`, () => {
    const report = checkConformance({ definition, options: {}, engineNamed }, { randomRuns: RANDOM_RUNS });
    for (const { rule, outcome } of report.results) {
      if (outcome.kind === 'failed') {
        const rows = outcome.operations.slice(0, 40).map(operationText).join('\n');
        assert.unreachable(`${rule}: ${outcome.reason}\n${rows}`);
      }
      const mayBeIdle = OFTEN_IDLE.includes(rule) || IDLE[definition.name]?.includes(rule);
      if (!mayBeIdle) {
        assert.is(outcome.kind, 'passed', `${rule} was not put to the test`);
      }
    }
    assert.ok(report.damage!.reported > 0, 'no damage was reported');
    assert.equal(report.quirksWithoutDemonstration, SHOWN_BY_GOLDENS[definition.name] ?? []);
  });
}

conformance.run();
