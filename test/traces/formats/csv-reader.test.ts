import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { NOTHING, TraceEvent } from '../../../traces/trace';
import { canonicalCsv, openText, readText } from './csv-files';
import { anyEvents, columnsOf, eventsOf, SEED, someHeader } from './events';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const plain = (rows: string) => `op,id,size,align\n${rows}`;

test('canonical CSV is read back event for event, however its bytes arrive', async () => {
  await fc.assert(
    fc.asyncProperty(anyEvents, fc.integer({ min: 1, max: 100 }), async (events, pieceBytes) => {
      const columns = columnsOf(events);
      const csv = canonicalCsv(columns);
      const read = await readText(csv, {}, pieceBytes);
      assert.equal(read.events, await eventsOf(columns.source(someHeader)));
      assert.is(read.identity, sha256(csv));
      assert.is(read.identity, columns.identity());
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('columns in any order, quoted or not, LF or CRLF, with or without the last line end, give the same events', async () => {
  const expected = await readText(
    'op,id,size,align,offset,span,cpu,site,call,value\n' +
      'alloc,1,100,8,0,0,3,main,xzalloc\nfill,1,0,0,0,0,0,,,85\nfree,1,0,0\n',
  );
  assert.equal(expected.events[0], {
    ...{ op: 'alloc', id: 1, size: 100, align: 8, offset: 0, span: 0, cpu: 3 },
    ...{ site: 'main', call: 'xzalloc', value: '' },
  });
  for (const same of [
    'site,align,size,id,op,call,cpu,value\nmain,8,100,1,alloc,xzalloc,3\n,0,0,1,fill,,,85\n,0,0,1,free,,0,""',
    '"op","id","size","align","cpu","site","call","value"\r\n' +
      '"alloc","1","100","8","3","main","xzalloc",""\r\n"fill","1","0","0",,,,85\r\n"free",1,0,0\r\n',
    '\ufeffop,id,size,align,cpu,site,call,value\nalloc,1,100,8,3,main,xzalloc\nfill,1,0,0,0,,,85\r\nfree,1,0,0\n\n\r\n\n',
  ]) {
    assert.equal(await readText(same), expected);
    assert.equal(await readText(same, {}, 7), expected);
  }
});

test('a row is whole numbers of any size up to 2^53 - 1, and offsets of either sign', async () => {
  const { events } = await readText(
    'op,id,size,align,offset\nalignedalloc,9007199254740991,9007199254740991,4503599627370496,-9007199254740991\n',
  );
  const [event] = events;
  assert.equal([event!.id, event!.size, event!.align], [2 ** 53 - 1, 2 ** 53 - 1, 2 ** 52]);
  assert.is(event!.offset, -(2 ** 53 - 1));
});

test('a header without events is a trace without events', async () => {
  assert.equal((await readText('op,id,size,align')).events, []);
  assert.equal((await readText('op,id,size,align\n\n')).events, []);
});

test('quoted texts may hold commas, quotes and line ends', async () => {
  const { events } = await readText(
    'op,id,size,align,site\nalloc,1,1,0,"a,b"\nalloc,2,1,0,"say ""x"""\nalloc,3,1,0,"two\r\nlines"\nfree,1,0,0\n',
  );
  assert.equal(
    events.map((event) => event.site),
    ['a,b', 'say "x"', 'two\r\nlines', ''],
  );
});

test('more events than a block holds, read in constant memory', async () => {
  const rows = Array.from(
    { length: 150_000 },
    (_, i) => `${i % 2 ? 'free' : 'alloc'},${i >> 1},${i % 2 ? 0 : i},0`,
  );
  const source = await openText(plain(rows.join('\n')), {}, 10_007);
  const event = new TraceEvent();
  let count = 0;
  do {
    while (source.next(event, NOTHING)) {
      assert.is(event.id, count++ >> 1);
    }
  } while (await source.refill());
  assert.is(count, rows.length);
  assert.is(source.header.name, 't.csv');
});

test('the place of an event is its line, also after records of several lines and lines passed over', async () => {
  const source = await openText(
    'op,id,size,align,site\nalloc,1,1,0\nalloc,2,1,0,"a\nb\nc"\nalloc,3,1,0\nbad\nbad\nalloc,4,1,0\n"alloc",5,1,0\nalloc,6,1,0\n',
    { onProblem: () => true },
  );
  const event = new TraceEvent();
  const places: string[] = [];
  do {
    while (source.next(event, NOTHING)) {
      places.push(`${event.id} ${source.place()}`);
    }
  } while (await source.refill());
  assert.equal(places, [
    '1 t.csv:2:1',
    '2 t.csv:3:1',
    '3 t.csv:6:1',
    '4 t.csv:9:1',
    '5 t.csv:10:1',
    '6 t.csv:11:1',
  ]);
});

test('a listener is told every bad line and gets every good one', async () => {
  const told: string[] = [];
  const { events } = await readText(
    plain('alloc,1,1,0\nalloc,2,-1,0\nxyz\n\nfree,1,0,0\nalloc,3,1,3\nal"loc,1\nfree,2,0,0\n'),
    {
      onProblem: (problem) => told.push(problem.where!) > 0,
    },
  );
  assert.equal(told, ['t.csv:3:9', 't.csv:4:4', 't.csv:5:1', 't.csv:7:11', 't.csv:8:3']);
  assert.equal(
    events.map(({ op, id }) => `${op} ${id}`),
    ['alloc 1', 'free 1', 'free 2'],
  );
});

test('a listener may say when it has heard enough', async () => {
  let told = 0;
  const { events } = await readText(plain('a\nb\nc\nalloc,1,1,0\n'), { onProblem: () => ++told < 2 });
  assert.is(told, 2);
  assert.equal(events, []);
});

test('what stands before a problem is given first', async () => {
  const source = await openText(plain('alloc,1,1,0\nfree,1,0,0\nnonsense\n'));
  const event = new TraceEvent();
  assert.ok(await source.refill());
  assert.ok(source.next(event, NOTHING));
  assert.ok(source.next(event, NOTHING));
  assert.not(source.next(event, NOTHING));
  await source.refill().then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, 't.csv:4:9'),
  );
});

test.run();
