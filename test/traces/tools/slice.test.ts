import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { validated } from '../../../traces/formats/validated';
import { UsageError } from '../../../traces/input-error';
import { head, sliced, type SliceOptions } from '../../../traces/tools/slice';
import { columnsOf, eventsOf, SEED, someHeader, type PlainEvent } from '../formats/events';
import { legalEvents } from '../formats/legal-events';

const short = ({ op, id }: PlainEvent) => `${op} ${id}`;

async function slice(events: readonly PlainEvent[], options: SliceOptions): Promise<string[]> {
  return (await eventsOf(sliced(columnsOf(events).source(someHeader), options))).map(short);
}

const events: PlainEvent[] = [
  { op: 'alloc', id: 1, size: 8 },
  { op: 'alloc', id: 2, size: 8 },
  { op: 'free', id: 1 },
  { op: 'alloc', id: 3, size: 8 },
  { op: 'realloc', id: 2, size: 9 },
  { op: 'alloc', id: 1, size: 8 },
  { op: 'compact' },
  { op: 'free', id: 2 },
];

test('a slice leaves out what concerns objects from before it', async () => {
  assert.equal(await slice(events, { from: 2 }), ['alloc 3', 'alloc 1', 'compact 0']);
  assert.equal(await slice(events, { from: 1, to: 5 }), ['alloc 2', 'alloc 3', 'realloc 2']);
  assert.equal(await slice(events, { from: 8 }), []);
  assert.equal(await slice(events, { from: 100, to: 200 }), []);
});

test('a balanced slice ends with an empty heap', async () => {
  assert.equal(await slice(events, { from: 1, to: 6, balanced: true }), [
    ...['alloc 2', 'alloc 3', 'realloc 2', 'alloc 1'],
    ...['free 2', 'free 3', 'free 1'],
  ]);
  const calls: PlainEvent[] = [
    { op: 'enter', id: 1 },
    { op: 'heap', id: 5, size: 1 },
    { op: 'enter', id: 2 },
    { op: 'temp', id: 6, size: 1 },
    { op: 'leave', id: 2 },
  ];
  assert.equal(await slice(calls, { from: 0, to: 4, balanced: true }), [
    ...['enter 1', 'heap 5', 'enter 2', 'temp 6'],
    ...['leave 2', 'leave 1', 'free 5'],
  ]);
  assert.equal(await slice(calls, { from: 1, balanced: true }), [
    'heap 5',
    'enter 2',
    'temp 6',
    'leave 2',
    'free 5',
  ]);
});

test('the head of a trace is its first events', async () => {
  const source = head(columnsOf(events).source(someHeader), 3);
  assert.equal((await eventsOf(source)).map(short), ['alloc 1', 'alloc 2', 'free 1']);
  assert.is(source.identity(), columnsOf(events.slice(0, 3)).identity());
});

test('an empty range is refused', () => {
  for (const [from, to] of [
    [3, 3],
    [-1, 3],
    [1.5, 3],
  ] as const) {
    assert.throws(
      () => sliced(columnsOf([]).source(someHeader), { from, to }),
      (error: Error) => error instanceof UsageError,
    );
  }
});

test('every slice of a legal trace is a legal trace', async () => {
  await fc.assert(
    fc.asyncProperty(
      legalEvents,
      fc.nat(60),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      async (trace, from, count, balanced) => {
        const options = { from, to: from + count, balanced };
        const source = () => sliced(columnsOf(trace).source(someHeader), options);
        const plain = await eventsOf(source());
        assert.equal(await eventsOf(validated(source())), plain);
        const made = plain.filter(({ op }) => ['alloc', 'alignedalloc', 'heap'].includes(op)).length;
        const freed = plain.filter(({ op }) => op === 'free').length;
        if (balanced) {
          assert.is(freed, made);
        }
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});

test.run();
