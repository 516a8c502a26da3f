import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Writable } from 'node:stream';
import * as fc from 'fast-check';
import { EventColumns, holdEvents } from '../../../traces/columns';
import { EventBlock } from '../../../traces/event-block';
import { BlockDecoder } from '../../../traces/formats/atr-block';
import { DamagedBytes } from '../../../traces/formats/atr-bytes';
import { frameBytes, FRAME_KINDS, type FrameKind } from '../../../traces/formats/atr-frames';
import { indexOf, indexPayload } from '../../../traces/formats/atr-header';
import { openAtr, type AtrOptions } from '../../../traces/formats/atr-reader';
import { writeAtr } from '../../../traces/formats/atr-writer';
import { InputError } from '../../../traces/input-error';
import { openBytes } from '../../../traces/input/bytes';
import { OP, TextTable, TraceEvent, type TraceHeader } from '../../../traces/trace';
import { canonicalCsv, piecewise, readText } from './csv-files';
import { anyEvents, columnsOf, eventsOf, SEED, someHeader, type PlainEvent } from './events';
import { inTemporaryFolder } from './temporary-folder';

async function atrOf(columns: EventColumns, header: TraceHeader = someHeader): Promise<Buffer> {
  const parts: Buffer[] = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => (parts.push(chunk), done()) });
  await writeAtr(columns.source(header), stream);
  return Buffer.concat(parts);
}

async function open(file: Buffer, options: AtrOptions = {}, pieceBytes = 1 << 20) {
  return openAtr(await openBytes(piecewise(file, pieceBytes), 't.atr'), options);
}

async function read(file: Buffer, options: AtrOptions = {}, pieceBytes = 1 << 20) {
  const source = await open(file, options, pieceBytes);
  const events = await eventsOf(source);
  return { events, identity: source.identity() };
}

/** The message with which reading fails; only `InputError`s count as failing. */
async function failureOf(file: Buffer, options: AtrOptions = {}): Promise<string> {
  try {
    const { events } = await read(file, options);
    throw new Error(`${events.length} events were read without complaint`);
  } catch (error) {
    if (!(error instanceof InputError)) {
      throw error;
    }
    return error.message;
  }
}

const few: PlainEvent[] = [
  { op: 'alloc', id: 7, size: 100, site: 'main', call: 'xzalloc' },
  { op: 'alloc', id: 8, size: 2 ** 40, align: 4096 },
  { op: 'fill', id: 8, value: '85' },
  { op: 'alignedalloc', id: 9, size: 5, align: 64, offset: -8, span: 4096, cpu: 3, site: 'main' },
  { op: 'free', id: 8 },
];

test('events come back from .atr as they went in, and through CSV', async () => {
  await fc.assert(
    fc.asyncProperty(anyEvents, fc.integer({ min: 1, max: 200 }), async (events, pieceBytes) => {
      const columns = columnsOf(events);
      const file = await atrOf(columns);
      const back = await read(file, { verifyIdentity: true }, pieceBytes);
      assert.equal(back.events, await eventsOf(columns.source(someHeader)));
      assert.is(back.identity, columns.identity());
      const held = await holdEvents(await open(file));
      assert.equal((await readText(canonicalCsv(held))).events, back.events);
      assert.ok((await atrOf(held)).equals(file));
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('blocks, texts that come late and wide numbers survive the block boundaries', async () => {
  const columns = new EventColumns();
  const event = new TraceEvent();
  for (let i = 0; i < 150_000; i++) {
    const isFree = i % 3 === 2;
    event.set(isFree ? OP.free : OP.alloc, isFree ? i - 1 : i, isFree ? 0 : (i * 7919) % 5000, 0);
    event.site = i > 100_000 ? columns.texts.intern(`site ${i % 1000}`) : 0;
    event.offset = i === 140_000 ? -(2 ** 40) : 0;
    columns.append(event);
  }
  const file = await atrOf(columns);
  const held = await holdEvents(await open(file, { verifyIdentity: true }, 4099));
  assert.is(held.length, 150_000);
  assert.is(held.identity(), columns.identity());
});

test('where the trace comes from is kept', async () => {
  const origin = {
    kind: 'synthetic',
    generator: 'near-page-storm',
    parameters: { live: 10, order: 'fifo' },
    seed: 3,
    adaptive: false,
  } as const;
  const source = await open(await atrOf(columnsOf(few), { name: 'storm', origin }));
  assert.equal(source.header, { name: 'storm', origin });
  assert.is((await open(await atrOf(columnsOf(few)), { name: 'other' })).header.name, 'other');
});

test('a file of .atr is written whole or not at all, compressed if its name says so', async () => {
  await inTemporaryFolder(async (folder) => {
    const columns = columnsOf(few);
    for (const name of ['x.atr', 'x.atr.gz']) {
      const file = path.join(folder, name);
      assert.equal(await writeAtr(columns.source(someHeader), file), {
        events: 5,
        identity: columns.identity(),
      });
      const source = await openAtr(await openBytes(file));
      assert.equal(await eventsOf(source), await eventsOf(columns.source(someHeader)));
    }
    const bad = columnsOf([{ op: 'alloc', id: 1, site: 'a\0b' }]);
    await writeAtr(bad.source(someHeader), path.join(folder, 'bad.atr')).then(
      () => assert.unreachable(),
      (error) => assert.match(error.message, 'holds a NUL'),
    );
    assert.equal(fs.readdirSync(folder).sort(), ['x.atr', 'x.atr.gz']);
  });
});

test('the bytes depend on the events only', async () => {
  const shuffled = new EventColumns();
  for (const text of ['unused', '85', 'xzalloc', 'main']) {
    shuffled.texts.intern(text);
  }
  const event = new TraceEvent();
  const columns = columnsOf(few);
  for (let i = 0; i < columns.length; i++) {
    columns.event(i, event);
    for (const name of ['site', 'call', 'value'] as const) {
      event[name] = shuffled.texts.intern(columns.texts.text(event[name]));
    }
    shuffled.append(event);
  }
  assert.ok((await atrOf(shuffled)).equals(await atrOf(columns)));
});

test('every flipped bit of every byte is noticed, and placed in block and byte', async () => {
  const file = await atrOf(columnsOf(few));
  assert.is((await read(file)).events.length, few.length);
  for (let at = 0; at < file.length; at++) {
    for (let flip = 0x01; flip <= 0x80; flip *= 2) {
      const damaged = Buffer.from(file);
      damaged[at]! ^= flip;
      const message = await failureOf(damaged);
      assert.match(message, /^t\.atr:(block [01]:)?byte \d+: .*; expected an undamaged \.atr file$/);
      const place = Number(/byte (\d+):/.exec(message)![1]);
      assert.ok(place <= at, `byte ${at} is damaged, but byte ${place} was named`);
    }
  }
});

test('a file that was cut off anywhere is noticed, and so is one with something behind it', async () => {
  const file = await atrOf(columnsOf(few));
  for (let length = 1; length < file.length; length++) {
    const message = await failureOf(file.subarray(0, length));
    assert.match(message, `the file ends too early, after ${length} bytes`);
  }
  assert.match(await failureOf(Buffer.concat([file, Buffer.from('x')])), 'something follows the end');
  assert.match(await failureOf(Buffer.concat([file, file])), 'something follows the end');
});

test('damage in a later block comes after the events of the earlier ones', async () => {
  const columns = new EventColumns();
  const event = new TraceEvent();
  for (let i = 0; i < 140_000; i++) {
    event.set(OP.alloc, i, i % 977, 0);
    columns.append(event);
  }
  const file = await atrOf(columns);
  file[Math.floor(file.length / 2)]! ^= 4;
  const source = await open(file);
  assert.ok(await source.refill());
  await source.refill().then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /^t\.atr:block 1:byte \d+: its checksum is wrong/),
  );
});

test('a frame out of place is refused, however right its checksum', async () => {
  const file = await atrOf(columnsOf(few));
  const frames = framesOf(file);
  const rebuilt = (kinds: readonly FrameKind[]) =>
    Buffer.concat([file.subarray(0, 12), ...kinds.map((kind) => frames.get(kind)!), file.subarray(-20)]);
  assert.ok(rebuilt(['header', 'texts', 'events', 'index']).equals(file));
  assert.match(
    await failureOf(rebuilt(['events', 'texts', 'header', 'index'])),
    'does not begin with its header',
  );
  assert.match(await failureOf(rebuilt(['header', 'header'])), 'a second header');
  assert.match(await failureOf(rebuilt(['header', 'events', 'texts', 'index'])), 'a text is not in the file');
  assert.match(
    await failureOf(rebuilt(['header', 'texts', 'events', 'events', 'index'])),
    'one that is not full',
  );
  assert.match(await failureOf(rebuilt(['header', 'texts', 'texts', 'events', 'index'])), 'texts twice');
  assert.match(await failureOf(rebuilt(['header', 'texts', 'index'])), 'its index says something else');
});

test('what no cell may hold is refused in a block as well', async () => {
  const noByte = await atrOf(columnsOf([{ op: 'fill', id: 1, value: '256' }]));
  assert.match(await failureOf(noByte), 'the value of fill is no byte');
  const missing = await atrOf(columnsOf([{ op: 'overrun', id: 1 }]));
  assert.match(await failureOf(missing), 'the value of overrun is no byte');
  await atrOf(columnsOf([{ op: 'alloc', id: 1, align: 3 }])).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, 'align is 3; expected 0 or a power of two'),
  );
});

test('an identity that is not that of the events is found when asked for', async () => {
  const file = await atrOf(columnsOf(few));
  const frames = framesOf(file);
  const index = indexOf(frames.get('index')!.subarray(9));
  const forged = frameBytes('index', indexPayload({ ...index, identity: '00'.repeat(32) }));
  const parts = [
    file.subarray(0, 12),
    ...(['header', 'texts', 'events'] as const).map((kind) => frames.get(kind)!),
  ];
  const rebuilt = Buffer.concat([...parts, forged, file.subarray(-20)]);
  assert.is((await read(rebuilt)).identity, '00'.repeat(32));
  assert.match(
    await failureOf(rebuilt, { verifyIdentity: true }),
    'the identity it gives is not that of its events',
  );
});

test('no payload, however hostile, does worse than be refused', async () => {
  const good = framesOf(await atrOf(columnsOf(few)))
    .get('events')!
    .subarray(9);
  const texts = new TextTable();
  for (const text of ['main', 'xzalloc', '85']) {
    texts.intern(text);
  }
  const decoder = new BlockDecoder(texts);
  const block = new EventBlock();
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(good.length),
      fc.nat(4),
      fc.boolean(),
      (noise, at, removed, mutate) => {
        const payload = mutate
          ? Buffer.concat([good.subarray(0, at), noise.subarray(0, 3), good.subarray(at + removed)])
          : noise;
        try {
          decoder.decode(payload, block);
          accepted += 1;
        } catch (error) {
          assert.instance(error, DamagedBytes);
        }
      },
    ),
    { seed: SEED, numRuns: 5000 },
  );
  assert.ok(accepted > 10, `${accepted} payloads were legal`);
});

/** The frames of a small file by kind, the last of each. */
function framesOf(file: Buffer): Map<FrameKind, Buffer> {
  const frames = new Map<FrameKind, Buffer>();
  for (let at = 12; at < file.length - 20;) {
    const length = 9 + file.readUInt32LE(at + 1);
    const kind = (Object.keys(FRAME_KINDS) as FrameKind[]).find((name) => FRAME_KINDS[name] === file[at]);
    frames.set(kind!, file.subarray(at, at + length));
    at += length;
  }
  return frames;
}

test.run();
