/**
 * gzip, streaming, through the host's zlib: any number of members one after another (RFC 1952), checksums verified.
 */
import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InputError } from '../input-error';

const OUTPUT_CHUNK_BYTES = 1 << 16;

export function isGzip(magic: Uint8Array): boolean {
  return magic[0] === 0x1f && magic[1] === 0x8b;
}

/**
 * The decompressed chunks. Rejects with an `InputError` that names the file and where it ends too early, or behind
 * which byte it is found to be corrupt: zlib tells of whole chunks only, and some damage shows in the checksum alone.
 */
export async function* gunzipChunks(
  stored: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES });
  // The pipeline carries an error of the stored bytes over to the iterator below, which throws it.
  pipeline(Readable.from(stored), gunzip, () => undefined);
  try {
    for await (const chunk of gunzip) {
      yield chunk;
    }
  } catch (error) {
    throw broken(error, gunzip.bytesWritten, name);
  } finally {
    gunzip.destroy();
  }
}

function broken(error: unknown, offset: number, name: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'Z_BUF_ERROR') {
    return new InputError({
      where: name,
      problem: `the gzip data ends too early, at byte ${offset}`,
      expected: 'the rest of the file',
    });
  }
  if (code?.startsWith('Z_') !== true) {
    return error;
  }
  return new InputError({
    where: name,
    problem: `the gzip data is corrupt, as is found behind byte ${offset} (${(error as Error).message})`,
    expected: 'an undamaged file',
  });
}
