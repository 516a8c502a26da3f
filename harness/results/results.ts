import type { MeasuredReplay } from '../metrics/measured-replay';

/** The name of the format; its number is raised when a reader of the old one could misread the new one. */
export const RESULTS_SCHEMA = 'alloc-replay/results@1';

/**
 * What a run says, as `results.json` holds it. Everything but `environment` is a function of the inputs: two runs are
 * the same exactly when their files are byte-identical without it.
 */
export interface Results {
  readonly schema: typeof RESULTS_SCHEMA;
  readonly tool: { readonly name: 'alloc-replay'; readonly version: string };
  /** The suite that asked for the replays, where one did. */
  readonly suite?: SuiteFacts;
  readonly replays: readonly MeasuredReplay[];
  /** Facts about the host and the run (time, Node version, speed); never compared. */
  readonly environment: Environment;
}

/** The format of a recording that says what a program did to memory, and not with which events. */
export const ADDRESS_TRACE = 'addresses';

/** `recorded` traces count first in verdicts, the others second. */
export const LABELS = ['recorded', 'synthetic', 'adversarial'] as const;
export type Label = (typeof LABELS)[number];

/** What a suite says about its replays: it goes with them, so that who compares them later can judge by it. */
export interface SuiteFacts {
  readonly name: string;
  /** As `--limit` takes them, in the order in which they count. */
  readonly limits: readonly string[];
  /** By replay. */
  readonly labels: readonly Label[];
}

export type Environment = Readonly<Record<string, string | number | boolean>>;
