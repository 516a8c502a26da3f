import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { OPERATION_CAPACITY, type StreamBatch } from '../machine/access-stream';
import { BatchRecorder, type Recorded, type RecordingPlan } from './batch-recorder';
import { BATCH_COUNT, SharedBatches } from './shared-batches';

/**
 * Records in a thread of its own, while the engine runs on: a replay then takes as long as the longer of the two. The
 * thread starts when there are more batches than the ring holds, so that short replays do without; where so many are
 * foreseen it starts at once, and the engine need not wait for it.
 */
export class RecordingThread {
  private readonly batches = new SharedBatches();
  private thread: Worker | undefined;
  private recorded: Promise<Recorded> | undefined;
  private failure: Error | undefined;

  /** @param events how many there are at least */
  constructor(
    private readonly plan: RecordingPlan,
    events = 0,
  ) {
    if (events > BATCH_COUNT * OPERATION_CAPACITY) {
      this.start();
    }
  }

  record(batch: StreamBatch): void {
    if (this.thread === undefined && this.batches.isFull) {
      this.start();
    }
    try {
      this.batches.write(batch);
    } catch (error) {
      throw this.failure ?? error;
    }
  }

  /** Rejects with what went wrong in the thread. */
  finish(): Recorded | Promise<Recorded> {
    this.batches.end();
    return this.recorded ?? recordedOf(this.batches, this.plan);
  }

  /** Ends the thread where nobody wants what it records. */
  async stop(): Promise<void> {
    await this.thread?.terminate();
  }

  private start(): void {
    const workerData: ThreadData = { recording: this.plan, buffer: this.batches.buffer };
    const thread = new Worker(__filename, { workerData });
    this.thread = thread;
    this.recorded = new Promise((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', (error: Error) => {
        this.failure = error;
        this.batches.fail();
        reject(error);
      });
      thread.once('exit', () => reject(new Error('the thread that prices has stopped')));
    });
    // Whoever waits for it hears of it; until then nobody does.
    this.recorded.catch(() => undefined);
  }
}

interface ThreadData {
  readonly recording: RecordingPlan;
  readonly buffer: SharedArrayBuffer;
}

function recordedOf(batches: SharedBatches, plan: RecordingPlan): Recorded {
  const recorder = new BatchRecorder(plan);
  batches.readAll((batch) => recorder.record(batch));
  return recorder.finish();
}

const data = workerData as ThreadData | undefined | null;
if (!isMainThread && data?.recording !== undefined) {
  parentPort!.postMessage(recordedOf(new SharedBatches(data.buffer), data.recording));
}
