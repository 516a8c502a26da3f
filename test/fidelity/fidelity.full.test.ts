import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MODEL_ERROR } from '../../reports/model-error';
import { errorStatistics } from './errors';
import { judge, NEAR, NEAR_SHARE_MIN, share } from './judgement';
import { twinDefinitions } from '../harness/foreign/c-engine';
import { assertHalfPageMedians, assertPromises, assertTwinsPromises, steadyRows } from './promises';
import { coldRows, EXTENTS, fidelityRows, type FidelityRow } from './rows';

/** What was measured, but for first-fit and vmalloc with 30,000 objects and more: `npm run fidelity -- --full`. */

let rowsOfUsual: Promise<readonly FidelityRow[]> | undefined;
const usualRows = () => (rowsOfUsual ??= fidelityRows(EXTENTS.usual));

test('four of five figures are within 1.6, all but listed ones within 3, and engines in the right order', async () => {
  const rows = await fidelityRows(EXTENTS.long);
  const judgement = judge(rows, await coldRows(EXTENTS.long));
  assert.ok(judgement.steady.length > 120, `${judgement.steady.length} figures`);
  assert.ok(share(judgement.steady, NEAR) >= NEAR_SHARE_MIN, `${share(judgement.steady, NEAR)}`);
  assertPromises(judgement);
  assertHalfPageMedians(rows, 4);
});

test('our engines in C cost what was measured', async () => {
  const twins = await fidelityRows(EXTENTS.usual, { definitions: twinDefinitions() });
  assert.is(steadyRows(twins).length, 22);
  assertTwinsPromises(twins, await usualRows());
});

test('the error statistic is as published', async () => {
  const [medians, , , p99s] = errorStatistics(await usualRows());
  assert.is(Math.round(100 * medians!.meanOff), MODEL_ERROR.medianPercent);
  assert.is(Math.round(100 * p99s!.meanOff), MODEL_ERROR.p99Percent);
});

test.run();
