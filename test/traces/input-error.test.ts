import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { didYouMean, editDistance, escapeControls, InputError, UsageError } from '../../traces/input-error';

test('the message is one line: where, problem, expected', () => {
  const error = new InputError({ where: 'a.csv:3:7', problem: 'size is "x"', expected: 'a whole number' });
  assert.is(error.message, 'a.csv:3:7: size is "x"; expected a whole number');
  assert.is(error.where, 'a.csv:3:7');
  assert.is(error.problem, 'size is "x"');
  assert.is(error.expected, 'a whole number');
  assert.is(new UsageError({ problem: 'no trace given' }).message, 'no trace given');
});

test('the two kinds are told apart by class and by name', () => {
  const usage = new UsageError({ problem: 'p' });
  assert.ok(usage instanceof Error && usage instanceof UsageError);
  assert.not(usage instanceof InputError);
  assert.is(usage.name, 'UsageError');
  assert.is(new InputError({ problem: 'p' }).name, 'InputError');
});

test('absent parts stay absent', () => {
  const error = new InputError({ problem: 'p' });
  assert.not('where' in error && error.where !== undefined);
  assert.not('expected' in error && error.expected !== undefined);
});

test('hostile text cannot break the line or drive the terminal', () => {
  const error = new InputError({
    where: 'a\nb',
    problem: 'bad \u001b[31mred\u0000\u2028\u202e',
    expected: 'x\r\ty',
  });
  assert.is(error.message, 'a\\nb: bad \\u{1b}[31mred\\u{0}\\u{2028}\\u{202e}; expected x\\r\\ty');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(escapeControls(text))),
    { seed: 20081121, numRuns: 300 },
  );
});

test('the distance counts insertions, deletions, substitutions and swaps', () => {
  assert.is(editDistance('', ''), 0);
  assert.is(editDistance('', 'abc'), 3);
  assert.is(editDistance('abc', ''), 3);
  assert.is(editDistance('kitten', 'sitting'), 3);
  assert.is(editDistance('ab', 'ba'), 1);
  // The restricted variant (optimal string alignment) would say 3: it may not edit between swapped letters.
  assert.is(editDistance('ca', 'abc'), 2);
});

test('the distance is a metric', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      assert.is(editDistance(a, b), editDistance(b, a));
      assert.is(editDistance(a, b) === 0, a === b);
      assert.ok(editDistance(a, c) <= editDistance(a, b) + editDistance(b, c));
    }),
    { seed: 20081121, numRuns: 500 },
  );
});

test('the nearest candidate is suggested, the first of equals, and nothing when none is near', () => {
  const engines = ['xmalloc-tlsf', 'xmalloc-first-fit', 'plan9-pool'];
  assert.is(didYouMean('xmaloc-tlsf', engines), '; did you mean "xmalloc-tlsf"?');
  assert.is(didYouMean('PLAN9-POOL', engines), '; did you mean "plan9-pool"?');
  assert.is(didYouMean('jemalloc', engines), '');
  assert.is(didYouMean('x', []), '');
  assert.is(didYouMean('rum', ['run', 'rug']), '; did you mean "run"?');
  assert.is(didYouMean('x'.repeat(1_000_000), engines), '');
});

test('a part of a name leads to the names that it is a part of', () => {
  const profiles = ['core2-2008', 'zen4-2022', 'zen4-guest-2026'];
  assert.is(didYouMean('zen4', profiles), '; did you mean "zen4-2022" or "zen4-guest-2026"?');
  const engines = ['xmalloc-first-fit', 'xmalloc-tlsf-2008', 'xmalloc-tlsf', 'xmalloc-array', 'tlsf-c'];
  assert.is(
    didYouMean('tlsf-', engines.slice(0, 4)),
    '; did you mean "xmalloc-tlsf-2008" or "xmalloc-tlsf"?',
  );
  assert.is(
    didYouMean('Xmalloc', engines),
    '; did you mean "xmalloc-first-fit" or "xmalloc-tlsf-2008" or "xmalloc-tlsf"?',
  );
  assert.is(didYouMean('tlsf2008', engines), '; did you mean "xmalloc-tlsf-2008"?');
  assert.is(didYouMean('sqlite', ['git-status', 'sqlite3-2000']), '; did you mean "sqlite3-2000"?');
  assert.is(didYouMean('xen', engines), '');
});

test.run();
