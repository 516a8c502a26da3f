import { test } from 'uvu';
import { compareRun, measuredRuns } from './measured-rows';

/**
 * The measured storms with more live objects: long walks through first-fit's free list and vmalloc's bitmap. First-fit
 * with 50,000 is left out: 2.6 billion accesses that would say once more what a list node costs.
 */

const LIVE_MAX_FIRST_FIT = 10_000;

for (const run of measuredRuns().filter(({ live }) => live > 1000)) {
  if (run.engine === 'xmalloc-first-fit' && run.live > LIVE_MAX_FIRST_FIT) {
    continue;
  }
  test(`${run.engine} works like the compiled code in the ${run.storm} storm of ${run.live}`, () =>
    compareRun(run));
}

test.run();
