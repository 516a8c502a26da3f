import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fuzzLibxl } from './differential/libxl';
import { fuzzPlan9, fuzzPlan9Replays } from './differential/plan9';
import { fuzzXen, XEN_ENGINES } from './differential/xen';

/** Every engine of Xen, Plan 9 and libxl against a witness of it: a few thousand operations; `test:full` does more. */

const SEED = 16;

for (const engine of XEN_ENGINES) {
  test(`${engine} places as its witness does`, async () => {
    const { operations } = await fuzzXen(engine, SEED, 60);
    assert.ok(operations > 5000);
  });
}

test('plan9-pool does as its witness does', () => {
  assert.ok(fuzzPlan9(SEED, 6, false).operations + fuzzPlan9(SEED, 4, true).operations > 1000);
});

test('plan9-pool places in replays as its witness does', async () => {
  assert.ok((await fuzzPlan9Replays(SEED, 20)).operations > 500);
});

test('libxl’s tables do as their witness does', () => {
  assert.ok(fuzzLibxl(SEED, 30).operations > 10_000);
});

test.run();
