import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { phraseText } from '../../reports/phrase';
import { headlines, remarks } from '../../reports/verdict';
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
  const [own, copied] = [told(replay), told(withDearest(replay, 64))];
  assert.is(
    copied,
    own
      .replace('the worst operation was alloc #0', 'the worst alloc was #0')
      .replace(/\.$/, '; free #2 of page-per-object, which copied what its object held, took 987,654,321.'),
  );
});

test('a kind of which a copy was dearer is told as what copied nothing, of a rival too', async () => {
  const replay = await measured();
  const told = (...[dear, cheap]: [dear: number, cheap: number][]) => {
    const copying = (name: string, [copy, cycles]: [number, number]): MeasuredReplay => {
      const plain = ofEngine(replay, name, cycles, 1);
      return {
        ...plain,
        pricings: plain.pricings.map((pricing) => {
          const { free } = pricing.kinds;
          const [worst] = free.worst;
          const copied = { ...worst!, cycles: copy, events: { linesCopied: 1 } };
          const both = copy > cycles ? [copied, worst!] : [worst!, copied];
          return { ...pricing, kinds: { ...pricing.kinds, free: { ...free, worst: both } } };
        }),
      };
    };
    const [phrase] = headlines(resultsOf(copying('dear', dear!), copying('cheap', cheap!)));
    return phraseText(phrase!, (name) => name);
  };
  assert.match(told([9, 100], [50, 10]), /the worst operation was free .*, 10\.0 times the worst free that copied nothing of cheap \(10\)\.$/); // prettier-ignore
  assert.match(told([500, 100], [5, 10]), /the worst free that copied nothing was #.*times the worst free of cheap \(10\); free #\d+ of dear, which copied what its object held, took 500\.$/); // prettier-ignore
});

/** The replay under another name, whose worst free costs so much and which held so much. */
function ofEngine(replay: MeasuredReplay, name: string, cycles: number, heldBytes: number): MeasuredReplay {
  return {
    ...replay,
    engine: { ...replay.engine, name },
    metrics: { ...replay.metrics, 'held.bytes.peak': { value: heldBytes } },
    pricings: replay.pricings.map((pricing) => {
      const [worst] = pricing.kinds.free.worst;
      const free = { ...pricing.kinds.free, worst: [{ ...worst!, cycles, events: {} }] };
      const none = { ...free, worst: [] };
      return { ...pricing, kinds: { alloc: none, free, realloc: none, other: none } };
    }),
  };
}

test('says how many times dearer, who held the most, and what nobody would see', async () => {
  const replay = await measured();
  const said = (...replays: MeasuredReplay[]) =>
    headlines(resultsOf(...replays)).map((phrase) => phraseText(phrase, (name) => `<${name}>`));
  const dearer = (cycles: number, least: number) =>
    said(ofEngine(replay, 'dear', cycles, 1), ofEngine(replay, 'cheap', least, 2)).join('\n');
  assert.match(dearer(12_500, 10_000), ', 1.25 times the worst free of <cheap> (10,000)');
  assert.match(dearer(125_000, 10_000), ', 12.5 times the worst free');
  assert.match(dearer(1_250_000, 10_000), ', 125 times the worst free');
  assert.match(dearer(10_000, 10_000), ', as much as the worst free of ');
  assert.match(dearer(10_000, 0), ', against the worst free of <cheap> (0)');
  const unpriced = (name: string, heldBytes: number) => ({
    ...ofEngine(replay, name, 1, heldBytes),
    pricings: [],
  });
  const [footprint] = said(unpriced('lean', 1), unpriced('fat', 2048));
  assert.is(footprint, 'On <by-hand> <fat> held the most: 2,048 bytes.');
  const odd = ofEngine(replay, 'odd', 5, 1);
  const remarked = (name: string, value: number) =>
    remarks(resultsOf({ ...odd, metrics: { ...odd.metrics, [name]: { value } } })).map((phrase) =>
      phraseText(phrase, (each) => `<${each}>`),
    );
  assert.equal(remarked('overruns.written', 2), ['2 overruns on <by-hand> went undetected by <odd>.']);
  assert.equal(remarked('overruns.written', 0), []);
  assert.equal(remarked('placements.misaligned', 1), ['1 misaligned placement of <odd> on <by-hand>.']);
  assert.equal(remarked('reallocs.emulated', 3), [
    'Without a realloc of their own, reallocs were replayed as allocate, copy and free on <odd>.',
  ]);
});

test.run();
