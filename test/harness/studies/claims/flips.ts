import * as assert from 'uvu/assert';
import type { SourceDocument, Trial } from '../../../../harness/studies/claims/trial';

/** Holds trials to their rule: a verdict comes from the numbers, so contrary numbers turn it round. */

const flipped = new Set<string>();

/**
 * `holding` must confirm the claim, every one of `contrary` refute it, and `corrected`, where the trial can find a
 * correction, confirm it with one.
 */
export function flips<Numbers>(
  { claim, judge }: Trial<Numbers>,
  holding: Numbers,
  contrary: readonly Numbers[],
  corrected?: Numbers,
): void {
  assert.is(judge(holding).verdict, 'confirmed', `${claim.id}: ${judge(holding).because}`);
  assert.ok(contrary.length > 0);
  for (const numbers of contrary) {
    assert.is(judge(numbers).verdict, 'refuted', `${claim.id}: ${JSON.stringify(numbers)}`);
  }
  if (corrected !== undefined) {
    assert.is(judge(corrected).verdict, 'confirmed with a correction', claim.id);
  }
  flipped.add(claim.id);
}

/** Every trial of the document must have been fed contrary numbers. */
export function assertAllFlipped({ parts }: SourceDocument): void {
  const trials = parts.filter((part) => 'judge' in part).flatMap(({ claims }) => claims.map(({ id }) => id));
  assert.equal(
    trials.filter((id) => !flipped.has(id)),
    [],
    'trials without a test that their verdict flips',
  );
}
