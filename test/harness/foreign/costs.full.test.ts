import { test } from 'uvu';
import { assertStormCosts, twinRuns } from './costs';

/** The measured storms of more objects. First-fit with 50,000 would say once more what a list node costs. */

const LIVE_MAX_FIRST_FIT = 10_000;

for (const run of twinRuns().filter(({ live }) => live > 1000)) {
  if (run.engine === 'xmalloc-first-fit' && run.live > LIVE_MAX_FIRST_FIT) {
    continue;
  }
  test(`the twin of ${run.engine} works like the compiled code in the ${run.storm} storm of ${run.live}`, () =>
    assertStormCosts(run));
}

test.run();
