import { createHash } from 'node:crypto';
import { CanonicalCsvEncoder } from './canonical-csv';
import { EventBlock } from './event-block';
import { TextTable, TraceEvent, type EventRun, type IdentityTask } from './trace';

/**
 * A trace's identity: the lowercase hex sha256 of its canonical CSV, uncompressed. It is what `sha256sum` prints of
 * the file that `trace convert -o x.csv` writes, and the same whether the events came from csv, gz, atr, a recording
 * or a generator.
 */

/** Large enough that handing bytes to the hash costs nothing per event, small enough to stay in the second cache. */
const HASHED_AT_ONCE_BYTES = 1 << 16;
/** Their lines have about so many bytes. */
const EVENTS_AT_ONCE = 1 << 12;

/** Takes events in order and says the identity of those it took so far. */
export class IdentityHash {
  private readonly hash = createHash('sha256');
  private readonly encoder: CanonicalCsvEncoder;
  private readonly event = new TraceEvent();

  /** `texts` resolves the text columns of the events to come. */
  constructor(texts: TextTable) {
    this.encoder = new CanonicalCsvEncoder(texts);
    this.encoder.header();
  }

  add(event: TraceEvent): void {
    this.encoder.row(event);
    if (this.encoder.byteLength >= HASHED_AT_ONCE_BYTES) {
      this.flush();
    }
  }

  addBlock(block: EventBlock): void {
    const run = block.run(0);
    if (run?.isWhole === true) {
      this.addRun(run);
      return;
    }
    for (let index = 0; index < block.length; index++) {
      block.read(index, this.event);
      this.add(this.event);
    }
  }

  private addRun(run: EventRun): void {
    for (let from = run.from; from < run.until; from += EVENTS_AT_ONCE) {
      this.encoder.rows(run, from, Math.min(from + EVENTS_AT_ONCE, run.until));
      this.flush();
    }
  }

  /** The identity of the events so far, as 64 lowercase hexadecimal digits; more may follow. */
  digest(): string {
    this.flush();
    return this.hash.copy().digest('hex');
  }

  private flush(): void {
    this.hash.update(this.encoder.view());
    this.encoder.clear();
  }
}

interface SentEvents {
  readonly texts: readonly string[];
  readonly blocks: readonly EventBlock[];
}

/** The identity of these events as a task for another thread. */
export function identityTask(texts: TextTable, blocks: readonly EventBlock[]): IdentityTask {
  const data: SentEvents = { texts: texts.list(), blocks };
  return { module: __filename, data };
}

/** Does the task, a block at a time. */
export function* identityOf({ texts, blocks }: SentEvents): Generator<undefined, string> {
  const table = new TextTable();
  texts.forEach((text) => table.intern(text));
  const hash = new IdentityHash(table);
  for (const block of blocks) {
    hash.addBlock(EventBlock.received(block));
    yield;
  }
  return hash.digest();
}
