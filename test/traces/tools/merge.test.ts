import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { validated } from '../../../traces/formats/validated';
import { LARGEST_INTEGER } from '../../../traces/trace';
import { mergedTrace } from '../../../traces/tools/merge';
import { columnsOf, eventsOf, SEED, type PlainEvent } from '../formats/events';
import { legalEvents } from '../formats/legal-events';

const traceOf = (name: string, events: readonly PlainEvent[]) =>
  columnsOf(events).trace({ name, origin: { kind: 'recorded', format: 'test' } });

const allocs = (count: number): PlainEvent[] =>
  Array.from({ length: count }, (_, id) => ({ op: 'alloc', id, size: 1 }));

test('the events alternate in proportion, under the sites of their traces, with ids apart', async () => {
  const merged = await mergedTrace(traceOf('a', allocs(2)), traceOf('b', allocs(4)));
  assert.is(merged.header.name, 'a+b');
  const events = await eventsOf(await merged.open());
  assert.equal(
    events.map(({ id, site }) => `${site}${id}`),
    ['a0', 'b1', 'b3', 'a2', 'b5', 'b7'],
  );
});

test('sites, functions and values are kept behind the label', async () => {
  const merged = await mergedTrace(
    traceOf('a', [{ op: 'alloc', id: 1, site: 'main', call: 'xmalloc' }]),
    traceOf('b', [{ op: 'fill', id: 1, value: '7', call: 'xmalloc' }]),
    ['one', 'two'],
  );
  const events = await eventsOf(await merged.open());
  assert.equal(
    events.map(({ site, call, value }) => [site, call, value]),
    [
      ['one/main', 'xmalloc', ''],
      ['two', 'xmalloc', '7'],
    ],
  );
});

test('a trace merged with itself is two sites', async () => {
  const merged = await mergedTrace(traceOf('a', allocs(1)), traceOf('a', allocs(1)));
  assert.equal(
    (await eventsOf(await merged.open())).map(({ site }) => site),
    ['a', 'a#2'],
  );
});

test('the ids that annotations name are kept apart with the others', async () => {
  const annotated: PlainEvent[] = [
    { op: 'enter', id: 1, value: 'kind=public gc=own' },
    { op: 'temp', id: 10, size: 8, value: 'call=1 category=a' },
    { op: 'enter', id: 2, value: 'ctx=5 parentcall=1' },
    { op: 'return', id: 10, value: 'call=2 inside=11 to=app' },
    { op: 'store', id: 10, value: 'call=2 in=ctx' },
    { op: 'leave', id: 2, value: 'rc=-3' },
    { op: 'leave', id: 1 },
  ];
  const merged = await mergedTrace(traceOf('a', annotated), traceOf('b', annotated));
  const events = await eventsOf(await merged.open());
  const values = (label: string) => events.filter(({ site }) => site === label).map(({ value }) => value);
  assert.equal(values('b'), [
    'kind=public gc=own ctx=3',
    'call=3 category=a',
    'ctx=11 parentcall=3',
    'call=5 inside=23 to=app',
    'call=5 in=ctx',
    'rc=-3',
    '',
  ]);
  assert.equal(values('a')[3], 'call=4 inside=22 to=app');
});

test('two legal traces make a legal trace of both, the same in every pass', async () => {
  await fc.assert(
    fc.asyncProperty(legalEvents, legalEvents, async (first, second) => {
      const merged = await mergedTrace(traceOf('a', first), traceOf('b', second));
      const source = validated(await merged.open());
      const events = await eventsOf(source);
      const of = (label: string) => events.filter(({ site }) => site === label);
      const ids = (parity: number) =>
        of(parity === 0 ? 'a' : 'b').map(({ op, id }) => `${op} ${(id - parity) / 2}`);
      const original = (trace: readonly PlainEvent[]) => trace.map(({ op, id = 0 }) => `${op} ${id}`);
      assert.equal(ids(0), original(first));
      assert.equal(ids(1), original(second));
      const again = await merged.open();
      assert.equal(await eventsOf(again), events);
      assert.is(again.identity(), source.identity());
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('ids too large to be kept apart are refused', async () => {
  const merged = await mergedTrace(traceOf('a', [{ op: 'alloc', id: LARGEST_INTEGER }]), traceOf('b', []));
  await eventsOf(await merged.open()).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, `a: id ${LARGEST_INTEGER} cannot be kept apart`),
  );
});

test.run();
