import {
  ENTRY_CAPACITY,
  OPERATION_CAPACITY,
  SEGMENT_CAPACITY,
  type StreamBatch,
} from '../machine/access-stream';
import { NOTED_COUNT, PRICED_COUNT } from '../machine/domain-events';

/**
 * Batches of a stream on their way from the thread that replays to the one that records: a ring of them in memory that
 * both see. Who finds it full, or empty, sleeps until the other has gone on.
 */

/** Some 350 KB each are used as a rule; a short replay never fills the ring. */
export const BATCH_COUNT = 32;

/** `signal` changes whenever a reader may go on. */
const WORD = { written: 0, read: 1, state: 2, signal: 3 } as const;
/** What the state says beside 0: all batches are written; the reader has failed. */
const ENDED = 1;
const FAILED = 2;

/** Longer than a thread of a busy host waits for its turn. */
const SILENCE_SECONDS_MAX = 120;

/** One batch: arrays of its own size, at a place of its own. */
class SharedBatch implements StreamBatch {
  readonly segmentPriced: Float64Array;
  readonly operationIndices: Float64Array;
  readonly operationIds: Float64Array;
  readonly operationBytes: Float64Array;
  readonly operationAligns: Float64Array;
  readonly operationNoted: Float64Array;
  readonly entries: Int32Array;
  readonly segmentEnds: Int32Array;
  readonly segmentFlags: Int32Array;
  private readonly counts: Int32Array;
  readonly operationCodes: Uint8Array;

  constructor(buffer: SharedArrayBuffer, start: number) {
    let at = start;
    const doubles = (length: number): Float64Array => {
      const array = new Float64Array(buffer, at, length);
      at += array.byteLength;
      return array;
    };
    const words = (length: number): Int32Array => {
      const array = new Int32Array(buffer, at, length);
      at += array.byteLength;
      return array;
    };
    this.segmentPriced = doubles(SEGMENT_CAPACITY * PRICED_COUNT);
    this.operationIndices = doubles(OPERATION_CAPACITY);
    this.operationIds = doubles(OPERATION_CAPACITY);
    this.operationBytes = doubles(OPERATION_CAPACITY);
    this.operationAligns = doubles(OPERATION_CAPACITY);
    this.operationNoted = doubles(OPERATION_CAPACITY * NOTED_COUNT);
    this.entries = words(ENTRY_CAPACITY);
    this.segmentEnds = words(SEGMENT_CAPACITY);
    this.segmentFlags = words(SEGMENT_CAPACITY);
    this.counts = words(4);
    this.operationCodes = new Uint8Array(buffer, at, OPERATION_CAPACITY);
  }

  static readonly BYTES =
    8 * (SEGMENT_CAPACITY * PRICED_COUNT + OPERATION_CAPACITY * (4 + NOTED_COUNT)) +
    4 * (ENTRY_CAPACITY + 2 * SEGMENT_CAPACITY + 4) +
    OPERATION_CAPACITY;

  get entryCount(): number {
    return this.counts[0]!;
  }

  get segmentCount(): number {
    return this.counts[1]!;
  }

  get operationCount(): number {
    return this.counts[2]!;
  }

  copy(batch: StreamBatch): void {
    const { entryCount, segmentCount, operationCount } = batch;
    this.counts.set([entryCount, segmentCount, operationCount]);
    this.entries.set(batch.entries.subarray(0, entryCount));
    this.segmentEnds.set(batch.segmentEnds.subarray(0, segmentCount));
    this.segmentFlags.set(batch.segmentFlags.subarray(0, segmentCount));
    this.segmentPriced.set(batch.segmentPriced.subarray(0, segmentCount * PRICED_COUNT));
    this.operationIndices.set(batch.operationIndices.subarray(0, operationCount));
    this.operationCodes.set(batch.operationCodes.subarray(0, operationCount));
    this.operationIds.set(batch.operationIds.subarray(0, operationCount));
    this.operationBytes.set(batch.operationBytes.subarray(0, operationCount));
    this.operationAligns.set(batch.operationAligns.subarray(0, operationCount));
    this.operationNoted.set(batch.operationNoted.subarray(0, operationCount * NOTED_COUNT));
  }
}

export class SharedBatches {
  private readonly control: Int32Array;
  private readonly batches: readonly SharedBatch[];

  constructor(readonly buffer = new SharedArrayBuffer(CONTROL_BYTES + BATCH_COUNT * SharedBatch.BYTES)) {
    this.control = new Int32Array(buffer, 0, 4);
    this.batches = Array.from(
      { length: BATCH_COUNT },
      (_, index) => new SharedBatch(buffer, CONTROL_BYTES + index * SharedBatch.BYTES),
    );
  }

  get isFull(): boolean {
    return this.written - Atomics.load(this.control, WORD.read) === BATCH_COUNT;
  }

  /** Writes a batch; throws where whoever reads does so no more. */
  write(batch: StreamBatch): void {
    for (let seconds = 0; this.isFull && !this.hasFailed && seconds < SILENCE_SECONDS_MAX; seconds++) {
      const read = Atomics.load(this.control, WORD.read);
      if (this.isFull) {
        Atomics.wait(this.control, WORD.read, read, 1000);
      }
    }
    if (this.isFull || this.hasFailed) {
      throw new Error('the thread that prices has stopped');
    }
    this.batches[this.written % BATCH_COUNT]!.copy(batch);
    Atomics.add(this.control, WORD.written, 1);
    this.wakeReader();
  }

  /** Says that nothing more will be written. */
  end(): void {
    Atomics.store(this.control, WORD.state, ENDED);
    this.wakeReader();
  }

  /** Says that nobody will read any more. */
  fail(): void {
    Atomics.store(this.control, WORD.state, FAILED);
    Atomics.notify(this.control, WORD.read);
  }

  /** Hands over what is written and not yet read. */
  readWritten(take: (batch: StreamBatch) => void): void {
    for (let read = Atomics.load(this.control, WORD.read); read < this.written; read++) {
      take(this.batches[read % BATCH_COUNT]!);
      Atomics.add(this.control, WORD.read, 1);
      Atomics.notify(this.control, WORD.read);
    }
  }

  /** Hands over every batch until there are no more to come. */
  readAll(take: (batch: StreamBatch) => void): void {
    try {
      for (;;) {
        const signal = Atomics.load(this.control, WORD.signal);
        // Looked for first: what was written before the end has to be read.
        const hasEnded = Atomics.load(this.control, WORD.state) === ENDED;
        this.readWritten(take);
        if (hasEnded) {
          return;
        }
        Atomics.wait(this.control, WORD.signal, signal);
      }
    } catch (error) {
      this.fail();
      throw error;
    }
  }

  private get hasFailed(): boolean {
    return Atomics.load(this.control, WORD.state) === FAILED;
  }

  private wakeReader(): void {
    Atomics.add(this.control, WORD.signal, 1);
    Atomics.notify(this.control, WORD.signal);
  }

  private get written(): number {
    return Atomics.load(this.control, WORD.written);
  }
}

const CONTROL_BYTES = 64;
