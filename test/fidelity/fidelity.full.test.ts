import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judge, NEAR, NEAR_SHARE_MIN, share } from './judgement';
import { assertHalfPageMedians, assertPromises } from './promises';
import { coldRows, EXTENTS, fidelityRows } from './rows';

/** What was measured, but for first-fit and vmalloc with 30,000 objects and more: `npm run fidelity -- --full`. */

test('four of five figures are within 1.6, all but listed ones within 3, and engines in the right order', async () => {
  const rows = await fidelityRows(EXTENTS.long);
  const judgement = judge(rows, await coldRows(EXTENTS.long));
  assert.ok(judgement.steady.length > 120, `${judgement.steady.length} figures`);
  assert.ok(share(judgement.steady, NEAR) >= NEAR_SHARE_MIN, `${share(judgement.steady, NEAR)}`);
  assertPromises(judgement);
  assertHalfPageMedians(rows, 4);
});

test.run();
