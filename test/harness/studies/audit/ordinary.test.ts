import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mismatch } from '../../../../harness/studies/audit/routines';
import { auditRows, inShort } from './auditing';

const test = suite('audit: traces without annotations');

test('leaks, double frees and frees of what was not allocated', async () => {
  const report = await auditRows(['alloc,1,8,0', 'alloc,2,16,0', 'free,1,0,0', 'free,1,0,0', 'free,9,0,0']);
  assert.equal(inShort(report), ['leak@1:2', 'double-free@3:1', 'unknown-free@4:']);
  assert.equal(
    report.findings[1]!.object!.moments.map(({ event }) => event),
    [0, 2],
  );
});

test('an id that is given out again is another object', async () => {
  assert.equal(inShort(await auditRows(['alloc,1,8,0', 'free,1,0,0', 'alloc,1,8,0', 'free,1,0,0'])), []);
});

test('a realloc or a write after the free', async () => {
  const rows = ['alloc,1,8,0', 'free,1,0,0', 'realloc,1,16,0', 'msize,1,0,0'];
  assert.equal(inShort(await auditRows(rows)), ['use-after-free@2:1', 'use-after-free@3:1']);
});

test('a page object given to the sub-page free', async () => {
  const rows = [
    'alloc,1,8192,0,,page_alloc',
    'free,1,0,0,,xfree_subpage',
    'alloc,2,8192,0',
    'free,2,0,0,,xfree_subpage',
  ];
  assert.equal(inShort(await auditRows(rows)), ['mismatched-free@1:1', 'mismatched-free@3:2']);
});

const PAIRS: readonly [string, number, string, RegExp | undefined][] = [
  ['xmalloc', 100, 'xfree', undefined],
  ['xzalloc_array', 100, 'xfree', undefined],
  ['xmalloc_subpage', 100, 'page_free', /sub-page object is given to the page free/],
  ['page_alloc(1)', 8192, 'page_free(1)', undefined],
  ['page_alloc(1)', 8192, 'page_free(2)', /order 1 are freed as order 2/],
  ['page_alloc', 8192, 'page_free(0)', /order 1 are freed as order 0/],
  ['xmalloc', 100, 'vfree', /xmalloc is given to vfree/],
  ['vmalloc', 100, 'xvfree', undefined],
  ['vmalloc', 100, 'xfree', /vmalloc is given to xfree/],
  ['operator new[]', 8, 'operator delete', /new\[\] is given to operator delete/],
  ['my_alloc', 8, 'xfree', undefined],
  ['', 4032, 'xfree_subpage', undefined],
  ['', 4033, 'xfree_subpage', /page object/],
];

for (const [allocatedBy, bytes, freedBy, says] of PAIRS) {
  test(`${allocatedBy || 'something'} of ${bytes} bytes freed by ${freedBy}`, () => {
    const wrong = mismatch(allocatedBy, bytes, freedBy);
    if (says === undefined) {
      assert.is(wrong, undefined);
    } else {
      assert.match(wrong!, says);
    }
  });
}

test('past the limit findings are counted', async () => {
  const rows = Array.from({ length: 20 }, (_, id) => `alloc,${id},8,0`);
  const report = await auditRows(rows, { findingsMax: 3 });
  assert.is(report.findings.length, 3);
  assert.equal(report.counts, [{ rule: 'leak', findings: 20 }]);
});

test('a long life is told in short', async () => {
  const resizes = Array.from({ length: 100 }, (_, i) => `realloc,1,${i + 9},0`);
  const [leak] = (await auditRows(['alloc,1,8,0', ...resizes])).findings;
  assert.ok(leak!.object!.moments.length <= 12);
  assert.is(leak!.object!.moments.at(-1)!.event, 100);
});

test.run();
