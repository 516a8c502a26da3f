import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Readable, Writable } from 'node:stream';
import { openAtr } from '../../../traces/formats/atr-reader';
import { writeAtr } from '../../../traces/formats/atr-writer';
import { validated } from '../../../traces/formats/validated';
import type { InputError } from '../../../traces/input-error';
import { openBytes } from '../../../traces/input/bytes';
import type { EventColumns } from '../../../traces/columns';
import { NOTHING, TraceEvent, type EventSource } from '../../../traces/trace';
import { openText } from './csv-files';
import * as fc from 'fast-check';
import { columnsOf, eventsOf, lentEventsOf, SEED, someHeader, type PlainEvent } from './events';

async function firstProblem(rows: string): Promise<string | undefined> {
  const source = validated(await openText(`op,id,size,align\n${rows.replaceAll(' ', '\n')}\n`));
  try {
    await eventsOf(source);
    return undefined;
  } catch (error) {
    return (error as InputError).message;
  }
}

test('a legal trace passes unchanged', async () => {
  const events: PlainEvent[] = [
    { op: 'alloc', id: 1, size: 8 },
    { op: 'realloc', id: 1, size: 9 },
    { op: 'realloc', id: 1, size: 0 },
    { op: 'msize', id: 1 },
    { op: 'free', id: 1 },
    { op: 'alignedalloc', id: 1, size: 8, align: 64 },
    { op: 'fill', id: 1, value: '7' },
    { op: 'compact' },
    { op: 'check' },
    { op: 'dump' },
    { op: 'enter', id: 1 },
    { op: 'temp', id: 2, size: 5 },
    { op: 'heap', id: 3, size: 5 },
    { op: 'adopt', id: 99 },
    { op: 'use', id: 99 },
    { op: 'leave', id: 1 },
    { op: 'alloc', id: 2, size: 5 },
    { op: 'free', id: 3 },
  ];
  const columns = columnsOf(events);
  const source = validated(columns.source(someHeader));
  assert.equal(await eventsOf(source), await eventsOf(columns.source(someHeader)));
  assert.is(source.identity(), columns.identity());
});

test('what breaks the rules between events is named with line and event', async () => {
  assert.is(
    await firstProblem('alloc,1,8,0 free,1,0,0 free,1,0,0'),
    't.csv:4:1: event 2: free of id 1, which is not live; expected an id that was allocated and not freed since',
  );
  assert.is(
    await firstProblem('alloc,1,8,0 alloc,2,8,0 alloc,1,9,0'),
    't.csv:4:1: event 2: alloc of id 1, live since event 0; expected an id that is not live',
  );
  for (const op of ['free', 'realloc', 'msize']) {
    assert.match(
      (await firstProblem(`alloc,1,8,0 ${op},2,8,0`))!,
      `t.csv:3:1: event 1: ${op} of id 2, which is not live`,
    );
  }
  for (const op of ['alloc', 'alignedalloc', 'heap']) {
    assert.match(
      (await firstProblem(`alloc,1,8,0 ${op},1,8,0`))!,
      `event 1: ${op} of id 1, live since event 0`,
    );
  }
  assert.match((await firstProblem('temp,1,8,0'))!, 't.csv:2:1: event 0: temp outside any call');
  assert.match((await firstProblem('leave,1,0,0'))!, 't.csv:2:1: event 0: leave outside any call');
  assert.match((await firstProblem('freeall,1,0,0'))!, 'freeall outside any call');
  assert.match(
    (await firstProblem(Array(65537).fill('enter,1,0,0').join(' ')))!,
    'event 65536: 65536 calls are open',
  );
});

test('temporaries die with their own call, and only they', async () => {
  assert.is(await firstProblem('enter,1,0,0 temp,5,8,0 leave,1,0,0 heap,5,8,0'), undefined);
  assert.is(
    await firstProblem('enter,1,0,0 temp,5,8,0 freeall,1,0,0 temp,5,8,0 leave,1,0,0 heap,5,8,0'),
    undefined,
  );
  assert.match((await firstProblem('enter,1,0,0 temp,5,8,0 leave,1,0,0 free,5,0,0'))!, 'free of id 5');
  assert.match((await firstProblem('enter,1,0,0 heap,5,8,0 leave,1,0,0 heap,5,8,0'))!, 'heap of id 5');
  assert.match(
    (await firstProblem('enter,1,0,0 temp,5,8,0 enter,2,0,0 leave,2,0,0 temp,5,8,0'))!,
    'temp of id 5, live since event 1',
  );
  assert.is(await firstProblem('enter,1,0,0 heap,5,8,0 adopt,5,0,0 leave,1,0,0 heap,5,8,0'), undefined);
  const adoptions = Array(5000).fill('adopt,5,0,0').join(' ');
  assert.is(await firstProblem(`enter,1,0,0 heap,5,8,0 ${adoptions} leave,1,0,0 heap,5,8,0`), undefined);
  // Freed by hand, the id belongs to another object when the call ends.
  assert.match(
    (await firstProblem('enter,1,0,0 temp,5,8,0 free,5,0,0 heap,5,8,0 leave,1,0,0 heap,5,8,0'))!,
    'heap of id 5, live since event 3',
  );
  const many = Array.from({ length: 5000 }, (_, i) => `temp,${i},1,0 free,${i},0,0`).join(' ');
  assert.is(
    await firstProblem(`enter,1,0,0 temp,9000,1,0 ${many} leave,1,0,0 heap,9000,1,0 heap,4999,1,0`),
    undefined,
  );
});

test('in a binary file the place is the block', async () => {
  const parts: Buffer[] = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => (parts.push(chunk), done()) });
  await writeAtr(
    columnsOf([
      { op: 'alloc', id: 1 },
      { op: 'free', id: 2 },
    ]).source(someHeader),
    stream,
  );
  const file = await openAtr(await openBytes(Readable.from(parts), 't.atr'));
  await eventsOf(validated(file)).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /^t\.atr:block 0: event 1: free of id 2, which is not live/),
  );
});

test('a listener hears of every violation and gets every legal event', async () => {
  const told: string[] = [];
  const listen = (problem: InputError) => told.push(problem.where!) > 0;
  const file = await openText('op,id,size,align\nfree,1,0,0\nalloc,1,1,0\nbad\nalloc,1,1,0\nfree,1,0,0\n', {
    onProblem: listen,
  });
  const events = await eventsOf(validated(file, listen));
  assert.equal(
    events.map(({ op, id }) => `${op} ${id}`),
    ['alloc 1', 'free 1'],
  );
  assert.equal([...told].sort(), ['t.csv:2:1', 't.csv:4:4', 't.csv:5:1']);
});

test('events before the violation are given first', async () => {
  const source = validated(
    columnsOf([
      { op: 'alloc', id: 1 },
      { op: 'alloc', id: 1 },
    ]).source(someHeader),
  );
  const event = new TraceEvent();
  await source.refill();
  assert.ok(source.next(event, NOTHING));
  assert.not(source.next(event, NOTHING));
  await source.refill().then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /^some: event 1: alloc of id 1, live since event 0/),
  );
});

test('what it lends comes to the same as what comes one by one: the events, what is told, what ends the pass', async () => {
  const ops = [
    'alloc',
    'alloc',
    'free',
    'free',
    'heap',
    'alignedalloc',
    'realloc',
    'enter',
    'temp',
    'leave',
  ] as const;
  const events = fc.array(fc.record({ op: fc.constantFrom(...ops), id: fc.nat(6), size: fc.nat(9) }), {
    maxLength: 60,
    size: 'max',
  });
  const come = async (
    columns: EventColumns,
    isListening: boolean,
    read: (source: EventSource) => Promise<PlainEvent[]>,
  ) => {
    const told: string[] = [];
    const listen = (problem: InputError) => told.push(problem.message) < 5;
    const source = validated(columns.source(someHeader), isListening ? listen : undefined);
    const came = await read(source).catch((error: InputError) => error.message);
    return { came, told };
  };
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      async (list, most, isListening) => {
        const columns = columnsOf(list);
        const singly = await come(columns, isListening, eventsOf);
        assert.equal(await come(columns, isListening, (source) => lentEventsOf(source, most)), singly);
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});

test.run();
