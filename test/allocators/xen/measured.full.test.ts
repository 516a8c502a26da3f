import { test } from 'uvu';
import { compareRun, measuredRuns } from './measured-rows';

/** The measured storms with more live objects: minutes of walks through first-fit's free list and vmalloc's bitmap. */

for (const run of measuredRuns().filter(({ live }) => live > 1000)) {
  test(`${run.engine} works like the compiled code in the ${run.storm} storm of ${run.live}`, () =>
    compareRun(run));
}

test.run();
