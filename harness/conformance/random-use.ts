import * as fc from 'fast-check';
import { Findings, type Rule, type Violation } from './rules';
import { SEED, sequences } from './sequences';
import { HEAP_PAGES, SMALL_HEAP_PAGES, verbsOf, type Subject } from './subject';
import { used, violationBy, withoutIdle, type Use } from './shortening';
import type { TrialStep } from './trial';
import { writerText } from './writer';

/** Random legal use, on a heap that is ample and on one that is soon full. */

const LENGTH_MAX = 120;
/** Observers look at every so many operations; once something is wrong, at each. */
const INSPECT_EVERY = 8;

/**
 * Runs `runs` random sequences and, for every rule that one of them breaks, finds the shortest sequence that breaks
 * it. Returns what was done, for the rules that look at all operations.
 */
export function examineRandomUse(subject: Subject, runs: number, findings: Findings): TrialStep[] {
  const draws = fc.record<Use>({
    operations: sequences(verbsOf(subject), LENGTH_MAX),
    heapPages: fc.constantFrom(HEAP_PAGES, HEAP_PAGES, SMALL_HEAP_PAGES),
  });
  const parameters = { seed: SEED, numRuns: runs };
  const steps: TrialStep[] = [];
  const broken = new Map<Rule, Use>();
  for (const draw of fc.sample(draws, parameters)) {
    const seen = new Findings();
    steps.push(...used(subject, draw, INSPECT_EVERY, seen).steps);
    findings.addExamined(seen);
    for (const { rule } of seen.violations) {
      broken.set(rule, broken.get(rule) ?? draw);
    }
  }
  for (const [rule, draw] of broken) {
    const every = violationBy(subject, rule, draw, Infinity) === undefined ? 1 : Infinity;
    const violation = (shorter: Use) => violationBy(subject, rule, shorter, every);
    const shortest = withoutIdle(
      shortened(draws, parameters, violation) ?? draw,
      (each) => violation(each) !== undefined,
    );
    const { heapPages } = shortest;
    const { reason: why = '', operations = shortest.operations } = violation(shortest) ?? {};
    const writer = rule === 'kept' ? writerText(subject, operations, heapPages) : '';
    const reason = `${why}${writer} (heap of ${heapPages} pages)`;
    findings.violated(rule, reason, shortest.operations);
  }
  return steps;
}

/** How many shorter sequences are tried at most: enough to read the result, not to wait for it. */
const SHORTER_TRIED_MAX = 300;

/** A short draw with a violation, found by the library, or undefined. */
function shortened(
  draws: fc.Arbitrary<Use>,
  parameters: { readonly seed: number; readonly numRuns: number },
  violation: (draw: Use) => Violation | undefined,
): Use | undefined {
  let tried = 0;
  const property = fc.property(draws, (draw) => {
    tried++;
    return tried > parameters.numRuns + SHORTER_TRIED_MAX || violation(draw) === undefined;
  });
  return fc.check(property, parameters).counterexample?.[0];
}
