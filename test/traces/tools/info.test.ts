import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { traceInfo } from '../../../traces/tools/info';
import { infoLines } from '../../../harness/cli/output/trace-info-text';
import { columnsOf, someHeader } from '../formats/events';

const columns = columnsOf([
  { op: 'alloc', id: 1, size: 100, site: 'main' },
  { op: 'alloc', id: 2, size: 0, align: 64, site: 'main', call: 'xmalloc' },
  { op: 'realloc', id: 1, size: 300, site: 'other' },
  { op: 'free', id: 2 },
  { op: 'free', id: 9 },
  { op: 'enter', id: 1 },
  { op: 'temp', id: 3, size: 1000 },
  { op: 'leave', id: 1 },
  { op: 'alloc', id: 2, size: 2 ** 40 },
  { op: 'free', id: 2 },
]);

test('the figures of a trace, counted by hand', async () => {
  const info = await traceInfo(columns.source(someHeader));
  assert.equal(info, {
    name: 'some',
    origin: { kind: 'recorded', format: 'test' },
    identity: columns.identity(),
    events: 10,
    ops: [
      { op: 'alloc', events: 3 },
      { op: 'free', events: 3 },
      { op: 'realloc', events: 1 },
      { op: 'enter', events: 1 },
      { op: 'leave', events: 1 },
      { op: 'temp', events: 1 },
    ],
    needs: ['realloc', 'enter', 'leave', 'temp'],
    all: { requests: 5, bytesTotal: 1400 + 2 ** 40, bytesMin: 0, bytesMax: 2 ** 40 },
    sizes: info.sizes,
    lifetimes: [
      { smallest: 1, largest: 1, count: 2 },
      { smallest: 2, largest: 3, count: 1 },
    ],
    alignedRequests: 1,
    alignMax: 64,
    liveBytesPeak: { amount: 300 + 2 ** 40, event: 8 },
    liveObjectsPeak: { amount: 2, event: 1 },
    liveBytesOverEvents: [100, 100, 300, 300, 300, 1300, 300, 300 + 2 ** 40, 300],
    liveBytesAtEnd: 300,
    liveObjectsAtEnd: 1,
    sites: [
      { text: 'main', events: 2, requests: 2, bytesTotal: 100, bytesMin: 0, bytesMax: 100 },
      { text: 'other', events: 1, requests: 1, bytesTotal: 300, bytesMin: 300, bytesMax: 300 },
    ],
    calls: [{ text: 'xmalloc', events: 1, requests: 1, bytesTotal: 0, bytesMin: 0, bytesMax: 0 }],
    violations: 1,
    facts: [],
  });
  const used = info.sizes.filter(({ count }) => count > 0);
  assert.equal(used, [
    { smallest: 0, largest: 0, count: 1 },
    { smallest: 64, largest: 127, count: 1 },
    { smallest: 256, largest: 511, count: 1 },
    { smallest: 512, largest: 1023, count: 1 },
    { smallest: 2 ** 40, largest: 2 ** 41 - 1, count: 1 },
  ]);
  assert.is(info.sizes.length, 42);
});

test('a trace without events has no figures to speak of', async () => {
  const info = await traceInfo(columnsOf([]).source(someHeader));
  assert.equal(
    [info.events, info.sizes, info.lifetimes, info.all],
    [0, [], [], { requests: 0, bytesTotal: 0 }],
  );
  assert.equal(info.liveBytesPeak, { amount: 0 });
  assert.ok(infoLines(info).includes('requests  none'));
});

test('the lines show the figures and no control characters', async () => {
  const hostile = columnsOf([{ op: 'alloc', id: 1, size: 12345, site: '\u001b[31m' + 'x'.repeat(100) }]);
  const lines = infoLines(await traceInfo(hostile.source({ ...someHeader, name: 'a\nb' })));
  assert.is(lines[0], 'a\\nb: 1 event, recorded (test)');
  assert.ok(lines.includes('requests  1 of 12,345 to 12,345 bytes, 12,345 on average, 12,345 in all'));
  assert.ok(lines.includes(`   8,192–16,383  1  ${'█'.repeat(40)}`));
  for (const line of lines) {
    assert.not.match(line, /[\u0000-\u001f]/);
    assert.ok(line.length <= 100, line);
  }
});

test.run();
