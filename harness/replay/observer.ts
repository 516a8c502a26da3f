import type { Placement, TraceEvent } from '../../traces/trace';
import type { PerformedRows } from './block-rows';
import type { Stack } from './stack';

/** What the loop knows after an operation; observers read it and must not keep it. */
export interface ReplayState {
  /** Index of the event in the trace, from 0. */
  readonly eventIndex: number;
  /** The object that the operation was applied to; `NULL` for an allocation. */
  readonly subject: Placement;
  readonly liveObjects: number;
  /** Requested bytes of the live objects. */
  readonly liveBytes: number;
  /** Bytes of the blocks granted to them, headers and rounding included. */
  readonly grantedBytes: number;
  /** Header bytes among the granted. */
  readonly headerBytes: number;
  /** Bytes taken from the page source. */
  readonly heldBytes: number;
  /** Requested bytes of all successful allocations so far: the time axis of fragmentation. */
  readonly allocatedBytes: number;
  readonly failedAllocations: number;
  readonly stack: Stack;
}

/** Called after every operation that reached the engine. */
export interface ReplayObserver {
  operation(state: ReplayState, event: TraceEvent, placement: Placement): void;
  /**
   * The same for rows of a block, all at once; `state` is that after the last of them, and so is the heap at the events
   * that the next two properties single out. Where one observer lacks it, operations are performed one by one.
   */
  performed?(state: ReplayState, rows: PerformedRows, from: number, until: number): void;
  /** The index of the first event from this one on after which it looks at the heap. */
  nextLook?(event: number): number;
  /** It also looks at the heap whenever more than this is held. */
  readonly heldBytesMax?: number;
}
