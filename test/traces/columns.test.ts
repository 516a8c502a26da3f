import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { EventColumns, holdEvents } from '../../traces/columns';
import { BLOCK_EVENTS_MAX, EventBlock } from '../../traces/event-block';
import { LARGEST_INTEGER, NOTHING, OP, TraceEvent } from '../../traces/trace';
import { validated } from '../../traces/formats/validated';
import {
  anyEvents,
  columnsOf,
  eventsOf,
  lentEventsOf,
  SEED,
  someHeader,
  type PlainEvent,
} from './formats/events';

test('events come out as they went in, whatever their columns hold', async () => {
  await fc.assert(
    fc.asyncProperty(anyEvents, async (events) => {
      const columns = columnsOf(events);
      const first = await eventsOf(columns.source(someHeader));
      assert.equal(await eventsOf(columnsOf(first).source(someHeader)), first);
      for (const [i, expected] of first.entries()) {
        assert.equal({ ...expected, ...events[i] }, expected);
        const event = new TraceEvent();
        columns.event(i, event);
        assert.is(event.offset, expected.offset);
        assert.is(columns.texts.text(event.value), expected.value);
      }
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('what is lent is what comes one by one, whatever else it has', async () => {
  await fc.assert(
    fc.asyncProperty(anyEvents, fc.integer({ min: 1, max: 5 }), async (events, most) => {
      const columns = columnsOf(events);
      const isWhole = columns.source(someHeader);
      await isWhole.refill();
      const whole = isWhole.lend!()?.isWhole;
      const expected = await eventsOf(columns.source(someHeader));
      const hasMore = expected.some(
        ({ offset, span, cpu, site, call, value }) => offset || span || cpu || site || call || value,
      );
      const isWide = expected.some(({ id, size, align }) => Math.max(id, size, align) >= 2 ** 32);
      assert.is(whole, isWide ? undefined : !hasMore);
      const lent = await lentEventsOf(columns.source(someHeader), most);
      const required = ({ op, id, size, align }: (typeof expected)[0]) => [op, id, size, align];
      assert.equal(lent.map(required), expected.map(required));
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('a column that widens late keeps what it held, in a block that grew', () => {
  const block = new EventBlock();
  const event = new TraceEvent();
  const sizeOf = (i: number) => (i === 1500 ? LARGEST_INTEGER : i);
  const offsetOf = (i: number) => (i >= 1700 ? -i : 0);
  const fill = () => {
    for (let i = 0; i < 3000; i++) {
      event.set(OP.alloc, i, sizeOf(i), 0);
      event.offset = offsetOf(i);
      block.append(event);
    }
  };
  const verify = () => {
    for (let i = 0; i < 3000; i++) {
      block.read(i, event);
      assert.is(event.size, sizeOf(i));
      assert.is(event.offset, offsetOf(i));
    }
  };
  fill();
  verify();
  block.clear();
  fill();
  verify();
});

test('a cleared block remembers nothing of its earlier events', () => {
  const block = new EventBlock();
  const event = new TraceEvent();
  event.set(OP.alloc, 2 ** 40, 2 ** 40, 64);
  event.offset = -1;
  for (let i = 0; i < 10; i++) {
    block.append(event);
  }
  block.clear();
  event.set(OP.free, 1, 0, 0);
  block.append(event);
  block.append(event);
  event.set(OP.alloc, 7, 2 ** 33, 16);
  event.cpu = 1;
  block.append(event);
  const seen = new TraceEvent();
  block.read(1, seen);
  assert.equal([seen.op, seen.id, seen.size, seen.align, seen.offset, seen.cpu], [OP.free, 1, 0, 0, 0, 0]);
  block.read(2, seen);
  assert.equal([seen.id, seen.size, seen.align, seen.offset, seen.cpu], [7, 2 ** 33, 16, 0, 1]);
});

test('more events than one block are held and passed over any number of times', async () => {
  const count = 2 * BLOCK_EVENTS_MAX + 3;
  const columns = new EventColumns();
  const event = new TraceEvent();
  for (let i = 0; i < count; i++) {
    event.set(i % 2, i, i * 3, 0);
    columns.append(event);
  }
  assert.is(columns.length, count);
  columns.event(BLOCK_EVENTS_MAX, event);
  assert.equal([event.op, event.id, event.size], [0, BLOCK_EVENTS_MAX, BLOCK_EVENTS_MAX * 3]);
  assert.throws(() => columns.event(count, event), RangeError);
  const trace = columns.trace(someHeader);
  for (let pass = 0; pass < 2; pass++) {
    const source = await trace.open();
    let seen = 0;
    do {
      while (source.next(event, NOTHING)) {
        assert.is(event.id, seen++);
      }
    } while (await source.refill());
    assert.is(seen, count);
    assert.is(source.identity(), columns.identity());
  }
});

test('holding a source copies it, up to a limit', async () => {
  const columns = columnsOf([
    { op: 'alloc', id: 1, size: 10, site: 'a' },
    { op: 'free', id: 1 },
  ]);
  const held = await holdEvents(columns.source(someHeader));
  assert.is(held.length, 2);
  assert.is(held.identity(), columns.identity());
  assert.is((await holdEvents(columns.source(someHeader), 2))?.length, 2);
  assert.is(await holdEvents(columns.source(someHeader), 1), undefined);
});

test('holding takes runs, and the events between them, as they are', async () => {
  await fc.assert(
    fc.asyncProperty(anyEvents, async (events) => {
      const columns = columnsOf(events);
      const held = await holdEvents(columns.source(someHeader));
      const expected = await eventsOf(columns.source(someHeader));
      assert.equal(await eventsOf(held.source(someHeader)), expected);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('runs are appended behind anything, and beyond the end of a block', async () => {
  const before = [
    { op: 'alloc', id: 2 ** 40, size: 2 ** 40, align: 64 },
    { op: 'store', id: 3, size: 8, offset: -8, span: 1, cpu: 2, site: 'a', call: 'b', value: 'c' },
  ] as const;
  const plain = Array.from(
    { length: BLOCK_EVENTS_MAX - 1 },
    (_, id) => ({ op: 'alloc', id, size: 1 }) as const,
  );
  const columns = columnsOf(before);
  const source = columnsOf(plain).source(someHeader);
  await source.refill();
  for (let run = source.lend!()!; run.from < run.until; run = source.lend!()!) {
    source.skip!(columns.appendRun(run));
  }
  const all = await eventsOf(columns.source(someHeader));
  assert.equal(all, await eventsOf(columnsOf([...before, ...plain]).source(someHeader)));
});

test('what was checked is held with the handles of its objects, as far as blocks have no event without', async () => {
  const [events, other] = [BLOCK_EVENTS_MAX + 1000, 2 * BLOCK_EVENTS_MAX + 1000];
  const columns = columnsOf(
    Array.from({ length: 3 * BLOCK_EVENTS_MAX }, (_, index): PlainEvent => {
      if (index === events || index === other) {
        return { op: 'check' };
      }
      return index % 3 === 2
        ? { op: 'free', id: index - 1 }
        : { op: index % 3 ? 'heap' : 'alloc', id: index };
    }).filter(({ op, id }) => op !== 'free' || (id !== events && id !== other)),
  );
  const held = await holdEvents(validated(columns.source(someHeader)));
  const source = held.source(someHeader);
  const live = new Map<number, number>();
  const lentBlocks: boolean[] = [];
  while (await source.refill()) {
    const { ops, ids, handles, until } = source.lend!()!;
    lentBlocks.push(handles !== undefined);
    for (let index = 0; index < until && handles !== undefined; index++) {
      const handle = handles[index]!;
      assert.is(live.get(handle), ops[index] === OP.free ? ids[index] : undefined);
      assert.ok(handle < BLOCK_EVENTS_MAX, 'small numbers, used again');
      if (ops[index] === OP.free) {
        live.delete(handle);
      } else {
        live.set(handle, ids[index]!);
      }
    }
  }
  assert.equal(lentBlocks, [true, false, false]);
});

test('a run leaves nothing of the events that a cleared block held', () => {
  const block = new EventBlock();
  const event = new TraceEvent();
  const wide = (): void => {
    event.set(OP.alloc, 2 ** 40, 2 ** 40, 2 ** 40);
    Object.assign(event, { offset: -1, span: 1, cpu: 1, site: 1, call: 1, value: 1 });
    block.append(event);
  };
  Array.from({ length: 10 }, wide);
  block.clear();
  wide();
  const plain = new EventBlock();
  for (let id = 0; id < 3; id++) {
    event.set(OP.alloc, id, id, 0);
    plain.append(event);
  }
  block.appendRun(plain.run(0)!, 3);
  const seen = new TraceEvent();
  for (let id = 0; id < 3; id++) {
    event.set(OP.alloc, id, id, 0);
    block.read(id + 1, seen);
    assert.equal({ ...seen }, { ...event });
  }
});

test('an empty store has a source that ends at once', async () => {
  assert.equal(await eventsOf(new EventColumns().source(someHeader)), []);
});

test.run();
