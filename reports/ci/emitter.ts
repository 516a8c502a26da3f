import type { BrokenLimit } from '../../harness/compare/broken-limits';
import type { Results } from '../../harness/results/results';

/** A file for another tool. */
export interface EmittedFile {
  readonly name: string;
  readonly content: string;
}

/** A format of another tool, written beside the reports when `--emit` names it. */
export interface Emitter {
  readonly name: string;
  readonly summary: string;
  /** Of the files those that are there whatever the results are. */
  readonly names: readonly string[];
  /** `broken`: the limits of a suite that the results break. */
  readonly files: (results: Results, broken?: readonly BrokenLimit[]) => readonly EmittedFile[];
}
