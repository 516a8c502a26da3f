import type { ConformanceOperation } from './operation';
import { Findings, type Rule, type Violation } from './rules';
import { HEAP_PAGES, SMALL_HEAP_PAGES, type Subject } from './subject';
import { Trial } from './trial';

/** From a use that breaks a rule to the few operations of it that do. */

export interface Use {
  readonly operations: ConformanceOperation[];
  readonly heapPages: number;
}

/** Runs a use to its end, with a look at the whole heap after every so many operations. */
export function used(
  subject: Subject,
  { operations, heapPages }: Use,
  inspectEvery: number,
  seen: Findings,
): Trial {
  const trial = new Trial(subject, seen, heapPages).run(operations, inspectEvery);
  trial.freeAll();
  trial.inspect();
  return trial;
}

/** The first violation of a rule by a use. */
export function violationBy(
  subject: Subject,
  rule: Rule,
  use: Use,
  inspectEvery: number,
): Violation | undefined {
  const seen = new Findings();
  used(subject, use, inspectEvery, seen);
  return seen.firstOf(rule);
}

/** So many operations are performed at most to leave others out: seconds. */
const OPERATIONS_MAX = 300_000;

/**
 * Leaves out what the violation does not need, halves of the use first, single operations last (Zeller and
 * Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002). First to last: without its allocation, what
 * later happens to an object is idle too.
 */
export function withoutIdle(use: Use, breaks: (shorter: Use) => boolean): Use {
  let { operations } = use;
  let performed = 0;
  for (let size = operations.length >> 1; size > 0; size >>= 1) {
    for (let start = 0; start < operations.length && performed < OPERATIONS_MAX;) {
      const shorter = [...operations.slice(0, start), ...operations.slice(start + size)];
      performed += shorter.length;
      if (breaks({ ...use, operations: shorter })) {
        operations = shorter;
      } else {
        start += size;
      }
    }
  }
  return { ...use, operations };
}

/** The violation by fewer operations on a fresh engine, where any of its own do. */
export function shortenedViolation(subject: Subject, violation: Violation): Violation {
  const { rule, operations = [] } = violation;
  for (const heapPages of operations.length > 1 ? [HEAP_PAGES, SMALL_HEAP_PAGES] : []) {
    const broken = (use: Use) => violationBy(subject, rule, use, Infinity);
    const use = { operations: renumbered(operations), heapPages };
    if (broken(use) !== undefined) {
      const shortest = withoutIdle(use, (each) => broken(each) !== undefined);
      const few = renumbered(shortest.operations);
      return few.length < operations.length
        ? { rule, reason: broken({ operations: few, heapPages })!.reason, operations: few }
        : violation;
    }
  }
  return violation;
}

const BEGINS: ReadonlySet<string> = new Set(['alloc', 'alignedalloc', 'heap', 'temp']);

/** A number of its own for every object, from 1: without the free of the first, two of one number would live. */
function renumbered(operations: readonly ConformanceOperation[]): ConformanceOperation[] {
  const numbers = new Map<number, number>();
  let count = 0;
  return operations.map((each) => {
    if (BEGINS.has(each.op)) {
      numbers.set(each.id, ++count);
    }
    return { ...each, id: numbers.get(each.id) ?? each.id };
  });
}
