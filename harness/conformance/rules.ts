import { GUARANTEES, type Guarantee } from '../replay/demonstration';
import type { ConformanceOperation } from './operation';

/** What conformance means, rule by rule: what callers may take for granted, and what the harness must be able to. */
export const RULES = {
  described: 'the definition is complete and consistent',
  honest: 'the engine has the optional verbs that it declares, all of them and no others',
  configurable: 'every value that an option allows makes a working engine, every other is refused',
  ...GUARANTEES,
  apart: 'live objects do not overlap',
  held: 'every object lies in memory that the engine holds',
  intact: 'legal use breaks nothing: no verb fails and the check passes',
  tiled: 'the walk visits all held memory exactly once',
  located: 'blockAt finds the block behind every live object, and the walk shows the same blocks',
  deterministic: 'the same operations give the same placements and the same accesses, whatever else runs',
  remembered: 'all state lies in simulated memory: on a copy of it the engine goes on alike',
  bounded: 'no operation exceeds a declared worst case',
  guarded: 'damaged metadata is reported or does no harm; nothing crashes or hangs',
  quirky: 'every declared quirk shows in its demonstration',
} as const satisfies Record<Guarantee | string, string>;
export type Rule = keyof typeof RULES;

/** One way in which an engine breaks a rule. */
export interface Violation {
  readonly rule: Rule;
  readonly reason: string;
  /** The operations after which it shows, on a fresh engine; shortened where they were drawn at random. */
  readonly operations?: readonly ConformanceOperation[];
}

/** Collects what a run examined and what it found. */
export class Findings {
  readonly violations: Violation[] = [];
  private readonly counts = new Map<Rule, number>();

  /** Notes that a rule was put to the test `times` times. */
  examined(rule: Rule, times = 1): void {
    this.counts.set(rule, this.timesExamined(rule) + times);
  }

  timesExamined(rule: Rule): number {
    return this.counts.get(rule) ?? 0;
  }

  violated(rule: Rule, reason: string, operations?: readonly ConformanceOperation[]): void {
    this.violations.push(operations === undefined ? { rule, reason } : { rule, reason, operations });
  }

  /** Takes over how often another run put each rule to the test. */
  addExamined(other: Findings): void {
    other.counts.forEach((times, rule) => this.examined(rule, times));
  }

  /** Examines a rule once: `holds`, or else the reason why not and the operations that show it. */
  expect(
    rule: Rule,
    holds: boolean,
    reason: () => string,
    operations?: () => readonly ConformanceOperation[],
  ): void {
    this.examined(rule);
    if (!holds) {
      this.violated(rule, reason(), operations?.());
    }
  }

  /** The first violation of a rule, or undefined. */
  firstOf(rule: Rule): Violation | undefined {
    return this.violations.find((violation) => violation.rule === rule);
  }
}
