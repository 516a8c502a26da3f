import type { Writable } from 'node:stream';
import { createHash } from 'node:crypto';
import { CanonicalCsvEncoder } from '../canonical-csv';
import { NOTHING, TraceEvent, type EventSource } from '../trace';
import { writeWhole, type TraceWriter, type WrittenTrace } from './written-trace';

/** How many bytes are gathered before they are handed on. */
const CHUNK_BYTES = 1 << 16;

/** Writes a source as canonical CSV, the very bytes whose sha256 is its identity, as `writeWhole` does. */
export const writeCsv = (source: EventSource, target: string | Writable): Promise<WrittenTrace> =>
  writeWhole(source, new CsvWriter(source), target);

class CsvWriter implements TraceWriter {
  private readonly hash = createHash('sha256');
  private events = 0;

  constructor(private readonly source: EventSource) {}

  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    const { source } = this;
    const encoder = new CanonicalCsvEncoder(source.texts);
    const event = new TraceEvent();
    encoder.header();
    do {
      while (source.next(event, NOTHING)) {
        encoder.row(event);
        this.events += 1;
        if (encoder.byteLength >= CHUNK_BYTES) {
          yield this.take(encoder);
        }
      }
    } while (await source.refill());
    yield this.take(encoder);
  }

  written(): WrittenTrace {
    return { events: this.events, identity: this.hash.copy().digest('hex') };
  }

  private take(encoder: CanonicalCsvEncoder): Buffer {
    const chunk = Buffer.from(encoder.view());
    encoder.clear();
    this.hash.update(chunk);
    return chunk;
  }
}
