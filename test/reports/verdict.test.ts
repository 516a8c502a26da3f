import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { phraseText } from '../../reports/phrase';
import { headlines } from '../../reports/verdict';
import { measured, resultsOf } from './example-results';

/** The replay with one more operation, dearer than all others, that copied so many lines of payload. */
function withDearest(replay: MeasuredReplay, linesCopied: number): MeasuredReplay {
  return {
    ...replay,
    pricings: replay.pricings.map((pricing) => {
      const { free } = pricing.kinds;
      const [worst] = free.worst;
      const dearest = { ...worst!, cycles: 987_654_321, events: { ...worst!.events, linesCopied } };
      return { ...pricing, kinds: { ...pricing.kinds, free: { ...free, worst: [dearest, ...free.worst] } } };
    }),
  };
}

test('the worst operation is one of the allocator’s own, not a copy of what an object held', async () => {
  const replay = await measured();
  const told = (each: MeasuredReplay) =>
    headlines(resultsOf(each))
      .map((phrase) => phraseText(phrase, (name) => name))
      .join('\n');
  assert.match(told(withDearest(replay, 0)), /987,654,321/);
  assert.is(told(withDearest(replay, 64)), told(replay));
});

test.run();
