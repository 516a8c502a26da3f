import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { deflateRawSync } from 'node:zlib';
import { openBytes } from '../../../traces/input/bytes';
import { openTrace } from '../../../traces/open';
import { eventsOf } from '../formats/events';
import { inTemporaryFolder } from '../formats/temporary-folder';
import { importText } from './importing';

/** Recorders of phones, boards, language runtimes and instrumentation tools, each on a sample of its own. */

const recordings = path.join(__dirname, '../../recordings');

/** Events as in a trace, and what else was counted. */
async function opened(file: string): Promise<{ format: string; events: string[]; counts: object }> {
  const trace = await openTrace(file);
  const events = await eventsOf(await trace.open());
  const { orphanFrees, failed, nullFrees, unparsedLines, innerCalls } = trace.accounting!;
  return {
    format: trace.format,
    events: events.map(({ op, id, size, align = 0 }) => `${op} ${id} ${size}@${align}`),
    counts: { orphanFrees, failed, nullFrees, unparsedLines, innerCalls },
  };
}

const NONE = { orphanFrees: 0, failed: 0, nullFrees: 0, unparsedLines: 0, innerCalls: 0 };
const free = (id: number) => `free ${id} 0@0`;

const EXPECTED: readonly (readonly [
  file: string,
  format: string,
  events: readonly string[],
  counts?: object,
])[] = [
  [
    'memory-replay/malloc-debug-readme.txt',
    'memory-replay',
    ['alloc 0 20@0', 'alloc 1 128@0', 'realloc 0 120@0', 'alloc 2 104@16', free(2), free(0), free(1)],
  ],
  [
    'wee-alloc/small.trace',
    'wee-alloc',
    ['alloc 0 29@0', 'alloc 1 336@0', free(0), 'alloc 2 672@0', free(2), free(1)],
  ],
  ['mbed/serial.txt', 'mbed', ['alloc 0 50@0', 'alloc 1 100@0', 'realloc 0 100@0', free(0), free(1)]],
  [
    'riot/tracing.txt',
    'riot',
    ['alloc 0 42@0', 'alloc 1 100@0', 'realloc 0 100@0', free(0), free(1)],
    { failed: 1 },
  ],
  [
    'drmemtrace/func-view.txt',
    'drmemtrace',
    ['alloc 0 100@0', 'alloc 1 32@0', 'alloc 2 150@0', 'realloc 0 5000@0', free(0), free(1), free(2)],
    { innerCalls: 1 },
  ],
  [
    'dj-malloc/two-threads.wl',
    'dj-malloc',
    ['alloc 0 100@0', 'alloc 1 150@0', 'realloc 0 5000@0', free(1), 'alloc 2 100@64', free(0), free(2)],
  ],
  [
    'dj-malloc/raw.mtrace',
    'dj-malloc',
    [
      ...['alloc 0 100@0', 'alloc 1 150@0', 'realloc 0 5000@0', 'alloc 2 100@64', 'alloc 3 77@64'],
      ...['alloc 4 4096@4096', free(1), free(0), free(2), free(3), free(4)],
    ],
    { failed: 1, nullFrees: 1, innerCalls: 2 },
  ],
];

for (const [file, format, events, counts] of EXPECTED) {
  test(`${file}, call by call`, async () => {
    assert.equal(await opened(path.join(recordings, file)), {
      format,
      events,
      counts: { ...NONE, ...counts },
    });
  });
}

test('a serial console that ends lines with carriage returns alone is read line by line', async () => {
  await inTemporaryFolder(async (folder) => {
    for (const name of ['mbed/serial.txt', 'riot/tracing.txt']) {
      const file = path.join(recordings, name);
      const captured = path.join(folder, path.basename(name));
      fs.writeFileSync(captured, fs.readFileSync(file, 'latin1').replaceAll('\n', '\r'), 'latin1');
      assert.equal(await opened(captured), await opened(file));
    }
  });
});

test('LTTng saw every call that it wraps; those that it does not are orphan frees', async () => {
  const { format, events, counts } = await opened(path.join(recordings, 'lttng/all-functions.lttng.txt'));
  assert.is(format, 'lttng');
  // The program begins behind four allocations of the tracer itself.
  assert.equal(events.slice(4, 14), [
    ...['alloc 4 100@0', 'alloc 5 150@0', 'alloc 6 33@0', 'realloc 4 5000@0', 'alloc 7 100@64'],
    ...['alloc 8 77@64', 'alloc 9 240@0', 'realloc 9 2400@0', free(4), free(5)],
  ]);
  assert.equal(counts, { ...NONE, orphanFrees: 3, failed: 1, nullFrees: 1 });
});

for (const [format, good, damaged] of [
  ['memory-replay', '1: malloc 0x10 5', '1: malloc 0x10'],
  ['memory-replay', '1: malloc 0x10 5 100 200', '1: realloc 0x10 5'],
  ['memory-replay', '1: calloc 0x10 1 5', '1: free 0x10 3'],
  ['lttng', 'lttng_ust_libc:malloc: { size = 5, ptr = 0x10 }', 'lttng_ust_libc:malloc: { size = 5 }'],
  ['wee-alloc', 'Alloc(5)', 'Alloc(x)'],
  ['mbed', 'x#m:0x10;0x1-5', '#c:0x10;0x1-5'],
  ['riot', 'malloc(5) @ 0x1 returned 0x10', 'malloc() @ 0x1 returned 0x10'],
  ['drmemtrace', 'T1  0x1 => malloc(0x5) => 0x10', 'T1  0x1 => realloc(0x5) => 0x10'],
] as const) {
  test(`${damaged} is no record of ${format}, and is counted`, async () => {
    const { events, counts } = await importText(`${good}\n${damaged}\n`, {}, format);
    assert.equal(events, ['alloc 0 5']);
    assert.equal(counts, { unparsedLines: 1 });
  });
}

/** A .zip of files, each stored or deflated, its sizes before or behind the data. */
function zipOf(
  files: readonly (readonly [name: string, text: string])[],
  isDeflated: boolean,
  isBehind = false,
): Buffer {
  const entries = files.map(([name, text]) => {
    const isFolder = name.endsWith('/');
    const data = isDeflated && !isFolder ? deflateRawSync(text) : Buffer.from(text);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(isBehind ? 8 : 0, 6);
    header.writeUInt16LE(isDeflated && !isFolder ? 8 : 0, 8);
    header.writeUInt32LE(isBehind ? 0 : data.length, 18);
    header.writeUInt16LE(name.length, 26);
    const descriptor = Buffer.alloc(isBehind && !isFolder ? 16 : 0);
    if (descriptor.length > 0) {
      descriptor.writeUInt32LE(0x08074b50, 0);
    }
    return Buffer.concat([header, Buffer.from(name), data, descriptor]);
  });
  return Buffer.concat([...entries, Buffer.from('PK\x01\x02')]);
}

test('a recording in a .zip is read, whichever way it is packed', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `1: malloc 0x${(4096 + 16 * i).toString(16)} ${i}`);
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'camera.zip');
    for (const [isDeflated, isBehind] of [
      [true, false],
      [true, true],
      [false, false],
    ] as const) {
      fs.writeFileSync(
        file,
        zipOf(
          [
            ['d/', ''],
            ['d/camera.txt', lines.join('\n')],
          ],
          isDeflated,
          isBehind,
        ),
      );
      const trace = await openTrace(file);
      assert.is(trace.header.name, 'camera');
      assert.is(trace.accounting!.allocs, 20_000);
    }
  });
});

test('a .zip that holds more than is read, or less than it says, is refused', async () => {
  const read = async (bytes: Buffer): Promise<string> => {
    try {
      const source = await openBytes(Readable.from([bytes]), 'x.zip');
      let event: unknown;
      do {
        event = await source.read();
      } while (event !== undefined);
      return 'was read';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const two = zipOf(
    [
      ['a', '1: free 0x0\n'],
      ['b', '1: free 0x0\n'],
    ],
    true,
  );
  assert.is(
    await read(two),
    'x.zip: the .zip archive holds more than one file; expected one recording an archive',
  );
  const cut = zipOf([['a', 'x'.repeat(5000)]], false).subarray(0, 2000);
  assert.match(await read(cut), /^x\.zip: the \.zip archive ends too early, at byte 2000/);
  const deflated = zipOf([['a', Array.from({ length: 999 }, (_, i) => i * 7919).join()]], true);
  assert.match(await read(deflated.subarray(0, 500)), /^x\.zip: the \.zip archive is cut or corrupt/);
});

test('a workload that is cut, or whose threads wait for each other, is refused', async () => {
  const whole = fs.readFileSync(path.join(recordings, 'dj-malloc/two-threads.wl'));
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'x.wl');
    const failure = async (bytes: Buffer): Promise<string> => {
      fs.writeFileSync(file, bytes);
      return openTrace(file).then(
        () => 'was read',
        (error: Error) => error.message.replace(folder + path.sep, ''),
      );
    };
    assert.match(
      await failure(whole.subarray(0, whole.length - 2)),
      /^x\.wl:byte \d+: the workload is damaged/,
    );
    const deadlocked = Buffer.from(whole);
    // The mark that the second thread sets becomes another one than the first waits for.
    deadlocked[deadlocked.lastIndexOf(Buffer.from([6, 1])) + 1] = 2;
    assert.match(await failure(deadlocked), /^x\.wl:byte \d+: a thread waits for ever/);
  });
});

test.run();
