import * as assert from 'uvu/assert';
import {
  beyond,
  COLD_NEAR,
  FAR,
  factorOf,
  judge,
  MAX_NEAR,
  MEDIAN_NEAR,
  nameOf,
  NEAR_SHARE_MIN,
  ratioOf,
  type Judged,
  type Judgement,
} from './judgement';
import type { FidelityRow } from './rows';

/** What every judgement has to keep, whatever part of the measurements it is about. */
export function assertPromises({ steady, cold, worst, inversions }: Judgement): void {
  assert.equal(unexplained(steady, FAR), []);
  assert.equal(unexplained(cold, COLD_NEAR), []);
  assert.equal(unexplained(worst, MAX_NEAR), []);
  assert.equal(inversions, []);
}

/** First-fit's medians in half-page storms are within 1.5, in so many rows. */
export function assertHalfPageMedians(rows: readonly FidelityRow[], count: number): void {
  const walks = rows.filter(
    ({ engine, storm, pages, phase }) =>
      engine === 'xmalloc-first-fit' && storm === 'frag' && pages === '2M' && phase === 'steady',
  );
  assert.is(walks.length, count);
  for (const row of walks) {
    const ratio = ratioOf(row.cycles.median);
    assert.ok(ratio > 1 / 1.5 && ratio < 1.5, `${nameOf(row)}: ${ratio.toFixed(2)}`);
  }
}

/** Engines in C: four of five steady medians are near, and no engine is put behind one that cost twice as much. */
export function assertTwinsPromises(twins: readonly FidelityRow[], models: readonly FidelityRow[]): void {
  const far = farMedians(twins);
  assert.ok(far.length <= (1 - NEAR_SHARE_MIN) * steadyRows(twins).length, far.join(', '));
  assert.equal(judge([...twins, ...models], []).inversions, []);
}

/** Steady medians that are not within 1.5 of the measured ones. */
export function farMedians(rows: readonly FidelityRow[]): readonly string[] {
  return steadyRows(rows)
    .filter(({ cycles }) => factorOf(cycles.median) > MEDIAN_NEAR)
    .map((row) => `${nameOf(row)}: ${ratioOf(row.cycles.median).toFixed(2)}`);
}

export function steadyRows(rows: readonly FidelityRow[]): readonly FidelityRow[] {
  return rows.filter(({ phase }) => phase === 'steady');
}

/** Figures that are too far off without being listed among the exceptions. */
export function unexplained(judged: readonly Judged[], factorMax: number): readonly string[] {
  return beyond(judged, factorMax)
    .filter(({ exception }) => exception === undefined)
    .map(({ what, ratio }) => `${what}: ${ratio.toFixed(2)}`);
}
