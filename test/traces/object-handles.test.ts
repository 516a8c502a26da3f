import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { holdEvents } from '../../traces/columns';
import { validated } from '../../traces/formats/validated';
import { NO_HANDLE } from '../../traces/ground/id-table';
import { ObjectHandles } from '../../traces/object-handles';
import { OP } from '../../traces/trace';
import { columnsOf, SEED, someHeader, type PlainEvent } from './formats/events';

const ids = fc.oneof(
  fc.nat(40),
  fc.nat(40).map((page) => page * 4096),
  fc.nat(40).map((high) => 2 ** 32 - 1 - high),
);

/** What lives is freed or resized, what does not is allocated. */
const histories = fc.array(fc.tuple(ids, fc.boolean()), { maxLength: 400, size: 'max' }).map((steps) => {
  const live = new Set<number>();
  return steps.map(([id, resizes]): PlainEvent => {
    if (live.has(id) && resizes) {
      return { op: 'realloc', id };
    }
    return live.delete(id) ? { op: 'free', id } : (live.add(id), { op: 'alloc', id });
  });
});

test('handles are taken over until somebody asks for an id, and stay with those that live then', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(400), async (events, most) => {
      const held = await holdEvents(validated(columnsOf(events).source(someHeader)));
      const source = held.source(someHeader);
      await source.refill();
      const run = source.lend!()!;
      const until = Math.min(most, run.until);
      const handles = new ObjectHandles();
      assert.ok(handles.takeOver(run, 0, until));
      const model = new Map<number, number>();
      for (let index = 0; index < until; index++) {
        if (run.ops[index] === OP.free) {
          model.delete(run.ids[index]!);
        } else {
          model.set(run.ids[index]!, run.handles![index]!);
        }
      }
      const table = handles.lookUp();
      assert.equal(new Map(table), model);
      assert.is(table.size, model.size);
      assert.not.ok(handles.takeOver(run, until, run.until));
      const fresh = Array.from({ length: 30 }, (_, index) => table.add(2 ** 40 + index));
      const all = [...model.values(), ...fresh];
      assert.is(new Set(all).size, all.length);
      assert.ok(all.every((handle) => handle >= 0 && handle < handles.capacity));
      for (const [id, handle] of model) {
        assert.is(table.remove(id), handle);
        assert.is(table.find(id), NO_HANDLE);
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test('there is room for every handle that was taken over', async () => {
  const events = Array.from({ length: 5000 }, (_, id): PlainEvent => ({ op: 'alloc', id }));
  const source = (await holdEvents(validated(columnsOf(events).source(someHeader)))).source(someHeader);
  await source.refill();
  const handles = new ObjectHandles();
  assert.ok(handles.takeOver(source.lend!()!, 0, 5000));
  assert.ok(handles.capacity >= 5000);
  assert.equal([...handles.lookUp()].map(([id]) => id), events.map(({ id }) => id)); // prettier-ignore
  const handle = handles.lookUp().add(5000);
  assert.ok(handle < handles.capacity);
  assert.is(handles.lookUp().size, 5001);
});

test.run();
