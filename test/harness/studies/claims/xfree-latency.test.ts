import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { crossingPoint, growthPerDoubling } from '../../../../harness/studies/claims/growth';
import { experimentNamed } from '../../../../harness/studies/claims/registry';
import { xfreeLatency } from '../../../../harness/studies/claims/xfree-latency';
import type { MeasuredReplay } from '../../../../harness/metrics/measured-replay';
import { UsageError } from '../../../../traces/input-error';

const test = suite('claims: xfree latency');

const LIVE = [1000, 2000, 4000];

interface Numbers {
  readonly cycles: (live: number) => number;
  readonly instructions: (live: number) => number;
}

/** The part of a replay that the experiment reads, with a worst free as the test wants it. */
function storm(
  generator: string,
  engine: string,
  pricing: string,
  live: number,
  numbers: Numbers,
): MeasuredReplay {
  const value = (number: number) => ({ value: number });
  const cycles = numbers.cycles(live);
  return {
    engine: { name: engine, version: 1, options: {} },
    trace: {
      name: generator,
      events: 0,
      sha256: null,
      origin: { kind: 'synthetic', generator, parameters: { live } },
    },
    outcome: { kind: 'ok', failedAllocations: 0, firstFailureOperation: null },
    metrics: { 'free.instructions.max': value(numbers.instructions(live)) },
    pricings: [
      {
        id: pricing,
        metrics: { 'free.cycles.max': value(cycles) },
        kinds: { free: { worst: [{ cycles, causes: { dram: cycles }, events: { searchSteps: live } }] } },
      },
    ],
  } as unknown as MeasuredReplay;
}

interface Story {
  readonly halfPage: Numbers;
  readonly nearPage: Numbers;
  readonly tlsf: Numbers;
}

const linear = (factor: number): Numbers => ({
  cycles: (live) => factor * live,
  instructions: (live) => 11 * live,
});
const constant: Numbers = { cycles: () => 300, instructions: () => 200 };

function verdicts({ halfPage, nearPage, tlsf }: Story): Record<string, string> {
  const replays = LIVE.flatMap((live) => [
    storm('half-page-storm', 'xmalloc-first-fit', 'zen4-2022', live, halfPage),
    storm('near-page-storm', 'xmalloc-first-fit', 'zen4-2022', live, nearPage),
    storm('half-page-storm', 'xmalloc-tlsf-2008', 'zen4-2022', live, tlsf),
  ]);
  return Object.fromEntries(
    xfreeLatency.judge(replays).judgements.map(({ claim, verdict }) => [claim.id, verdict]),
  );
}

test('the numbers of the real engines give the verdicts of the ledger', () => {
  assert.equal(verdicts({ halfPage: linear(400), nearPage: constant, tlsf: constant }), {
    'rfc-2008/unbounded-calltime': 'confirmed with a correction',
    'rfc-2008/millions-of-cycles': 'confirmed',
    'rfc-2008/tlsf-fixed-overhead': 'confirmed',
  });
});

test('contrary numbers turn every verdict round', () => {
  assert.equal(verdicts({ halfPage: constant, nearPage: constant, tlsf: linear(1) }), {
    'rfc-2008/unbounded-calltime': 'refuted',
    'rfc-2008/millions-of-cycles': 'refuted',
    'rfc-2008/tlsf-fixed-overhead': 'refuted',
  });
  const sentence = verdicts({ halfPage: linear(400), nearPage: linear(400), tlsf: constant });
  assert.is(sentence['rfc-2008/unbounded-calltime'], 'confirmed');
});

test('without completed storms nothing is judged', () => {
  const stopped = {
    ...storm('half-page-storm', 'xmalloc-first-fit', 'flat', 1000, constant),
    outcome: { kind: 'runaway' },
  };
  const report = xfreeLatency.judge([stopped as MeasuredReplay]);
  assert.equal([...new Set(report.judgements.map(({ verdict }) => verdict))], ['out of scope']);
});

test('growth is the factor per doubling, whatever the spacing of the points', () => {
  assert.is(
    growthPerDoubling([
      { live: 100, cost: 10 },
      { live: 200, cost: 20 },
      { live: 400, cost: 40 },
    ]),
    2000,
  );
  assert.is(
    growthPerDoubling([
      { live: 100, cost: 10 },
      { live: 400, cost: 10 },
    ]),
    1000,
  );
  assert.is(growthPerDoubling([{ live: 100, cost: 10 }]), undefined);
});

test('a crossing is interpolated between the points around it', () => {
  const curve = [
    { live: 1000, cost: 400 },
    { live: 2000, cost: 800 },
    { live: 4000, cost: 1600 },
  ];
  assert.is(crossingPoint(curve, 1000), 2500);
  assert.is(crossingPoint(curve, 300), 1000);
  assert.is(crossingPoint(curve, 2000), undefined);
});

test('the default run stays below its budget of priced accesses', () => {
  assert.ok(xfreeLatency.pricedAccesses('default') < 1_200_000_000);
  assert.ok(xfreeLatency.pricedAccesses('full') > xfreeLatency.pricedAccesses('default'));
});

test('an unknown experiment is refused with the nearest name', () => {
  assert.throws(
    () => experimentNamed('xfree-latancy'),
    (error: Error) => error instanceof UsageError && /did you mean "xfree-latency"/.test(error.message),
  );
});

test.run();
