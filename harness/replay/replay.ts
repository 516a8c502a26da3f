import { OP_NAMES, TraceEvent, type EventSource, type Trace } from '../../traces/trace';
import { EscapedException, Fault, HeapCorruption, Runaway, Trap } from '../machine/failures';
import { BlockReplay } from './block-replay';
import { Operations, type ReallocPolicy } from './operations';
import type { ReplayObserver, ReplayState } from './observer';
import { UnsupportedVerb, type Outcome, type StoppedAt } from './outcome';
import { PayloadSpoilt, type PayloadChecks, type SpoiltByte } from './payload';
import { PlacementLines, PlacementsWriter, type PageWriter } from './placements';
import type { Stack } from './stack';

/**
 * The replay loop: one trace through one engine. For each event: mark the operation, call the engine, record the
 * placement, update what is live, granted and held, tell the observers.
 */

export type { ReplayObserver, ReplayState };

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
  /** Who digests meanwhile what need not be digested here. */
  readonly digests?: Digests;
  /** How many events may be performed as one block; 0: each is performed by itself. As many as there is room for. */
  readonly blockEventsMax?: number;
  /** Told the number of events replayed, at every breath. */
  readonly progress?: (events: number) => void;
}

/** Works out the digests of a replay beside it. */
export interface Digests {
  readonly placements: PageWriter;
  /** The identity of the trace, once all is replayed; undefined where only the source knows it. */
  identity(): Promise<string | undefined>;
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
  private readonly placements: PlacementLines | undefined;
  private readonly eventsMax: number;
  private readonly blocks: BlockReplay | undefined;
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
    const { placementsForm } = stack.definition;
    const isTextWanted = options.placements !== undefined || options.digests === undefined;
    const writer = isTextWanted
      ? new PlacementsWriter(placementsForm, options.placements)
      : options.digests.placements;
    this.placements = bare ? undefined : new PlacementLines(placementsForm, writer);
    this.eventsMax = until + 1;
    this.blocks =
      options.blockEventsMax === 0
        ? undefined
        : BlockReplay.of(stack, source, this.operations, this.placements, observers);
  }

  async run(): Promise<ReplayReport> {
    const stopped = await this.runEvents();
    this.stack.machine.stream.flush();
    const { operations } = this;
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
      placementsSha256: (await this.placements?.finish()) ?? '',
      traceSha256: stopped === undefined && this.events < this.eventsMax ? await this.identity() : undefined,
    };
  }

  private async identity(): Promise<string> {
    return (await this.options.digests?.identity()) ?? this.source.identity();
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
    if (this.blocks !== undefined) {
      return this.runBlocks(this.blocks);
    }
    const { event, operations, source } = this;
    while (this.events < this.eventsMax && source.next(event, operations.lastPlacement)) {
      this.performEvent();
      if (this.isOutOfBreath()) {
        return false;
      }
    }
    return true;
  }

  private runBlocks(blocks: BlockReplay): boolean {
    const { event, source } = this;
    while (this.events < this.eventsMax) {
      const beforeBreath = BREATH_EVENTS_MASK + 1 - (this.events & BREATH_EVENTS_MASK);
      const ahead = blocks.read(
        source,
        event,
        this.events,
        Math.min(this.eventsMax - this.events, beforeBreath, this.options.blockEventsMax ?? Infinity),
      );
      try {
        blocks.perform(event);
      } catch (error) {
        this.events += blocks.failedRow;
        throw error;
      }
      this.events += blocks.count;
      if (ahead === 'nothing') {
        return true;
      }
      if (ahead === 'event') {
        this.performEvent();
      }
      if (this.isOutOfBreath()) {
        return false;
      }
    }
    return true;
  }

  /** Performs the event by itself. */
  private performEvent(): void {
    const { event, operations } = this;
    const placement = operations.perform(event, this.events);
    this.placements?.line(event.op, event.id, placement, operations.subject);
    if (operations.reachedEngine) {
      for (const observer of this.observers) {
        observer.operation(operations, event, placement);
      }
    }
    this.events++;
  }

  private isOutOfBreath(): boolean {
    const { stream } = this.stack.machine;
    if ((this.events & BREATH_EVENTS_MASK) === 0) {
      return true;
    }
    if (stream.accesses >= this.breathAt) {
      this.breathAt = stream.accesses + BREATH_ACCESSES;
      return true;
    }
    return false;
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
