import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { packed, unpacked } from '../../../harness/results/columns';

const test = suite('packed columns');

const row = fc.record(
  {
    count: fc.maxSafeInteger(),
    name: fc.string(),
    maybe: fc.option(fc.nat()),
    list: fc.array(fc.nat(9)),
    more: fc.jsonValue(),
  },
  { requiredKeys: ['count'] },
);

/** JSON has one zero. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('what was packed comes back as it was, its keys in their order', () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(row), fc.jsonValue()), (value) => {
      const expected = asJson(value);
      const read = unpacked(packed(expected));
      assert.equal(read, expected);
    }),
    { seed: 3, numRuns: 500 },
  );
});

test('what stands in columns takes little', () => {
  const rows = Array.from({ length: 200 }, (_, index) => ({
    operation: index * 7,
    liveBytes: 4096 + index * 7,
  }));
  assert.ok(packed(rows).length < JSON.stringify(rows).length / 20);
});

test('a text that nothing was packed into is nothing', () => {
  const text = packed([1, 2, 3]);
  for (const damaged of ['', '1', 'x:y', `9${text}`, text.slice(0, -6), `99999999:${text}`, '3:AAAA']) {
    assert.is(unpacked(damaged), undefined, damaged);
  }
});

test.run();
