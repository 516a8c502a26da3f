import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { NumberQueue } from '../../../traces/importers/number-queue';

test('it is an array taken from both ends', () => {
  const steps = fc.array(fc.constantFrom('push', 'push', 'newest', 'oldest'), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (taken) => {
      const queue = new NumberQueue();
      const model: number[] = [];
      taken.forEach((step, value) => {
        if (step === 'push') {
          queue.push(value);
          model.push(value);
        } else if (step === 'newest') {
          assert.is(queue.takeNewest(), model.pop());
        } else {
          assert.is(queue.takeOldest(), model.shift());
        }
      });
    }),
    { seed: 20081121, numRuns: 300 },
  );
});

test('what was taken is not kept', () => {
  const queue = new NumberQueue();
  for (let value = 0; value < 1000; value++) {
    queue.push(value);
    queue.push(value);
    queue.takeOldest();
    queue.takeNewest();
  }
  const { numbers } = queue as unknown as { numbers: number[] };
  assert.ok(numbers.length < 10, `${numbers.length} kept`);
});

test.run();
