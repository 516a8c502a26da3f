import { Readable, pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';

/** Where a gzip header (RFC 1952) says which operating system wrote it, and the value for "unknown". */
const SYSTEM_BYTE = 9;
const SYSTEM_UNKNOWN = 255;

const LEVEL = 6;

/**
 * The chunks compressed. The header names neither time nor system, so the same bytes give the same file on every
 * machine with the same zlib.
 */
export async function* gzipChunks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const gzip = createGzip({ level: LEVEL });
  // The pipeline carries an error of the chunks over to the iterator below, which throws it.
  pipeline(Readable.from(chunks), gzip, () => undefined);
  let offset = 0;
  try {
    for await (const chunk of gzip as AsyncIterable<Buffer>) {
      const at = SYSTEM_BYTE - offset;
      if (at >= 0 && at < chunk.length) {
        chunk[at] = SYSTEM_UNKNOWN;
      }
      offset += chunk.length;
      yield chunk;
    }
  } finally {
    gzip.destroy();
  }
}
