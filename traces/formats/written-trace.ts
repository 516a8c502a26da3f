import type { Writable } from 'node:stream';
import { writeChunks } from '../output/files';
import { gzipChunks } from '../output/gzip';
import type { EventSource } from '../trace';

/** What was written. */
export interface WrittenTrace {
  readonly events: number;
  /** The trace's identity. */
  readonly identity: string;
}

/** The bytes of a source in one format, made as they are asked for. */
export interface TraceWriter {
  chunks(): AsyncIterable<Buffer>;
  /** Known when all chunks have been taken. */
  written(): WrittenTrace;
}

/**
 * Takes the writer's bytes to a path, compressed if it ends in `.gz`, or to a stream; and closes the source. Rejects
 * as the source does, or with a `UsageError` for a path that cannot be written; then nothing is left behind.
 */
export async function writeWhole(
  source: EventSource,
  writer: TraceWriter,
  target: string | Writable,
): Promise<WrittenTrace> {
  const compressed = typeof target === 'string' && target.endsWith('.gz');
  try {
    await writeChunks(target, compressed ? gzipChunks(writer.chunks()) : writer.chunks());
  } finally {
    await source.close();
  }
  return writer.written();
}
