import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { IdTable, NO_HANDLE } from '../../traces/ground/id-table';

test('it behaves like a map from ids to handles that are used again', () => {
  const id = fc.oneof(
    fc.nat(300),
    fc.nat(300).map((n) => n * 2 ** 32),
    fc.nat(300).map((n) => n * 256),
    fc.nat(300).map((n) => 2 ** 22 - 150 + n),
    fc.nat(300).map((n) => (n + 2) * 2 ** 22),
    // These two are one in 32 bits.
    fc.constantFrom(2 ** 32, 0x85eb_ca6b),
    fc.maxSafeNat(),
  );
  const steps = fc.array(fc.tuple(id, fc.integer({ min: 0, max: 2 })), {
    minLength: 500,
    maxLength: 2000,
    size: 'max',
  });
  fc.assert(
    fc.property(steps, (history) => {
      const table = new IdTable();
      const model = new Map<number, number>();
      let most = 0;
      for (const [key, step] of history) {
        assert.is(table.find(key), model.get(key) ?? NO_HANDLE);
        if (step === 0) {
          assert.is(table.remove(key), model.get(key) ?? NO_HANDLE);
          model.delete(key);
        } else if (!model.has(key)) {
          const handle = table.add(key);
          assert.is(table.add(key), NO_HANDLE);
          assert.not([...model.values()].includes(handle));
          model.set(key, handle);
        }
        most = Math.max(most, model.size);
        assert.is(table.size, model.size);
      }
      for (const [key, handle] of model) {
        assert.is(table.find(key), handle);
      }
      assert.ok(
        [...model.values()].every((handle) => handle < most),
        'handles stay below the most ids at once',
      );
      assert.equal([...table].sort(byId), [...model].sort(byId));
    }),
    { seed: 20081121, numRuns: 30 },
  );
});

const byId = (a: readonly [number, number], b: readonly [number, number]) => a[0] - b[0];

test.run();
