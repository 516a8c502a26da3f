import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judge, NEAR, NEAR_SHARE_MIN, share } from './judgement';
import { assertPromises } from './promises';
import { coldRows, EXTENTS, fidelityRows } from './rows';

/** All that was measured and can be judged. */

test('four of five figures are within 1.6, all but listed ones within 3, and engines in the right order', async () => {
  const judgement = judge(await fidelityRows(EXTENTS.full), await coldRows(EXTENTS.full));
  assert.ok(judgement.steady.length > 130);
  assert.ok(share(judgement.steady, NEAR) >= NEAR_SHARE_MIN);
  assertPromises(judgement);
});

test.run();
