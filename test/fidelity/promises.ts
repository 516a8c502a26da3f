import * as assert from 'uvu/assert';
import { beyond, COLD_NEAR, FAR, MAX_NEAR, type Judged, type Judgement } from './judgement';

/** What every judgement has to keep, whatever part of the measurements it is about. */
export function assertPromises({ steady, cold, worst, inversions }: Judgement): void {
  assert.equal(unexplained(steady, FAR), []);
  assert.equal(unexplained(cold, COLD_NEAR), []);
  assert.equal(unexplained(worst, MAX_NEAR), []);
  assert.equal(inversions, []);
}

/** Figures that are too far off without being listed among the exceptions. */
export function unexplained(judged: readonly Judged[], factorMax: number): readonly string[] {
  return beyond(judged, factorMax)
    .filter(({ exception }) => exception === undefined)
    .map(({ what, ratio }) => `${what}: ${ratio.toFixed(2)}`);
}
