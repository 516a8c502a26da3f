import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { ObjectTable } from '../../../harness/replay/object-table';

const SEED = 20081121;

/** Ids that collide, that leave 32 bits, and that come back. */
const ids = fc.oneof(
  fc.nat(20),
  fc.nat(40).map((page) => page * 4096),
  fc.nat(20).map((high) => high * 2 ** 32),
  fc.nat(20).map((below) => Number.MAX_SAFE_INTEGER - below),
  fc.maxSafeNat(),
);

interface Command {
  readonly id: number;
  readonly remove: boolean;
}

/** Adds or removes as the commands say, in a table and in a Map, and compares the two after each. */
function compare(commands: readonly Command[]): void {
  const table = new ObjectTable();
  const model = new Map<number, number>();
  for (const [index, { id, remove }] of commands.entries()) {
    const slot = table.slotOf(id);
    assert.is(slot >= 0, model.has(id), `id ${id}`);
    if (slot >= 0) {
      assert.is(table.requestedBytes(slot), model.get(id));
    }
    if (remove && slot >= 0) {
      table.remove(slot);
      model.delete(id);
    } else if (slot < 0) {
      const added = table.add(id);
      table.setRequest(added, index, 0);
      model.set(id, index);
    }
    assert.is(table.size, model.size);
  }
  const seen = new Map<number, number>();
  table.forEach((slot) => seen.set(table.id(slot), table.requestedBytes(slot)));
  assert.equal(sorted(seen), sorted(model));
  for (const [id, bytes] of model) {
    assert.is(table.requestedBytes(table.slotOf(id)), bytes);
  }
}

const sorted = (map: ReadonlyMap<number, number>) => [...map].sort(([one], [other]) => one - other);

test('the table agrees with a Map, whatever the ids', () => {
  const command = fc.record({ id: ids, remove: fc.boolean() });
  fc.assert(fc.property(fc.array(command, { maxLength: 300, size: 'max' }), compare), {
    seed: SEED,
    numRuns: 60,
  });
});

test('it agrees beyond its first size, where ids of removed objects come back', () => {
  const commands: Command[] = [];
  let state = 1;
  for (let step = 0; step < 20_000; step++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    commands.push({ id: (state >>> 8) % 6000, remove: (state & 0x80) !== 0 });
  }
  compare(commands);
});

test('it is bounded by what is live, whatever lived before', () => {
  const table = new ObjectTable();
  for (let id = 0; id < 100_000; id++) {
    const slot = table.add(id * 4096);
    if (id >= 10) {
      table.remove(table.slotOf((id - 10) * 4096));
    }
    assert.ok(slot < 1024);
  }
  assert.is(table.size, 10);
  assert.is(table.capacity, 1024);
});

test('slots of live objects stay when the table grows', () => {
  const table = new ObjectTable();
  const slots = Array.from({ length: 5000 }, (_, id) => table.add(id + 2 ** 40));
  slots.forEach((slot, id) => assert.is(table.slotOf(id + 2 ** 40), slot));
  assert.is(new Set(slots).size, slots.length);
});

test.run();
