import { HEAP_PAGES_DEFAULT } from '../../machine/machine';
import { decimalRatio, groupedInteger as grouped } from '../../text/numbers';
import type { MeasuredPricing, MeasuredReplay } from '../../metrics/measured-replay';
import type { MetricName } from '../../metrics/registry';
import type { Cell } from '../../results/cell';
import type { Claim, Experiment, ExperimentReport, Judgement, ReportTable, Scale } from './claim';
import { RFC_DATE, RFC_SOURCE } from './rfc-2008/document';
import { crossingPoint, growthPerDoubling, type Point } from './growth';

/**
 * The xfree latency problem of the 2008 RFC: storms with growing numbers of live objects on the first-fit engine that
 * Xen had and the TLSF engine that replaced it. A storm of L objects that each leave a fragment costs first-fit about
 * L² accesses to build, so the default run grows to 20,000 objects under one pricing and to 5,000 under all.
 */

const FIRST_FIT = 'xmalloc-first-fit';
const TLSF = 'xmalloc-tlsf-2008';

const WARM = 'zen4-2022';
const COLD = 'zen4-2022@cold';
const CONTEMPORARY = 'core2-2008';

/** Live objects of the storms. */
const LIVE: Record<Scale, readonly number[]> = {
  ledger: [625, 1_250, 2_500, 5_000],
  default: [625, 1_250, 2_500, 5_000, 10_000, 20_000],
  full: [625, 1_250, 2_500, 5_000, 10_000, 20_000, 40_000, 80_000, 100_000],
};
/** Up to here every pricing is run by default; a cold pricing has no locality to gain from. */
const LIVE_ALL_PRICINGS_MAX = 5_000;
/** Frees, each followed by an allocation, once the storm is built. */
const STEADY_PAIRS = 200;
/** The storm that the RFC speaks of, for comparison: the same at every scale, so that its growth is one figure. */
const NEAR_PAGE_LIVE: readonly number[] = [2_500, 5_000, 20_000];

const MILLION = 1_000_000;
/** Growth of the longest call per doubling of the live objects that counts as growing with them. */
const LINEAR_GROWTH_PER_MILLE = 1_500;
/** And the one that counts as not growing. */
const FLAT_GROWTH_PER_MILLE = 1_010;

const EXPERIMENT =
  'Storms with growing numbers of live objects on xmalloc-first-fit and xmalloc-tlsf-2008 (`reproduce xfree-latency`).';

const UNBOUNDED: Claim = {
  id: 'rfc-2008/unbounded-calltime',
  statement:
    'First-fit xmalloc: "maximum calltime is essentially unbounded, especially when allocating a large number of near-page-sized items".',
  source: RFC_SOURCE,
  date: RFC_DATE,
  experiment: EXPERIMENT,
  expected:
    "The instructions of first-fit's longest xfree double with the live objects, most of all under near-page sizes.",
};

const MILLIONS: Claim = {
  id: 'rfc-2008/millions-of-cycles',
  statement: 'First-fit xmalloc: "I\'m measuring millions of cycles to do some xfree\'s."',
  source: RFC_SOURCE,
  date: RFC_DATE,
  experiment: EXPERIMENT,
  expected: 'The worst xfree of first-fit costs a million cycles or more.',
};

const FIXED_OVERHEAD: Claim = {
  id: 'rfc-2008/tlsf-fixed-overhead',
  statement: 'TLSF is a "fixed overhead dynamic allocator".',
  source: RFC_SOURCE,
  date: RFC_DATE,
  experiment: EXPERIMENT,
  expected: "The instructions of TLSF's longest xfree do not grow with the live objects.",
};

/** In the order in which they are judged. */
export const XFREE_LATENCY_CLAIMS: readonly Claim[] = [UNBOUNDED, MILLIONS, FIXED_OVERHEAD];

export const xfreeLatency: Experiment = {
  name: 'xfree-latency',
  summary:
    'Storms with growing live counts on first-fit and TLSF: when does one xfree cost a million cycles, and why?',
  pricedAccesses: (scale) =>
    LIVE[scale].reduce((sum, live) => sum + stormAccesses(live) * pricingsOf(live, scale).length, 0),
  cells: (scale) => [
    ...LIVE[scale].flatMap((live) =>
      [FIRST_FIT, TLSF].map((engine) => stormCell('half-page-storm', engine, live, pricingsOf(live, scale))),
    ),
    ...NEAR_PAGE_LIVE.map((live) => stormCell('near-page-storm', FIRST_FIT, live, [WARM])),
  ],
  judge,
};

/** First-fit's accesses: two a node of each building allocation's walk, three a node of each steady pair. */
function stormAccesses(live: number): number {
  return live * live + 3 * live * STEADY_PAIRS;
}

function pricingsOf(live: number, scale: Scale): readonly string[] {
  return scale === 'full' || live <= LIVE_ALL_PRICINGS_MAX ? [WARM, COLD, CONTEMPORARY] : [WARM];
}

function stormCell(storm: string, engine: string, live: number, pricings: readonly string[]): Cell {
  return {
    trace: { specification: `synth:${storm}?live=${live}&ops=${STEADY_PAIRS}&drain=no` },
    engine,
    options: {},
    pricings,
    heapPages: Math.max(HEAP_PAGES_DEFAULT, 2 * live),
    virtualPages: 0,
    // The survey replays a storm once more, which takes first-fit as long again as to price it.
    survey: live <= LIVE_ALL_PRICINGS_MAX,
  };
}

/** What one storm showed under one pricing. */
interface StormPoint extends Point {
  /** `cost` is the worst xfree in cycles. */
  readonly storm: string;
  readonly engine: string;
  readonly pricing: string;
  readonly freeListLength: number;
  readonly freeMedian: number;
  readonly freeInstructions: number;
  readonly allocMax: number;
  readonly allocMedian: number;
  readonly causes: string;
}

function judge(replays: readonly MeasuredReplay[]): ExperimentReport {
  const points = replays.flatMap(stormPoints);
  const recorded = replays.filter(({ trace }) => trace.origin.kind === 'recorded');
  return {
    judgements: [judgeUnbounded(points), judgeMillions(points), judgeFixedOverhead(points)],
    tables: [stormTable(points)],
    remarks: [...crossingRemarks(points), ...recordedRemarks(recorded)],
  };
}

function stormPoints(replay: MeasuredReplay): StormPoint[] {
  const { origin } = replay.trace;
  if (origin.kind !== 'synthetic' || replay.outcome.kind !== 'ok') {
    return [];
  }
  return replay.pricings.map((pricing) => ({
    storm: origin.generator,
    engine: replay.engine.name,
    pricing: pricing.id,
    live: Number(origin.parameters['live']),
    cost: metric(pricing, 'free.cycles.max'),
    freeListLength: pricing.kinds.free.worst[0]?.events.searchSteps ?? 0,
    freeMedian: metric(pricing, 'free.cycles.p50'),
    freeInstructions: replay.metrics['free.instructions.max']?.value ?? 0,
    allocMax: metric(pricing, 'alloc.cycles.max'),
    allocMedian: metric(pricing, 'alloc.cycles.p50'),
    causes: topCauses(pricing),
  }));
}

const metric = (pricing: MeasuredPricing, name: MetricName): number => pricing.metrics[name]?.value ?? 0;

/** The causes of the worst free that make up most of it. */
function topCauses(pricing: MeasuredPricing): string {
  const worst = pricing.kinds.free.worst[0];
  if (worst === undefined) {
    return '';
  }
  return Object.entries(worst.causes)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([cause, cycles]) => `${cause} ${decimalRatio(100 * cycles, worst.cycles, 1)} %`)
    .join(', ');
}

function curve(
  points: readonly StormPoint[],
  engine: string,
  pricing: string,
  storm = 'half-page-storm',
): StormPoint[] {
  return points.filter(
    (point) => point.engine === engine && point.pricing === pricing && point.storm === storm,
  );
}

/** Judged by instructions: cycles also grow when a storm outgrows a cache, which bounds nothing. */
function judgeUnbounded(points: readonly StormPoint[]): Judgement {
  const halfPage = instructionGrowth(curve(points, FIRST_FIT, WARM));
  const nearPage = instructionGrowth(curve(points, FIRST_FIT, WARM, 'near-page-storm'));
  if (halfPage === undefined || nearPage === undefined) {
    return {
      claim: UNBOUNDED,
      verdict: 'out of scope',
      because: 'Too few storms completed to see a growth.',
    };
  }
  const numbers =
    `On average, a doubling of the live objects multiplies the instructions of the longest xfree by ${times(halfPage)} under ` +
    `sizes of about half a page (1984…3712 bytes) and by ${times(nearPage)} under near-page sizes (3796…4095 bytes)`;
  if (nearPage >= LINEAR_GROWTH_PER_MILLE) {
    return { claim: UNBOUNDED, verdict: 'confirmed', because: `${numbers}.` };
  }
  return halfPage >= LINEAR_GROWTH_PER_MILLE
    ? {
        claim: UNBOUNDED,
        verdict: 'confirmed with a correction',
        because:
          `${numbers}: near-page blocks take whole pages and leave the free list empty; ` +
          'it is half-page sizes that fill it.',
      }
    : { claim: UNBOUNDED, verdict: 'refuted', because: `${numbers}.` };
}

function instructionGrowth(points: readonly StormPoint[]): number | undefined {
  return growthPerDoubling(points.map(({ live, freeInstructions }) => ({ live, cost: freeInstructions })));
}

function judgeMillions(points: readonly StormPoint[]): Judgement {
  const worst = points
    .filter(({ engine }) => engine === FIRST_FIT)
    .reduce<StormPoint | undefined>(
      (most, point) => (most === undefined || point.cost > most.cost ? point : most),
      undefined,
    );
  if (worst === undefined) {
    return { claim: MILLIONS, verdict: 'out of scope', because: 'No storm completed on first-fit.' };
  }
  const because =
    `The worst xfree cost ${grouped(worst.cost)} cycles (${worst.pricing}, ${grouped(worst.live)} live objects, ` +
    `${grouped(worst.freeListLength)} free-list nodes walked).`;
  return { claim: MILLIONS, verdict: worst.cost >= MILLION ? 'confirmed' : 'refuted', because };
}

function judgeFixedOverhead(points: readonly StormPoint[]): Judgement {
  const tlsf = curve(points, TLSF, WARM);
  const growth = growthPerDoubling(
    tlsf.map(({ live, freeInstructions }) => ({ live, cost: freeInstructions })),
  );
  if (growth === undefined) {
    return { claim: FIXED_OVERHEAD, verdict: 'out of scope', because: 'Too few storms completed on TLSF.' };
  }
  const instructions = tlsf.reduce((max, point) => Math.max(max, point.freeInstructions), 0);
  const cycles = points.reduce((max, point) => (point.engine === TLSF ? Math.max(max, point.cost) : max), 0);
  return {
    claim: FIXED_OVERHEAD,
    verdict: growth <= FLAT_GROWTH_PER_MILLE ? 'confirmed' : 'refuted',
    because:
      `On average, a doubling of the live objects multiplies the instructions of TLSF's longest xfree by ${times(growth)}, up to ` +
      `${grouped(instructions)}; its worst xfree under any pricing cost ${grouped(cycles)} cycles.`,
  };
}

/** 1998 → `2.00`. */
const times = (growthPerMille: number): string => decimalRatio(growthPerMille, 1000, 2);

function stormTable(points: readonly StormPoint[]): ReportTable {
  return {
    title: 'Storms',
    columns: [
      { name: 'storm', numeric: false },
      { name: 'engine', numeric: false },
      { name: 'pricing', numeric: false },
      { name: 'live', numeric: true },
      { name: 'free list', numeric: true },
      { name: 'xfree worst', numeric: true },
      { name: 'xfree median', numeric: true },
      { name: 'xmalloc worst', numeric: true },
      { name: 'xmalloc median', numeric: true },
      { name: 'causes of the worst xfree', numeric: false },
    ],
    rows: points.map((point) => [
      point.storm,
      point.engine,
      point.pricing,
      grouped(point.live),
      grouped(point.freeListLength),
      grouped(point.cost),
      grouped(point.freeMedian),
      grouped(point.allocMax),
      grouped(point.allocMedian),
      point.causes,
    ]),
  };
}

function crossingRemarks(points: readonly StormPoint[]): string[] {
  return [WARM, COLD, CONTEMPORARY].map((pricing) => {
    const first = curve(points, FIRST_FIT, pricing);
    const live = crossingPoint(first, MILLION);
    const most = first.reduce((max, point) => Math.max(max, point.live), 0);
    return live === undefined
      ? `${pricing}: the worst xfree of first-fit stays below 1,000,000 cycles up to ${grouped(most)} live objects.`
      : `${pricing}: the worst xfree of first-fit passes 1,000,000 cycles at about ${grouped(live)} live objects.`;
  });
}

/** Recorded programs keep short free lists; a reader must not take the storms for everyday life. */
function recordedRemarks(recorded: readonly MeasuredReplay[]): string[] {
  return recorded
    .filter(({ engine, outcome }) => engine.name === FIRST_FIT && outcome.kind === 'ok')
    .flatMap((replay) =>
      replay.pricings.map(
        (pricing) =>
          `The recorded program ${replay.trace.name} barely shows the problem: its longest walk on first-fit passes ` +
          `${grouped(replay.metrics['search.steps.max']?.value ?? 0)} nodes, its worst xfree costs ` +
          `${grouped(metric(pricing, 'free.cycles.max'))} cycles (${pricing.id}).`,
      ),
    );
}
