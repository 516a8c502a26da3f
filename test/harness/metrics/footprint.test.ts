import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { ExactSum, scaledRatio } from '../../../harness/metrics/exact-ratio';
import { FootprintRecorder, type FootprintState } from '../../../harness/metrics/footprint';
import { CHECKPOINTS_MAX, expectationOf, TimelineRecorder } from '../../../harness/metrics/timeline';
import type { ReplayState } from '../../../harness/replay/replay';
import { validated } from '../../../traces/formats/validated';
import type { EventSource, Trace } from '../../../traces/trace';
import { columnsOf, someHeader, type PlainEvent } from '../../traces/formats/events';
import { legalEvents } from '../../traces/formats/legal-events';

const test = suite('footprint');
const SEED = 20081121;

type Row = readonly [live: number, granted: number, header: number, held: number, allocated: number];

/** Feeds hand-written states, one an operation, as the replay loop would. */
function states(rows: readonly Row[]): ReplayState[] {
  return rows.map(([liveBytes, grantedBytes, headerBytes, heldBytes, allocatedBytes], eventIndex) => {
    const state: FootprintState = {
      eventIndex,
      liveObjects: 1,
      liveBytes,
      grantedBytes,
      headerBytes,
      heldBytes,
      allocatedBytes,
    };
    return state as ReplayState;
  });
}

function summarize(rows: readonly Row[]) {
  const recorder = new FootprintRecorder();
  states(rows).forEach((state) => recorder.operation(state));
  return recorder.finish();
}

test('the four measures of Wilson and Johnstone, computed by hand', () => {
  const summary = summarize([
    [100, 112, 8, 4096, 100], // + 100
    [300, 336, 24, 4096, 300], // + 200
    [500, 560, 40, 8192, 500], // + 200: maximal live
    [200, 224, 16, 8192, 500], // a free
    [400, 448, 32, 12288, 700], // + 200: maximal held
  ])!;
  assert.equal(summary.liveBytesPeak, { value: 500, operation: 2 });
  assert.equal(summary.grantedBytesPeak, { value: 560, operation: 2 });
  assert.equal(summary.heldBytesPeak, { value: 12288, operation: 4 });
  // Time is bytes allocated: 100 at (4096, 100), 200 at (4096, 300), 200 at (8192, 500), 200 at (12288, 400).
  const held = 100 * 4096 + 200 * 4096 + 200 * 8192 + 200 * 12288;
  const live = 100 * 100 + 200 * 300 + 200 * 500 + 200 * 400;
  assert.equal(summary.wilsonJohnstone, {
    averages: {
      heldBytes: Math.floor(held / 700),
      liveBytes: Math.floor(live / 700),
      basisPoints: Math.floor(((held - live) * 10_000) / live),
    },
    atLivePeak: { heldBytes: 8192, liveBytes: 500, basisPoints: 153_840 },
    atHeldPeak: { heldBytes: 12288, liveBytes: 400, basisPoints: 297_200 },
    peaks: { heldBytes: 12288, liveBytes: 500, basisPoints: 235_760 },
  });
  assert.is(summary.wilsonJohnstone.averages!.basisPoints, 202_992);
});

test('a peak is the first operation that reached it', () => {
  const summary = summarize([
    [10, 16, 4, 4096, 10],
    [10, 16, 4, 8192, 10],
    [10, 16, 4, 8192, 20],
  ])!;
  assert.equal([summary.liveBytesPeak.operation, summary.heldBytesPeak.operation], [0, 1]);
  assert.is(summary.wilsonJohnstone.atLivePeak!.heldBytes, 4096);
});

test('without live bytes there is no ratio, and without operations no summary', () => {
  assert.equal(summarize([[0, 0, 0, 0, 0]])!.wilsonJohnstone, {
    averages: undefined,
    atLivePeak: undefined,
    atHeldPeak: undefined,
    peaks: undefined,
  });
  assert.is(summarize([]), undefined);
});

test('ratios are floored exactly, also beyond 2^53 and below 0', () => {
  assert.is(scaledRatio(1, 3, 10_000), 3333);
  assert.is(scaledRatio(-1, 3, 10_000), -3334);
  assert.is(scaledRatio(-2, 2, 10_000), -10_000);
  assert.is(scaledRatio(2 ** 52 - 1, 2 ** 52, 1_000_000), 999_999);
});

test('sums of products are exact at any size', () => {
  const factor = fc.oneof(fc.nat(1000), fc.nat({ max: Number.MAX_SAFE_INTEGER }));
  fc.assert(
    fc.property(fc.array(fc.tuple(factor, factor), { maxLength: 50 }), (products) => {
      const sum = new ExactSum();
      products.forEach(([first, second]) => sum.addProduct(first, second));
      assert.is(
        sum.value,
        products.reduce((total, [a, b]) => total + BigInt(a) * BigInt(b), 0n),
      );
    }),
    { seed: SEED, numRuns: 100 },
  );
  const step = fc.record({
    value: factor,
    passed: fc.oneof(
      fc.nat(9),
      fc.maxSafeNat().map((n) => n >>> 6),
    ),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), fc.nat(50), (steps, cut) => {
      const values = Float64Array.from(steps, ({ value }) => value);
      let time = 7;
      const times = Float64Array.from(steps, ({ passed }) => (time += passed));
      const sum = new ExactSum();
      const middle = Math.min(cut, steps.length);
      sum.addOverTime(values, times, 7, 0, middle);
      sum.addOverTime(values, times, middle === 0 ? 7 : times[middle - 1]!, middle, steps.length);
      assert.is(
        sum.value,
        steps.reduce((total, { value, passed }) => total + BigInt(value) * BigInt(passed), 0n),
      );
    }),
    { seed: SEED, numRuns: 100 },
  );
  const small = new ExactSum();
  for (let i = 0; i < 10_000; i++) {
    small.addProduct(2 ** 26 - 1, 2 ** 26 - 1);
  }
  assert.is(small.value, 10_000n * (2n ** 26n - 1n) ** 2n);
});

test('checkpoints are the first operations of equal intervals of bytes allocated', () => {
  const recorder = new TimelineRecorder();
  const rows = [1000, 4095, 4096, 4100, 12_288, 12_289].map((allocated): Row => [1, 1, 0, 1, allocated]);
  states(rows).forEach((state) => recorder.operation(state));
  assert.equal(recorder.finish().map(({ operation }) => operation), [0, 2, 4]); // prettier-ignore
});

test('however long the trace, at most 256 checkpoints remain, evenly spread', () => {
  const recorder = new TimelineRecorder();
  const bytes = 100;
  const operations = 200_000;
  const rows = Array.from({ length: operations }, (_, index): Row => [1, 1, 0, 1, (index + 1) * bytes]);
  states(rows).forEach((state) => recorder.operation(state));
  const checkpoints = recorder.finish();
  assert.ok(checkpoints.length > CHECKPOINTS_MAX / 2 && checkpoints.length <= CHECKPOINTS_MAX);
  // 20 million bytes in at most 256 intervals of 2^k: 2^17, of which 153 are reached.
  const interval = 2 ** 17;
  const expected = [0];
  for (let at = interval; at <= operations * bytes; at += interval) {
    expected.push(Math.ceil(at / bytes) - 1);
  }
  assert.equal(checkpoints.map(({ operation }) => operation), expected); // prettier-ignore
});

test('one enormous allocation makes one checkpoint', () => {
  const recorder = new TimelineRecorder();
  states([
    [1, 1, 0, 1, 1],
    [1, 1, 0, 1, 2 ** 50],
    [1, 1, 0, 1, 2 ** 50 + 1],
  ]).forEach((state) => recorder.operation(state));
  assert.equal(recorder.finish().map(({ operation }) => operation), [0, 1]); // prettier-ignore
});

test('a trace that was checked tells the same beforehand', async () => {
  await fc.assert(
    fc.asyncProperty(legalEvents, async (events) => {
      const trace = columnsOf(events).trace(someHeader);
      const checked: Trace = { ...trace, open: async () => validated(await trace.open()) };
      assert.equal(await expectationOf(checked), await expectationOf(trace));
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('what a trace tells beforehand is the same lent as one by one', async () => {
  const events = Array.from({ length: 5000 }, (_, index): PlainEvent => {
    const op = index % 7 === 5 ? 'realloc' : index % 3 === 2 ? 'free' : 'alloc';
    return { op, id: op === 'alloc' ? index : index - 1, size: op === 'free' ? 0 : 10 + (index % 900) };
  });
  const columns = columnsOf(events);
  const lent = columns.trace(someHeader);
  const singly: Trace = {
    header: someHeader,
    open: async () => {
      const source = await lent.open();
      return Object.assign(Object.create(source) as EventSource, { lend: undefined });
    },
  };
  const expected = await expectationOf(singly);
  assert.is(expected.events, 5000);
  assert.ok(expected.moments.length > 100);
  assert.ok(expected.liveBytesMax > 100_000);
  assert.equal(await expectationOf(lent), expected);
});

test.run();
