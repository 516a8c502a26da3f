import * as fc from 'fast-check';
import type { ConformanceOperation } from './operation';
import { Findings, type Rule } from './rules';
import { SEED, sequences } from './sequences';
import { HEAP_PAGES, SMALL_HEAP_PAGES, verbsOf, type Subject } from './subject';
import { Trial, type TrialStep } from './trial';

/** Random legal use, on a heap that is ample and on one that is soon full. */

interface Draw {
  readonly operations: ConformanceOperation[];
  readonly heapPages: number;
}

const LENGTH_MAX = 120;
/** Observers look at every so many operations; once something is wrong, at each. */
const INSPECT_EVERY = 8;

/**
 * Runs `runs` random sequences and, for every rule that one of them breaks, finds the shortest sequence that breaks
 * it. Returns what was done, for the rules that look at all operations.
 */
export function examineRandomUse(subject: Subject, runs: number, findings: Findings): TrialStep[] {
  const draws = fc.record<Draw>({
    operations: sequences(verbsOf(subject), LENGTH_MAX),
    heapPages: fc.constantFrom(HEAP_PAGES, HEAP_PAGES, SMALL_HEAP_PAGES),
  });
  const parameters = { seed: SEED, numRuns: runs };
  const steps: TrialStep[] = [];
  const broken = new Set<Rule>();
  for (const draw of fc.sample(draws, parameters)) {
    const seen = new Findings();
    steps.push(...used(subject, draw, INSPECT_EVERY, seen).steps);
    findings.addExamined(seen);
    seen.violations.forEach(({ rule }) => broken.add(rule));
  }
  for (const rule of broken) {
    reportShortest(subject, rule, draws, parameters, findings);
  }
  return steps;
}

function reportShortest(
  subject: Subject,
  rule: Rule,
  draws: fc.Arbitrary<Draw>,
  parameters: { readonly seed: number; readonly numRuns: number },
  findings: Findings,
): void {
  const violation = (draw: Draw) => {
    const seen = new Findings();
    used(subject, draw, RULES_OF_OBSERVERS.includes(rule) ? 1 : Infinity, seen);
    return seen.firstOf(rule);
  };
  const isBroken = (draw: Draw) => violation(draw) !== undefined;
  const { counterexample } = fc.check(
    fc.property(draws, (draw) => !isBroken(draw)),
    parameters,
  );
  const [short] = counterexample ?? [];
  if (short !== undefined) {
    const shortest = withoutIdle(short, isBroken);
    const { reason } = violation(shortest)!;
    findings.violated(rule, `${reason} (heap of ${shortest.heapPages} pages)`, shortest.operations);
  }
}

/** Rules that only a look at the whole heap can find broken. */
const RULES_OF_OBSERVERS: readonly Rule[] = ['intact', 'tiled', 'located'];

/** Leaves out, one by one, the operations without which the rule is broken all the same. */
function withoutIdle(draw: Draw, isBroken: (draw: Draw) => boolean): Draw {
  let shortest = draw;
  for (let index = draw.operations.length - 1; index >= 0; index--) {
    const shorter = { ...shortest, operations: shortest.operations.filter((_, at) => at !== index) };
    shortest = isBroken(shorter) ? shorter : shortest;
  }
  return shortest;
}

function used(
  subject: Subject,
  { operations, heapPages }: Draw,
  inspectEvery: number,
  seen: Findings,
): Trial {
  const trial = new Trial(subject, seen, heapPages).run(operations, inspectEvery);
  trial.freeAll();
  trial.inspect();
  return trial;
}
