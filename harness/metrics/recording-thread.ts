import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { IdentityOf, IdentityTask } from '../../traces/trace';
import { OPERATION_CAPACITY } from '../machine/access-stream';
import type { StreamBatch } from '../machine/stream-batch';
import { PlacementsWriter, type PageWriter } from '../replay/placements';
import type { PlacementsForm } from '../replay/port';
import type { Digests } from '../replay/replay';
import { BatchRecorder, type Recorded, type RecordingPlan } from './batch-recorder';
import { BATCH_COUNT, SharedBatches } from './shared-batches';

/** What another thread is to record: plain data. */
interface ThreadPlan extends RecordingPlan {
  readonly placementsForm: PlacementsForm;
  readonly identityTask: IdentityTask | undefined;
}

interface ThreadRecorded extends Recorded {
  readonly placementsSha256: string;
  /** Undefined where there is no task, or it could not be done. */
  readonly traceSha256: string | undefined;
}

/**
 * Records in a thread of its own, while the engine runs on: a replay then takes as long as the longer of the two. The
 * thread starts when there is more to record than the rings hold, so that short replays do without; where so much is
 * foreseen it starts at once, and the engine need not wait for it.
 */
export class RecordingThread implements Digests {
  private readonly batches = new SharedBatches();
  private thread: ThreadAhead | undefined;
  private recorded: Promise<ThreadRecorded> | ThreadRecorded | undefined;
  private hasEnded = false;
  private failure: Error | undefined;

  readonly placements: PageWriter = {
    nextPage: () => this.whileItRecords(() => this.batches.pageToFill()),
    write: (lines) => this.batches.writePage(lines),
    digest: async () => (await this.end()).placementsSha256,
  };

  /**
   * @param events how many there are at least
   * @param ahead a thread that was started ahead
   */
  constructor(
    private readonly plan: ThreadPlan,
    events = 0,
    private readonly ahead?: ThreadAhead,
  ) {
    if (ahead !== undefined || events > BATCH_COUNT * OPERATION_CAPACITY) {
      this.start();
    }
  }

  record(batch: StreamBatch): void {
    this.whileItRecords(() => this.batches.write(batch));
  }

  async identity(): Promise<string | undefined> {
    return this.thread === undefined ? undefined : (await this.end()).traceSha256;
  }

  /** Rejects with what went wrong in the thread. */
  finish(): Recorded | Promise<Recorded> {
    return this.end();
  }

  /** Ends the thread where nobody wants what it records. */
  async stop(): Promise<void> {
    await this.thread?.stop();
  }

  private whileItRecords<T>(write: () => T): T {
    if (this.thread === undefined && this.batches.isFull) {
      this.start();
    }
    try {
      return write();
    } catch (error) {
      throw this.failure ?? error;
    }
  }

  private end(): ThreadRecorded | Promise<ThreadRecorded> {
    if (!this.hasEnded) {
      this.hasEnded = true;
      this.batches.end();
    }
    this.recorded ??= recordedOf(this.batches, { ...this.plan, identityTask: undefined });
    return this.recorded;
  }

  private start(): void {
    const thread = this.ahead ?? threadAhead();
    const recorded = thread.record({ plan: this.plan, buffer: this.batches.buffer }, (error) => {
      this.failure = error;
      this.batches.fail();
    });
    // Whoever waits for it hears of it; until then nobody does.
    recorded.catch(() => undefined);
    this.thread = thread;
    this.recorded = recorded;
  }
}

/** A thread that waits for what it is to record: starting one takes as long as reading a long trace. */
export interface ThreadAhead {
  /** Rejects where the thread ends without a result; `failed` is told at once of what went wrong in it. */
  record(orders: Orders, failed: (error: Error) => void): Promise<ThreadRecorded>;
  stop(): Promise<void>;
}

export function threadAhead(): ThreadAhead {
  const worker = new Worker(__filename, { workerData: RECORDS });
  return {
    record: (orders, failed) => {
      worker.postMessage(orders);
      return new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', (error: Error) => {
          failed(error);
          reject(error);
        });
        worker.once('exit', () => reject(new Error('the thread that prices has stopped')));
      });
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}

/** Tells the thread that this file is what it is to do. */
const RECORDS = 'records';

interface Orders {
  readonly plan: ThreadPlan;
  readonly buffer: SharedArrayBuffer;
}

function recordedOf(batches: SharedBatches, plan: ThreadPlan): ThreadRecorded {
  const recorder = new BatchRecorder(plan);
  const placements = new PlacementsWriter(plan.placementsForm);
  const identity = new IdentityAside(plan.identityTask);
  batches.readAll({
    batch: (batch) => recorder.record(batch),
    page: (page, lines) => placements.writePage(page, lines),
    workAside: () => identity.goOn(),
  });
  while (identity.goOn()) {
    // Whatever there was no time for.
  }
  return {
    ...recorder.finish(),
    placementsSha256: placements.digest(),
    traceSha256: identity.result,
  };
}

/** The identity of the trace, a little at a time. */
class IdentityAside {
  result: string | undefined;
  private work: ReturnType<IdentityOf> | undefined;

  constructor(task: IdentityTask | undefined) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the trace says which module does it
    this.work = task && (require(task.module) as { identityOf: IdentityOf }).identityOf(task.data);
  }

  /** Works on; false when there is nothing left to do. */
  goOn(): boolean {
    if (this.work === undefined) {
      return false;
    }
    try {
      const { done, value } = this.work.next();
      this.result = value;
      this.work = done === true ? undefined : this.work;
    } catch {
      // What is wrong is for the thread to say that has the source.
      this.work = undefined;
    }
    return this.work !== undefined;
  }
}

if (!isMainThread && workerData === RECORDS) {
  parentPort!.once('message', ({ plan, buffer }: Orders) => {
    parentPort!.postMessage(recordedOf(new SharedBatches(buffer), plan));
  });
}
