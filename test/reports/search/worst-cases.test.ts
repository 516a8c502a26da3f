import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { htmlReport } from '../../../reports/html/page';
import { markdownReport } from '../../../reports/markdown/report';
import { measured, renamed, resultsOf } from '../example-results';

const test = suite('search: worst cases in reports');

const FOUND = 'adversaries:xmalloc-tlsf-alloc';

test('beside the bounds of an engine stands what searches have found of it', async () => {
  const results = resultsOf(renamed(await measured(), 'storm', 'xmalloc-tlsf'));
  assert.match(
    markdownReport(results),
    /\| xmalloc-tlsf \| alloc.cycles.max \| 99,913 \| 1 \| .* \| adversaries:xmalloc-tlsf-alloc \| search -a xmalloc-tlsf --maximize alloc.cycles.max \|/,
  );
  const page = htmlReport(results);
  assert.match(page, 'Worst cases found by search');
  assert.match(page, FOUND);
  assert.not.match(page, 'adversaries:plan9-pool-tree');
});

test('of engines that nothing was found of nothing is said', async () => {
  const results = resultsOf(await measured());
  assert.not.match(markdownReport(results), 'Worst cases found by search');
  assert.not.match(htmlReport(results), 'adversaries:');
});

test.run();
