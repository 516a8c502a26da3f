import type { Placement } from '../../traces/trace';
import type { Step } from '../machine/steps';

/**
 * Operations that follow each other, as columns: what a replay hands to an engine a block at a time, and what comes of
 * it. Only plain allocations and frees stand in a block; every row is one event of the trace.
 */

/** A batch of the stream has room for a row fewer. */
export const BLOCK_OPERATIONS_MAX = 1 << 10;

export const ALLOCATES = 0;
export const FREES = 1;

/** What engines read and write; one that is WebAssembly has them in its own memory. */
export interface OperationColumns {
  /** `ALLOCATES` or `FREES`. */
  readonly verbs: Int32Array;
  /** Bytes and alignment of the request; of a free those of its allocation. */
  readonly bytes: Float64Array;
  readonly aligns: Float64Array;
  /** What is freed: a placement, or −1 − the row of this block that allocates it. */
  readonly objects: Float64Array;
  /** What was returned, of plain allocations by who runs them. */
  readonly placements: Float64Array;
  /** Of what an allocation was granted. */
  readonly grantedBytes: Float64Array;
  readonly headerBytes: Float64Array;
  /** Held after the operation. */
  readonly heldBytes: Float64Array;
}

/**
 * How a run of operations ended: behind a whole operation; before one that has to be performed by its verb; or within
 * one, which the engine has had its turn at and which is out of the ordinary: nobody has looked at its block, and the
 * stream is still in it.
 */
export type RunEnd = 'between' | 'before' | 'within';

/** Runs rows of a block on an engine. What it throws happened in the row `next`. */
export interface OperationRunner {
  readonly columns: OperationColumns;
  /** The row under way, or the next one to run. */
  readonly next: number;
  run(from: number, until: number): RunEnd;
  /** What the allocation `next` returned, within which a run ended. Throws what its verb would have thrown. */
  result(): Placement;
  /** Called during a run: how much is held from now on, and whether the operation under way shall be the last. */
  held(bytes: number, isLast: boolean): void;
  /** Called during a run, from within an operation: that one shall not be ended. */
  stopWithin(): void;
  /** The last step that a row took. */
  lastStep(row: number): Step | undefined;
}
