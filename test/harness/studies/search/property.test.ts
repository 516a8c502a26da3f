import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { holds, parseProperty, partText } from '../../../../harness/studies/search/property';
import type { Tried } from '../../../../harness/studies/search/trial';
import { UsageError } from '../../../../traces/input-error';

const test = suite('search: property');

const tried = (value: number): Tried => ({
  outcome: { kind: 'ok', failedAllocations: 0, firstFailureOperation: null },
  values: { 'free.cycles.max': { value }, 'alloc.cycles.max': null },
  placementsSha256: '',
  accesses: 0,
});

test('relations mean what they say', () => {
  const truth: Readonly<Record<string, readonly boolean[]>> = {
    '>=': [false, true, true],
    '>': [false, false, true],
    '<=': [true, true, false],
    '<': [true, false, false],
    '=': [false, true, false],
  };
  for (const [relation, expected] of Object.entries(truth)) {
    const property = parseProperty(`free.cycles.max${relation}10`, '--keep');
    assert.equal(
      [9, 10, 11].map((value) => holds(property, tried(value))),
      expected,
      relation,
    );
  }
});

test('all parts must hold; a metric that does not apply holds nothing', () => {
  assert.ok(holds(parseProperty('free.cycles.max>1, outcome=ok', '--keep'), tried(2)));
  assert.not.ok(holds(parseProperty('free.cycles.max>1,outcome=corrupt', '--keep'), tried(2)));
  assert.not.ok(holds(parseProperty('alloc.cycles.max>=0', '--keep'), tried(2)));
});

test('members of a family of locks are metrics', () => {
  const [part] = parseProperty('lock.heap.held.cycles.max>=5', '--keep').parts;
  assert.is(partText(part!), 'lock.heap.held.cycles.max>=5');
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['', /--keep: names none; expected METRIC>=VALUE/],
  ['free.cycles.max', /--keep: "free.cycles.max"; expected METRIC>=VALUE/],
  ['free.cycle.max>=1', /no metric is called "free.cycle.max"; did you mean "free.cycles.max"\?/],
  ['lock.<lock>.held.cycles.max>=1', /no metric is called/],
  ['free.cycles.max>=-1', /"-1" in "free.cycles.max>=-1"; expected a whole number/],
  ['free.cycles.max>=1e99', /expected a whole number/],
  ['outcome=bad', /"outcome=bad"; expected outcome=ok, outcome=corrupt/],
  ['outcome>=ok', /expected outcome=ok/],
];
for (const [text, message] of refused) {
  test(`"${text}" is refused in one line`, () => {
    assert.throws(
      () => parseProperty(text, '--keep'),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    );
  });
}

test('any text is read or refused as bad usage', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseProperty(text, '--keep');
      } catch (error) {
        assert.instance(error, UsageError);
      }
    }),
    { seed: 20, numRuns: 300 },
  );
});

test.run();
