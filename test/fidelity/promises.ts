import * as assert from 'uvu/assert';
import { beyond, COLD_NEAR, FAR, MAX_NEAR, nameOf, ratioOf, type Judged, type Judgement } from './judgement';
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

/** Figures that are too far off without being listed among the exceptions. */
export function unexplained(judged: readonly Judged[], factorMax: number): readonly string[] {
  return beyond(judged, factorMax)
    .filter(({ exception }) => exception === undefined)
    .map(({ what, ratio }) => `${what}: ${ratio.toFixed(2)}`);
}
