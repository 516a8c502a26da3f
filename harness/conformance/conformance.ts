import { examineDamage, type DamageTally } from './damage';
import { examineQuirks, quirksWithoutDemonstration } from './demonstrations';
import { examineBounds, examineDeterminism, examineMemory } from './exactness';
import {
  examineCapabilities,
  examineDefinition,
  examineExhaustion,
  examineOptions,
  examineRequests,
  examineRounds,
} from './experiments';
import type { ConformanceOperation } from './operation';
import { examineRandomUse } from './random-use';
import { Findings, RULES, type Rule } from './rules';
import { shortenedViolation } from './shortening';
import type { Subject } from './subject';
import { failureText } from './trial';

/**
 * The conformance suite: what every engine must hold, ours and those that users bring. It drives an engine through
 * its port alone, beside a naive oracle that shares nothing with the replay's.
 */

export type RuleOutcome =
  /** `examined`: how often the rule was put to the test. */
  | { readonly kind: 'passed'; readonly examined: number }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** The operations that show it on a fresh engine with default options; rows of a trace. */
      readonly operations: readonly ConformanceOperation[];
    }
  /** There was nothing to examine. */
  | { readonly kind: 'skipped'; readonly reason: string };

export interface RuleResult {
  readonly rule: Rule;
  /** What the rule demands, in words. */
  readonly summary: string;
  readonly outcome: RuleOutcome;
}

export interface ConformanceReport {
  readonly engine: string;
  readonly version: number;
  /** Options as given; the others have their defaults. */
  readonly options: Readonly<Record<string, string>>;
  readonly passed: boolean;
  readonly results: readonly RuleResult[];
  /** How damaged metadata came out. */
  readonly damage: DamageTally | undefined;
  /** Quirks that no demonstration shows. */
  readonly quirksWithoutDemonstration: readonly string[];
}

export interface ConformanceOptions {
  /** Random sequences to run, 60 by default. */
  readonly randomRuns?: number;
}

const RANDOM_RUNS_DEFAULT = 60;

/** Holds an engine against every rule. Never throws for what an engine does. */
export function checkConformance(subject: Subject, options: ConformanceOptions = {}): ConformanceReport {
  const findings = new Findings();
  let damage: DamageTally | undefined;
  const experiments: readonly (() => void)[] = [
    () => examineDefinition(subject, findings),
    () => examineCapabilities(subject, findings),
    () => examineOptions(subject, findings),
    () => examineRequests(subject, findings),
    () => {
      const steps = examineRandomUse(subject, options.randomRuns ?? RANDOM_RUNS_DEFAULT, findings);
      examineBounds(subject, steps, findings);
    },
    () => examineRounds(subject, findings),
    () => examineExhaustion(subject, findings),
    () => examineDeterminism(subject, findings),
    () => examineMemory(subject, findings),
    () => void (damage = examineDamage(subject, findings)),
    () => examineQuirks(subject, findings),
  ];
  for (const experiment of experiments) {
    try {
      experiment();
    } catch (error) {
      findings.violated('intact', `the engine cannot be made or looked at: ${failureText(error)}`);
    }
  }
  const results = (Object.keys(RULES) as Rule[]).map((rule) => resultOf(subject, rule, findings));
  return {
    engine: subject.definition.name,
    version: subject.definition.version,
    options: subject.options,
    passed: results.every(({ outcome }) => outcome.kind !== 'failed'),
    results,
    damage,
    quirksWithoutDemonstration: quirksWithoutDemonstration(subject),
  };
}

function resultOf(subject: Subject, rule: Rule, findings: Findings): RuleResult {
  const summary = RULES[rule];
  const violation = findings.firstOf(rule);
  if (violation !== undefined) {
    const { reason, operations = [] } = shortenedViolation(subject, violation);
    return { rule, summary, outcome: { kind: 'failed', reason, operations } };
  }
  const examined = findings.timesExamined(rule);
  return examined === 0
    ? {
        rule,
        summary,
        outcome: { kind: 'skipped', reason: NOTHING_TO_EXAMINE[rule] ?? 'there was nothing to examine' },
      }
    : { rule, summary, outcome: { kind: 'passed', examined } };
}

/** Why a rule may find nothing to examine in a sound engine. */
const NOTHING_TO_EXAMINE: Partial<Record<Rule, string>> = {
  bounded: 'no worst case in accesses is declared',
  quirky: 'no quirk with a demonstration is declared',
  kept: 'all objects lie in the virtual area, where the suite does not look',
};
