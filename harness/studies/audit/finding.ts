import type { RuleId } from './rules';

/** What an audit says: plain data, so that every report format is a pure function of it. */

/** A sentence whose names (functions, routines) are told apart from its words: names come from the trace. */
export type Sentence = readonly (string | { readonly name: string })[];

/** Where in the trace something happened. */
export interface Moment {
  /** Index of the event, from 0. */
  readonly event: number;
  /** Line of the file, from 1; null where the trace has no lines. */
  readonly line: number | null;
}

/** One thing that happened to an object. */
export interface LifeMoment extends Moment {
  readonly what: Sentence;
}

export interface ObjectLife {
  readonly id: number;
  readonly bytes: number;
  /** In the order of the trace; of a long life the first moments and the last. */
  readonly moments: readonly LifeMoment[];
}

/** `warning`: against the policy, and harmless in this generation, or not certain. */
export type Severity = 'error' | 'warning';

export interface Finding extends Moment {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly problem: Sentence;
  /** The object that it is about; null where it is about a call. */
  readonly object: ObjectLife | null;
}

/** Findings that only differ in which object of a call site they are about. */
export interface FindingGroup {
  /** The one that was met first. */
  readonly first: Finding;
  readonly findings: number;
  /** Of all their objects together. */
  readonly bytes: number;
  /** The last event that one of them is about. */
  readonly lastEvent: number;
}

export interface RuleCount {
  readonly rule: RuleId;
  readonly findings: number;
}

export interface AuditReport {
  readonly trace: string;
  readonly generation: Generation;
  readonly nested: Nested;
  readonly events: number;
  /** By event; of too many those that were found first. */
  readonly findings: readonly Finding[];
  /** Of all findings: the errors by event, then the warnings, most bytes first; of too many groups the first. */
  readonly groups: readonly FindingGroup[];
  /** All of them, those that are not listed too, in the order of the rules. */
  readonly counts: readonly RuleCount[];
}

/** Generations of libxl's bookkeeping: 0 until August 2010, 1 until April 2012, 2 since then. */
export type Generation = 0 | 1 | 2;

/** Whether a public function that libxl itself calls reuses its caller's gc, as the policy says, or makes its own. */
export const NESTED = ['reuse', 'fresh'] as const;
export type Nested = (typeof NESTED)[number];
