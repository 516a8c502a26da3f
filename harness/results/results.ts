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
  readonly replays: readonly MeasuredReplay[];
  /** Facts about the host and the run (time, Node version, speed); never compared. */
  readonly environment: Environment;
}

export type Environment = Readonly<Record<string, string | number | boolean>>;
