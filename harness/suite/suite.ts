import type { ReallocPolicy } from '../replay/operations';
import type { Label } from '../results/results';

/**
 * A suite: what nightly runs and pull requests execute. Every word of it keeps the place it was written at, so that
 * whatever turns out to be wrong with it later (an engine that does not exist, a trace that cannot be read) is said
 * with `file:line:column`.
 */

/** A value and where it stands, as `file:line:column`. */
export interface Placed<T> {
  readonly value: T;
  readonly where: string;
}

export interface Suite {
  readonly name: string;
  readonly summary: string;
  /** In the order in which they count: those of included suites first. */
  readonly limits: readonly Placed<string>[];
  readonly groups: readonly SuiteGroup[];
}

/** Traces × engines × pricings on one machine. */
export interface SuiteGroup {
  readonly name: string;
  readonly traces: readonly Placed<SuiteTrace>[];
  readonly engines: readonly Placed<SuiteEngine>[];
  readonly pricings: readonly Placed<string>[];
  readonly machine: SuiteMachine;
}

/** Paths are relative to the suite's file until its matrix is made. */
export interface SuiteTrace {
  readonly specification: string;
  readonly folder: string;
  readonly format?: string;
  /** Of a recording, the first so many events. */
  readonly limitEvents?: number;
  readonly label?: Label;
}

export interface SuiteEngine {
  readonly name: string;
  readonly folder: string;
  readonly options: Readonly<Record<string, string>>;
}

/** What a group or its suite says of the machine; the defaults of the command line hold for the rest. */
export interface SuiteMachine {
  readonly heapPages?: number;
  readonly virtualPages?: number;
  /** A cell with more memory accesses in all is a runaway. */
  readonly accessBudget?: number;
  readonly realloc?: ReallocPolicy;
  /** Whether to watch over what the objects hold; no by default, for it takes time. */
  readonly verifyPayload?: boolean;
}
