import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { difference } from '../../../harness/compare/difference';
import { exceededParts, limitFor, matchesPattern, parseLimits } from '../../../harness/compare/limits';
import { METRICS, metricNamed } from '../../../harness/metrics/registry';
import { UsageError } from '../../../traces/input-error';

const test = suite('limits');

const exceeded = (
  text: string,
  base: number,
  head: number,
  better: 'lower' | 'higher' | 'none' = 'lower',
): string[] =>
  exceededParts(parseLimits(`*=${text}`)[0]!, better, { value: base }, { value: head }).map(
    ({ kind }) => kind,
  );

test('a share of the base is exceeded only beyond it, exactly', () => {
  assert.equal(exceeded('+5%', 1000, 1050), []);
  assert.equal(exceeded('+5%', 1000, 1051), ['relative']);
  assert.equal(exceeded('5%', 1000, 1051), ['relative']);
  assert.equal(exceeded('+0.05%', 10_000, 10_005), []);
  assert.equal(exceeded('+0.05%', 10_000, 10_006), ['relative']);
  assert.equal(exceeded('+1%', 9_007_199_254_740_000, 9_007_199_254_740_991), []);
  assert.equal(exceeded('+5%', 1000, 10), []);
});

test('whatever is worse than nothing exceeds every share', () => {
  assert.equal(exceeded('+500%', 0, 1), ['relative']);
  assert.equal(exceeded('+500%', 0, 0), []);
  assert.equal(exceeded('+10%', -100, -91), []);
  assert.equal(exceeded('+10%', -100, -89), ['relative']);
});

test('either part of an alternative can be exceeded', () => {
  assert.equal(exceeded('+5%|2000000', 1_990_000, 2_000_001), ['value']);
  assert.equal(exceeded('+5%|2000000', 1000, 1100), ['relative']);
  assert.equal(exceeded('+5%|2000000', 1_000_000, 2_000_001), ['relative', 'value']);
  assert.equal(exceeded('+5%|2000000', 1_990_000, 2_000_000), []);
  assert.equal(exceeded('+10', 100, 110), []);
  assert.equal(exceeded('+10', 100, 111), ['difference']);
});

test('what should be high gets worse by falling', () => {
  for (const limit of ['+5%', '5%', '-5%']) {
    assert.equal(exceeded(limit, 1000, 950, 'higher'), [], limit);
    assert.equal(exceeded(limit, 1000, 949, 'higher'), ['relative'], limit);
    assert.equal(exceeded(limit, 1000, 2000, 'higher'), [], limit);
  }
  assert.equal(exceeded('100', 99, 99, 'higher'), ['value']);
  assert.equal(exceeded('100', 101, 100, 'higher'), []);
  assert.equal(exceeded('-10', 100, 89, 'higher'), ['difference']);
});

test('where neither is better the sign says which way is watched', () => {
  assert.equal(exceeded('+5%', 100, 106, 'none'), ['relative']);
  assert.equal(exceeded('+5%', 100, 10, 'none'), []);
  assert.equal(exceeded('-5%', 100, 94, 'none'), ['relative']);
  assert.equal(exceeded('-5%', 100, 200, 'none'), []);
});

test('nothing is exceeded where there is no value, and by no share of nothing', () => {
  const [limit] = parseLimits('*=+5%|10');
  assert.equal(exceededParts(limit!, 'lower', { value: 1 }, null), []);
  assert.equal(
    exceededParts(limit!, 'lower', null, { value: 11 }).map(({ kind }) => kind),
    ['value'],
  );
});

test('the last limit that matches counts', () => {
  const limits = parseLimits('*=+1%, *.cycles.max=+5%|2000000 ,@fragmentation=+2%,free.cycles.max=+7%');
  const text = (name: string) => limitFor(limits, name, metricNamed(name))?.text;
  assert.is(text('free.cycles.max'), '+7%');
  assert.is(text('alloc.cycles.max'), '+5%|2000000');
  assert.is(text('lock.heap.held.cycles.max'), '+5%|2000000');
  assert.is(text('fragmentation.largest-hole.peak'), '+2%');
  assert.is(text('held.bytes.peak'), '+1%');
  assert.is(limitFor([], 'free.cycles.max', undefined), undefined);
});

test('a star stands for any part of a name', () => {
  const matches = (pattern: string, name: string) => matchesPattern(pattern, name, undefined);
  assert.ok(matches('*.cycles.*', 'free.cycles.p99.9'));
  assert.ok(matches('lock.*.held.*.max', 'lock.heap.held.cycles.max'));
  assert.ok(matches('free.*', 'free.'));
  assert.not.ok(matches('*.max', 'free.cycles.maximum'));
  assert.not.ok(matches('a*a', 'a'));
  assert.not.ok(matches('free*held*max', 'free.cycles.max'), 'a part that is not there');
  assert.not.ok(matches('*ab*ab*', 'xab'), 'a part that is there once');
  assert.ok(matches('*ab*ab*', 'xabab'));
  assert.not.ok(matches('free.cycles', 'free.cycles.max'));
  assert.not.ok(matches('free?cycles*', 'free.cycles.max'));
  assert.ok(matches(`${'*a'.repeat(50)}*`, 'a'.repeat(10_000)), 'in linear time');
  assert.not.ok(matches(`${'*a'.repeat(50)}*b`, 'a'.repeat(10_000)), 'in linear time');
});

for (const [text, message] of [
  ['free.cycles.max', /"free\.cycles\.max"; expected METRIC=PART/],
  ['free.cycles.max=', /""/],
  ['free.cycles.max=5,', /^$/],
  ['free.cycles.max=+5.555%', /"\+5\.555%"/],
  ['free.cycles.max=1.5', /"1\.5"/],
  ['free.cycles.max=+5%|x', /"x" in "free\.cycles\.max=\+5%\|x"/],
  ['free.cycles.max=9007199254740993', /too large/],
  ['free.cycles.max=-5%', /gets worse by rising; expected a limit like \+5%/],
  ['placements.changed=+0', /^$/],
  ['frei.cycles.max=1', /did you mean "free\.cycles\.max"/],
  ['@latensy=1', /did you mean "@latency"; expected|did you mean "@latency"/],
  [
    'nothing.*=1',
    /no metric is called "nothing\.\*"; expected a name that `list metrics` shows, or a pattern/,
  ],
] as const) {
  test(`"${text}" is ${message.source === '^$' ? 'read' : 'refused'}`, () => {
    try {
      parseLimits(text);
      assert.is(message.source, '^$');
    } catch (error) {
      assert.instance(error, UsageError);
      assert.match((error as Error).message, message);
    }
  });
}

test('groups that only limits have name what reviewers ask for together', () => {
  const names = (group: string) =>
    METRICS.filter((metric) => matchesPattern(group, metric.name, metric)).map(({ name }) => name);
  assert.equal(names('@failures'), ['allocations.failed']);
  assert.ok(names('@waste').length > 3 && names('@waste').every((name) => name.startsWith('waste.')));
  assert.ok(names('@instructions').includes('free.instructions.max'));
  assert.not(names('@instructions').includes('free.operations'));
  assert.equal(parseLimits('@placements=+0').length, 1);
  assert.throws(() => parseLimits('@wast=+1%'), /did you mean "@waste"/);
  const [any] = parseLimits('@latency=any');
  assert.equal(exceededParts(any!, 'lower', { value: 1 }, { value: 100 }), []);
});

test('means are compared by their fractions, and other ratios by their values', () => {
  const mean = (top: number, bottom: number) => ({
    value: Math.floor(top / bottom),
    ratio: [top, bottom] as const,
  });
  assert.equal(difference(mean(1439, 10), mean(1431, 10)), {
    absolute: 0,
    relativeBasisPoints: -56,
    sign: -1,
  });
  assert.is(difference({ value: 21 }, { value: 26 }).relativeBasisPoints, 2381, 'rounded, not cut off');
  assert.is(difference({ value: 21 }, { value: 16 }).relativeBasisPoints, -2381);
  assert.equal(difference(mean(10, 3), mean(20, 6)), { absolute: 0, relativeBasisPoints: 0, sign: 0 });
  // held / live − 1: 32.50 % → 20.00 %, which is 38.46 % less, whatever held / live did.
  const overhead = (value: number, top: number) => ({ value, ratio: [top, 10_000] as const });
  assert.equal(difference(overhead(3250, 13_250), overhead(2000, 12_000)), {
    absolute: -1250,
    relativeBasisPoints: -3846,
    sign: -1,
  });
  assert.is(difference(mean(1431, 10), { value: 5000, ratio: [1, 2] }).absolute, 4857);
  assert.is(difference(mean(1431, 10), { value: 5000, ratio: [1, 2] }).sign, 1, 'a mean beside a share');
  assert.equal(difference({ value: 0 }, { value: 5 }), { absolute: 5, relativeBasisPoints: null, sign: 1 });
  assert.equal(difference({ value: 0 }, { value: 0 }), { absolute: 0, relativeBasisPoints: 0, sign: 0 });
});

test('what is no limit is said of --limit', () => {
  for (const text of ['=+1%', 'free.cycles.max', 'free.cycles.max=-5%']) {
    assert.throws(() => parseLimits(text), /--limit: /, text);
  }
});

test.run();
