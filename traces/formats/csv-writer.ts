import type { Writable } from 'node:stream';
import { createHash } from 'node:crypto';
import { CanonicalCsvEncoder } from '../canonical-csv';
import { writeChunks } from '../output/files';
import { gzipChunks } from '../output/gzip';
import { NOTHING, TraceEvent, type EventSource } from '../trace';

/** How many bytes are gathered before they are handed on. */
const CHUNK_BYTES = 1 << 16;

/** What was written. */
export interface WrittenTrace {
  readonly events: number;
  /** The trace's identity. */
  readonly identity: string;
}

/**
 * Writes a source as canonical CSV, the very bytes whose sha256 is its identity; compressed if the path ends in
 * `.gz`. Reads the source to its end and closes it. Rejects as the source does, or with a `UsageError` for a path
 * that cannot be written; then nothing is left behind.
 */
export async function writeCsv(source: EventSource, target: string | Writable): Promise<WrittenTrace> {
  const writer = new CsvWriter(source);
  const compressed = typeof target === 'string' && target.endsWith('.gz');
  try {
    await writeChunks(target, compressed ? gzipChunks(writer.chunks()) : writer.chunks());
  } finally {
    await source.close();
  }
  return writer.written();
}

class CsvWriter {
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
        if (encoder.byteLength >= CHUNK_BYTES) yield this.take(encoder);
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
