import type { Capability } from './port';

/** Which operation of the trace, and what the engine was doing when it stopped. */
export interface StoppedAt {
  /** Index of the event in the trace, from 0. */
  readonly index: number;
  readonly op: string;
  readonly id: number;
  readonly sizeBytes: number;
  /** The last step the engine reported, as `engine: step`, or empty before its first. */
  readonly lastStep: string;
  readonly problem: string;
}

/**
 * How a replay ended. A NULL is an outcome of an operation, not of the replay: `ok` counts them. The three that stop
 * in the middle of an operation make the run exit 1; `unsupported` is shown as n/a with its reason.
 */
export type Outcome =
  | {
      readonly kind: 'ok';
      readonly failedAllocations: number;
      readonly firstFailureIndex: number | undefined;
    }
  /** The engine or the oracle found the heap broken. */
  | ({ readonly kind: 'corrupt' } & StoppedAt)
  /** An access left mapped memory. */
  | ({ readonly kind: 'faulted' } & StoppedAt)
  /** An operation passed its access limit. */
  | ({ readonly kind: 'runaway' } & StoppedAt)
  | {
      readonly kind: 'unsupported';
      readonly index: number;
      readonly verb: Capability;
      readonly reason: string;
    };

/** Ends the replay as `unsupported`: the trace needs a verb that the engine does not have. */
export class UnsupportedVerb extends Error {
  constructor(
    readonly verb: Capability,
    engine: string,
    op: string,
  ) {
    super(`${engine} has no ${verb}, which the operation "${op}" needs`);
    this.name = 'UnsupportedVerb';
  }
}
