import { NO_HANDLE } from '../../traces/ground/id-table';
import { ObjectHandles } from '../../traces/object-handles';
import { InputError } from '../../traces/input-error';
import {
  NOTHING,
  OP,
  OP_NAMES,
  TraceEvent,
  type EventRun,
  type EventSource,
  type Trace,
} from '../../traces/trace';
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
  /** The next moment is where so many bytes have been allocated. */
  nextAt = 0;
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
      this.takeRun(run);
      source.skip!(run.until - run.from);
    }
  }

  private takeRun(run: EventRun): void {
    const { from, until, ops, sizes } = run;
    const { state, timeline } = this;
    let { allocatedBytes } = state;
    const first = state.eventIndex;
    for (let index = from; index < until; index++) {
      allocatedBytes += ALLOCATES[ops[index]!]! * sizes[index]!;
      if (allocatedBytes >= timeline.nextAt) {
        state.eventIndex = first + index - from;
        state.allocatedBytes = allocatedBytes;
        timeline.operation(state);
      }
    }
    state.allocatedBytes = allocatedBytes;
    state.eventIndex = first + until - from;
    this.live.takeRun(run);
  }

  private take(op: number, id: number, size: number): void {
    this.state.allocatedBytes += ALLOCATES[op]! * size;
    this.timeline.operation(this.state);
    this.live.take(op, id, size);
    this.state.eventIndex++;
  }
}

/** How much is live, as far as that is cheap to tell: it leaves out what dies with its call. */
class LiveBytes {
  most = 0;
  private bytes = 0;
  private readonly objects = new ObjectHandles();
  private bytesByHandle = new Float64Array(this.objects.capacity);

  takeRun(run: EventRun): void {
    const { from, until, ops, ids, sizes } = run;
    if (this.objects.takeOver(run, from, until)) {
      this.makeRoom();
      this.takeHandles(run);
      return;
    }
    for (let index = from; index < until; index++) {
      this.take(ops[index]!, ids[index]!, sizes[index]!);
    }
  }

  take(op: number, id: number, size: number): void {
    switch (op) {
      case OP.alloc:
      case OP.alignedalloc:
      case OP.heap:
      case OP.realloc:
        return this.resize(id, size);
      case OP.free:
      case OP.adopt:
        return this.end(id);
      case OP.ctxfree:
        this.bytes = -Infinity;
    }
  }

  private takeHandles({ from, until, ops, sizes, handles }: EventRun): void {
    const { bytesByHandle } = this;
    let { bytes, most } = this;
    for (let index = from; index < until; index++) {
      const handle = handles![index]!;
      const taken = ALLOCATES[ops[index]!]! * sizes[index]!;
      bytes += taken - bytesByHandle[handle]!;
      bytesByHandle[handle] = taken;
      if (bytes > most) {
        most = bytes;
      }
    }
    this.bytes = bytes;
    this.most = most;
  }

  private resize(id: number, bytes: number): void {
    const table = this.objects.lookUp();
    const added = table.add(id);
    const handle = added === NO_HANDLE ? table.find(id) : added;
    this.makeRoom();
    this.bytes += bytes - this.bytesByHandle[handle]!;
    this.bytesByHandle[handle] = bytes;
    this.most = Math.max(this.most, this.bytes);
  }

  private end(id: number): void {
    const handle = this.objects.lookUp().remove(id);
    if (handle !== NO_HANDLE) {
      this.bytes -= this.bytesByHandle[handle]!;
      this.bytesByHandle[handle] = 0;
    }
  }

  private makeRoom(): void {
    const { bytesByHandle, objects } = this;
    if (bytesByHandle.length < objects.capacity) {
      this.bytesByHandle = new Float64Array(objects.capacity);
      this.bytesByHandle.set(bytesByHandle);
    }
  }
}

/** 1 for the operations whose size is allocated, by code. */
const ALLOCATES = Uint8Array.from(OP_NAMES, (_, op) =>
  Number([OP.alloc, OP.realloc, OP.alignedalloc, OP.temp, OP.heap].some((each) => each === op)),
);
