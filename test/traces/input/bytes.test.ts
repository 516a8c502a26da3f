import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { openBytes } from '../../../traces/input/bytes';
import { InputError } from '../../../traces/input-error';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-bytes-'));
test.after(() => fs.rmSync(folder, { recursive: true }));

/** One Zstandard frame of raw blocks, built by hand from RFC 8878: single segment, no checksum. */
function zstdFrame(content: Buffer, blockBytes = 1000): Buffer {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(0xfd2fb528, 0);
  header[4] = 0x80 | 0x20;
  header.writeUInt32LE(content.length, 5);
  const blocks: Buffer[] = [];
  for (let at = 0; at === 0 || at < content.length; at += blockBytes) {
    const bytes = content.subarray(at, at + blockBytes);
    const isLast = at + blockBytes >= content.length ? 1 : 0;
    const blockHeader = Buffer.alloc(3);
    blockHeader.writeUIntLE((bytes.length << 3) | isLast, 0, 3);
    blocks.push(blockHeader, bytes);
  }
  return Buffer.concat([header, ...blocks]);
}

async function everything(specification: string | Readable, name?: string): Promise<Buffer> {
  const source = await openBytes(specification, name);
  const chunks: Buffer[] = [];
  for await (const chunk of source) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function file(name: string, bytes: Buffer): string {
  const place = path.join(folder, name);
  fs.writeFileSync(place, bytes);
  return place;
}

async function refusal(specification: string | Readable, name = 'broken'): Promise<InputError> {
  try {
    await everything(specification, name);
  } catch (error) {
    assert.instance(error, InputError);
    return error as InputError;
  }
  throw new Error('was read without complaint');
}

const content = Buffer.from(Array.from({ length: 600_000 }, (_, i) => (i * i) >> 7));

for (const [compression, stored] of [
  ['none', content],
  ['gzip', gzipSync(content)],
  ['zstd', zstdFrame(content)],
] as const) {
  test(`${compression} is told by content and read whole, from a file and from a stream`, async () => {
    const place = file(`misnamed-${compression}.txt`, stored);
    const source = await openBytes(place);
    assert.is(source.compression, compression);
    assert.is(source.name, place);
    assert.ok((await source.peek(1000)).equals(content.subarray(0, 1000)), 'peek shows the beginning');
    assert.ok((await source.peek(400_000)).equals(content.subarray(0, 400_000)), 'peek can look further');
    assert.ok((await source.read())!.length > 0);
    await source.close();
    await source.close();
    assert.ok((await everything(place)).equals(content));
    const slices = [stored.subarray(0, 1), stored.subarray(1, 2), stored.subarray(2, 3), stored.subarray(3)];
    assert.ok((await everything(Readable.from(slices))).equals(content));
  });
}

test('several gzip members and several zstd frames follow one another', async () => {
  const halves = [content.subarray(0, 1234), content.subarray(1234, 5000)];
  const members = Buffer.concat(halves.map((half) => gzipSync(half)));
  assert.ok((await everything(Readable.from([members]))).equals(content.subarray(0, 5000)));
  const skippable = Buffer.from('502a4d1803000000616263', 'hex');
  skippable[0] = 0x5f;
  const frames = Buffer.concat([skippable, zstdFrame(halves[0]!), skippable, zstdFrame(halves[1]!)]);
  for (const size of [1, 7, 100_000]) {
    const slices: Buffer[] = [];
    for (let at = 0; at < frames.length; at += size) {
      slices.push(frames.subarray(at, at + size));
    }
    assert.ok((await everything(Readable.from(slices))).equals(content.subarray(0, 5000)), `by ${size}`);
  }
});

test('an empty input is empty', async () => {
  assert.is((await everything(file('empty', Buffer.alloc(0)))).length, 0);
  assert.is((await everything(Readable.from([]))).length, 0);
  assert.is((await everything(Readable.from([zstdFrame(Buffer.alloc(0))]))).length, 0);
});

test('truncation is an input error that names the byte', async () => {
  const gzip = gzipSync(content);
  const cutGzip = await refusal(Readable.from([gzip.subarray(0, 5000)]));
  assert.is(
    cutGzip.message,
    'broken: the gzip data ends too early, at byte 5000; expected the rest of the file',
  );
  const zstd = zstdFrame(content);
  for (const length of [4, 8, 11, 100, 5000, zstd.length - 1]) {
    const cut = await refusal(Readable.from([zstd.subarray(0, length)]));
    assert.match(cut.message, `broken: the zstd data ends too early, at byte ${length}`);
  }
});

test('corruption is an input error that names the byte', async () => {
  const gzip = gzipSync(content);
  gzip[gzip.length - 6]! ^= 1;
  const { message } = await refusal(Readable.from([gzip]));
  const [, from] = /gzip data is corrupt, as is found behind byte (\d+) \(/.exec(message) ?? [];
  assert.ok(Number(from) <= gzip.length - 6, message);
  const zstd = zstdFrame(content);
  zstd[9] = 7;
  assert.match(
    (await refusal(Readable.from([zstd]))).message,
    'the zstd data is corrupt at byte 9; expected',
  );
});

test('a flipped bit that still decompresses is caught by the checksum', async () => {
  const intact = fs.readFileSync(path.join(__dirname, '../../recordings/heaptrack/probe.raw.zst'));
  const content = await everything(Readable.from([intact]));
  assert.ok(content.length > 4000);
  let caughtByChecksum = 0;
  const harmless: number[] = [];
  for (let at = 4; at < intact.length; at++) {
    const damaged = Buffer.from(intact);
    damaged[at]! ^= 1 << (at % 8);
    const outcome = await everything(Readable.from([damaged]), 'broken').catch((error: unknown) => error);
    if (outcome instanceof InputError) {
      assert.match(outcome.message, /^broken: the zstd data .* byte \d+; expected /);
      if (outcome.message.includes('checksum')) {
        caughtByChecksum += 1;
      }
    } else {
      assert.ok((outcome as Buffer).equals(content), `byte ${at}`);
      harmless.push(at);
    }
  }
  // A larger window, and bits that nothing reads, decompress to the same.
  assert.ok(harmless.length < 10, harmless.join());
  assert.ok(caughtByChecksum > 100, `${caughtByChecksum} of ${intact.length}`);
});

test('a zstd window that would take too much memory is refused before it is taken', async () => {
  const zstd = zstdFrame(content);
  zstd.writeUInt32LE(0x7fffffff, 5);
  assert.match((await refusal(Readable.from([zstd]))).message, 'asks for a window of 2147483647 bytes');
});

test('what cannot be opened is an input error', async () => {
  assert.match(
    (await refusal(path.join(folder, 'absent'), 'absent')).message,
    'absent: cannot be read (no such',
  );
  assert.match((await refusal(folder, 'folder')).message, 'folder: cannot be read (is a folder)');
});

test.run();
