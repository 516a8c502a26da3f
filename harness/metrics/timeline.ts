import { InputError } from '../../traces/input-error';
import { NOTHING, OP, OP_NAMES, TraceEvent, type EventSource, type Trace } from '../../traces/trace';
import type { PerformedRows } from '../replay/block-rows';
import type { ReplayObserver } from '../replay/replay';
import { momentOf, rowState, type FootprintMoment, type FootprintState } from './footprint';

/** Checkpoints are thinned to every other one when there would be more. */
export const CHECKPOINTS_MAX = 256;

/** A trace that allocates less than a megabyte has a checkpoint at every 4 KiB allocated. */
const INTERVAL_BYTES_INITIAL = 4096;

/**
 * The moments at which a replay is sampled, spread evenly over its time axis (bytes allocated so far): in every
 * interval of 2^k bytes the first operation that reached it, with k the smallest that keeps them few enough.
 */
export class TimelineRecorder implements ReplayObserver {
  private intervalBytes = INTERVAL_BYTES_INITIAL;
  private nextAt = 0;
  private moments: FootprintMoment[] = [];

  operation(state: FootprintState): void {
    if (state.allocatedBytes >= this.nextAt) {
      this.sample(state);
    }
  }

  performed(_state: FootprintState, rows: PerformedRows, from: number, until: number): void {
    if (rows.allocatedAfter[until - 1]! < this.nextAt) {
      return;
    }
    for (let row = from; row < until; row++) {
      if (rows.allocatedAfter[row]! >= this.nextAt) {
        this.sample(rowState(rows, row));
      }
    }
  }

  finish(): readonly FootprintMoment[] {
    return this.moments;
  }

  private sample(state: FootprintState): void {
    this.moments.push(momentOf(state));
    while (this.moments.length > CHECKPOINTS_MAX) {
      this.intervalBytes *= 2;
      this.moments = this.moments.filter((moment, index, all) => {
        const before = all[index - 1];
        return before === undefined || this.intervalOf(before) !== this.intervalOf(moment);
      });
    }
    this.nextAt = (Math.floor(state.allocatedBytes / this.intervalBytes) + 1) * this.intervalBytes;
  }

  private intervalOf(moment: FootprintMoment): number {
    return Math.floor(moment.allocatedBytes / this.intervalBytes);
  }
}

/** What a trace tells itself: nothing where it is adaptive, for nobody knows its events beforehand. */
export interface Expectation {
  readonly events: number;
  /** The operations at which it will be sampled, if every allocation succeeds. */
  readonly moments: readonly number[];
  /** So many bytes are live at once at least, if every allocation succeeds. */
  readonly liveBytesMax: number;
}

export async function expectationOf(trace: Trace): Promise<Expectation> {
  const { origin } = trace.header;
  if (origin.kind === 'synthetic' && origin.adaptive) {
    return { events: 0, moments: [], liveBytesMax: 0 };
  }
  const foresight = new Foresight();
  const source = await trace.open();
  try {
    do {
      foresight.takeAtHand(source);
    } while (await source.refill());
  } catch (error) {
    // What is wrong with a trace is for its replay to say, if it comes that far.
    if (!(error instanceof InputError)) {
      throw error;
    }
  } finally {
    await source.close();
  }
  return foresight.finish();
}

/** Sees a trace go by as if every allocation succeeded. */
class Foresight {
  private readonly timeline = new TimelineRecorder();
  private readonly live = new LiveBytes();
  private readonly event = new TraceEvent();
  private readonly state = {
    ...{ eventIndex: 0, allocatedBytes: 0, liveObjects: 0, liveBytes: 0 },
    ...{ grantedBytes: 0, headerBytes: 0, heldBytes: 0 },
  };

  /** Takes what the source has at hand. */
  takeAtHand(source: EventSource): void {
    const { event } = this;
    this.takeLent(source);
    while (source.next(event, NOTHING)) {
      this.take(event.op, event.id, event.size);
      this.takeLent(source);
    }
  }

  finish(): Expectation {
    const moments = this.timeline.finish().map(({ operation }) => operation);
    return { events: this.state.eventIndex, moments, liveBytesMax: this.live.most };
  }

  private takeLent(source: EventSource): void {
    const run = source.lend?.();
    if (run !== undefined) {
      for (let index = run.from; index < run.until; index++) {
        this.take(run.ops[index]!, run.ids[index]!, run.sizes[index]!);
      }
      source.skip!(run.until - run.from);
    }
  }

  private take(op: number, id: number, size: number): void {
    const { state } = this;
    state.allocatedBytes += ALLOCATES[op]! * size;
    this.timeline.operation(state);
    this.live.take(op, id, size);
    state.eventIndex++;
  }
}

/** Larger ids are of traces that nobody has numbered, or that are too long to keep a size for every id. */
const IDS_MAX = 1 << 22;

/** How much is live, as far as that is cheap to tell: it leaves out what dies with its call, and large ids. */
class LiveBytes {
  most = 0;
  private bytes = 0;
  private bytesById = new Float64Array(1 << 10);

  take(op: number, id: number, size: number): void {
    switch (op) {
      case OP.alloc:
      case OP.alignedalloc:
      case OP.realloc:
      case OP.heap:
        return this.resize(id, size);
      case OP.free:
      case OP.adopt:
        return this.resize(id, 0);
      case OP.ctxfree:
        this.bytes = -Infinity;
    }
  }

  private resize(id: number, bytes: number): void {
    if (id >= IDS_MAX) {
      return;
    }
    while (id >= this.bytesById.length) {
      const { bytesById } = this;
      this.bytesById = new Float64Array(2 * bytesById.length);
      this.bytesById.set(bytesById);
    }
    this.bytes += bytes - this.bytesById[id]!;
    this.bytesById[id] = bytes;
    this.most = Math.max(this.most, this.bytes);
  }
}

/** 1 for the operations whose size is allocated, by code. */
const ALLOCATES = Uint8Array.from(OP_NAMES, (_, op) =>
  Number([OP.alloc, OP.realloc, OP.alignedalloc, OP.temp, OP.heap].some((each) => each === op)),
);
