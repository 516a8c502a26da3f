import { OP_NAMES, TraceEvent, type EventSource, type Placement, type Trace } from '../../traces/trace';
import { EscapedException, Fault, HeapCorruption, Runaway, Trap } from '../machine/failures';
import { Operations, UnsupportedVerb, type ReallocPolicy } from './operations';
import type { Outcome, StoppedAt } from './outcome';
import { PayloadSpoilt, type PayloadChecks, type SpoiltByte } from './payload';
import { PlacementsWriter } from './placements';
import type { Stack } from './stack';

/**
 * The replay loop: one trace through one engine. For each event: mark the operation, call the engine, record the
 * placement, update what is live, granted and held, tell the observers.
 */

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
}

export interface ReplayOptions {
  /** Receives the placements as text in chunks that are valid only during the call. */
  readonly placements?: (chunk: Uint8Array) => void;
  /** What a realloc does on an engine without one; by default what a caller would write: allocate, copy, free. */
  readonly realloc?: ReallocPolicy;
  /** Whether to watch over what the objects hold: it changes nothing but the outcome, and takes time. */
  readonly payload?: PayloadChecks;
  /** The last event to replay; all of them by default. */
  readonly until?: number;
  /**
   * Whether to replay for the observers' sake alone, what was witnessed before: without the oracle, and without what is
   * granted and placed.
   */
  readonly bare?: boolean;
  /** Told the number of events replayed, at every breath. */
  readonly progress?: (events: number) => void;
}

/** Of a replay's options those for one that has to do the same again. */
export function repeatable({ realloc, payload }: ReplayOptions = {}): ReplayOptions {
  return {
    ...(realloc !== undefined && { realloc }),
    ...(payload !== undefined && { payload }),
  };
}

export interface ReplayReport {
  readonly outcome: Outcome;
  readonly events: number;
  /** Events that reached the engine. */
  readonly operations: number;
  /** Events on objects whose allocation had failed. */
  readonly skippedEvents: number;
  /** Allocations that failed although as many bytes of the heap were granted to no object. */
  readonly refusedAllocations: number;
  readonly firstRefusalIndex: number | undefined;
  /** Reallocs that were replayed as allocate, copy and free because the engine has no such verb. */
  readonly emulatedReallocs: number;
  /** Writes of the program past its own objects; `ok` with any of them means that nobody noticed. */
  readonly overruns: number;
  /** Blocks that are not aligned as the program asked: engines honour alignments up to a bound of their own. */
  readonly misalignedPlacements: number;
  readonly liveObjectsAtEnd: number;
  /** Why the replay is corrupt, where an object did not hold what its program had stored. */
  readonly spoilt: SpoiltByte | undefined;
  /** Empty after a bare replay. */
  readonly placementsSha256: string;
  /** sha256 of the canonical events that were replayed; undefined when the replay stopped before their end. */
  readonly traceSha256: string | undefined;
}

/** A fraction of a second between two breaths, however cheap or dear the operations are. */
const BREATH_EVENTS_MASK = 0xffff;
const BREATH_ACCESSES = 1 << 22;

/** A moment in which the process hears what happens meanwhile: Ctrl-C, an order to stop. */
const breath = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Replays `trace` on `stack`. Rejects with an `InputError` when the trace is malformed. */
export async function replay(
  trace: Trace,
  stack: Stack,
  observers: readonly ReplayObserver[],
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  const source = await trace.open();
  try {
    return await new Replay(source, stack, observers, options).run();
  } finally {
    await source.close();
  }
}

class Replay {
  private readonly event = new TraceEvent();
  private readonly operations: Operations;
  private readonly placements: PlacementsWriter | undefined;
  private readonly eventsMax: number;
  private events = 0;
  /** The number of accesses at which to breathe next. */
  private breathAt = BREATH_ACCESSES;
  private spoilt: SpoiltByte | undefined;

  constructor(
    private readonly source: EventSource,
    private readonly stack: Stack,
    private readonly observers: readonly ReplayObserver[],
    private readonly options: ReplayOptions,
  ) {
    const { realloc = 'emulate', payload, bare = false, until = Infinity } = options;
    this.operations = new Operations(stack, source.texts, realloc, { payload, isWitnessed: !bare });
    this.placements = bare
      ? undefined
      : new PlacementsWriter(stack.definition.placementsForm, options.placements);
    this.eventsMax = until + 1;
  }

  async run(): Promise<ReplayReport> {
    const stopped = await this.runEvents();
    this.stack.machine.stream.flush();
    const { operations, source } = this;
    return {
      outcome: stopped ?? {
        kind: 'ok',
        failedAllocations: operations.failedAllocations,
        firstFailureIndex: operations.firstFailureIndex,
      },
      events: this.events,
      operations: operations.performed,
      skippedEvents: operations.skipped,
      refusedAllocations: operations.refusedAllocations,
      firstRefusalIndex: operations.firstRefusalIndex,
      emulatedReallocs: operations.emulatedReallocs,
      overruns: operations.overruns,
      misalignedPlacements: operations.objects.misalignedPlacements,
      liveObjectsAtEnd: operations.liveObjects,
      spoilt: this.spoilt,
      placementsSha256: this.placements?.finish() ?? '',
      traceSha256: stopped === undefined && this.events < this.eventsMax ? source.identity() : undefined,
    };
  }

  /** The outcome that stopped the replay, or undefined at the end of the trace. */
  private async runEvents(): Promise<Outcome | undefined> {
    try {
      do {
        while (!this.runBuffered()) {
          this.options.progress?.(this.events);
          await breath();
        }
      } while (this.events < this.eventsMax && (await this.source.refill()));
      this.operations.finish();
      return undefined;
    } catch (error) {
      return this.outcomeOf(error);
    }
  }

  /** False where it stopped for a breath, true when what the source has at hand is done. */
  private runBuffered(): boolean {
    const { stream } = this.stack.machine;
    const { event, operations, source } = this;
    let last: Placement = operations.lastPlacement;
    while (this.events < this.eventsMax && source.next(event, last)) {
      last = operations.perform(event, this.events);
      this.placements?.line(event.op, event.id, last, operations.subject);
      if (operations.reachedEngine) {
        for (const observer of this.observers) {
          observer.operation(operations, event, last);
        }
      }
      this.events++;
      if ((this.events & BREATH_EVENTS_MASK) === 0) {
        return false;
      }
      if (stream.accesses >= this.breathAt) {
        this.breathAt = stream.accesses + BREATH_ACCESSES;
        return false;
      }
    }
    return true;
  }

  private outcomeOf(error: unknown): Outcome {
    if (error instanceof UnsupportedVerb) {
      return { kind: 'unsupported', index: this.events, verb: error.verb, reason: error.message };
    }
    if (error instanceof HeapCorruption) {
      this.spoilt = error instanceof PayloadSpoilt ? error.spoilt : undefined;
      return { kind: 'corrupt', ...this.stoppedAt(error) };
    }
    if (error instanceof Fault || error instanceof Trap || error instanceof EscapedException) {
      return { kind: 'faulted', ...this.stoppedAt(error) };
    }
    if (error instanceof Runaway) {
      return { kind: 'runaway', ...this.stoppedAt(error) };
    }
    throw error;
  }

  private stoppedAt(error: Error): StoppedAt {
    return {
      index: this.spoilt?.atEnd === true ? this.events - 1 : this.events,
      op: OP_NAMES[this.event.op]!,
      id: this.event.id,
      sizeBytes: this.event.size,
      lastStep: this.stack.machine.lastStep,
      problem: error.message,
    };
  }
}
