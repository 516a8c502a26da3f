import type { Checkpoint } from './checkpoints';
import { fragmentationIndex, unusableFreeIndex, type HeapSurvey } from './fragmentation';
import { replayMetrics, type MetricValue, type ReplayFacts } from './metric';

/** How badly the free memory was cut up: at the first operation of maximal held, at the end, and at worst. */

const LINUX = 'Linux mm/vmstat.c';

/** Orders shown of Linux's indices: a pair of pages, the costly order, a 2 MiB page. */
const LINUX_ORDERS = [1, 3, 9] as const;

const basisPoints = { unit: 'basis points', better: 'lower', group: '@fragmentation' } as const;

const holeMetrics = replayMetrics([
  {
    name: 'fragmentation.largest-hole.peak',
    ...basisPoints,
    formula: '1 − largest hole / free bytes inside the held memory, at the first operation of maximal held',
    column: { heading: 'holes', shownIn: 'pages' },
    read: (facts) => holeValue(atHeldPeak(facts)),
  },
  {
    name: 'fragmentation.largest-hole.end',
    ...basisPoints,
    formula: '1 − largest hole / free bytes inside the held memory, after the last operation',
    read: (facts) => holeValue(atEnd(facts)),
  },
  {
    name: 'fragmentation.largest-hole.max',
    ...basisPoints,
    formula: 'largest value of 1 − largest hole / free bytes over the checkpoints',
    read: ({ checkpoints }) => {
      const worst = checkpoints.reduce<Checkpoint | undefined>(
        (most, each) => ((holesOf(each) ?? -1) > (most === undefined ? -1 : holesOf(most)!) ? each : most),
        undefined,
      );
      return holeValue(worst);
    },
  },
  {
    name: 'fragmentation.squared.peak',
    ...basisPoints,
    formula: '1 − Σ f² / (Σ f)² over the free blocks f, at the first operation of maximal held',
    read: (facts) => surveyValue(atHeldPeak(facts), ({ squaredBasisPoints }) => squaredBasisPoints),
  },
  {
    name: 'holes.free.bytes.peak',
    unit: 'bytes',
    better: 'lower',
    group: '@fragmentation',
    formula: 'free bytes inside the held memory, at the first operation of maximal held',
    read: (facts) => surveyValue(atHeldPeak(facts), ({ freeBytes }) => freeBytes),
  },
  {
    name: 'holes.largest.bytes.peak',
    unit: 'bytes',
    better: 'none',
    group: '@fragmentation',
    formula: 'largest free block inside the held memory, at the first operation of maximal held',
    read: (facts) => surveyValue(atHeldPeak(facts), ({ largestFreeBytes }) => largestFreeBytes),
  },
  {
    name: 'holes.blocks.peak',
    unit: 'times',
    better: 'lower',
    group: '@fragmentation',
    formula: 'free blocks inside the held memory, at the first operation of maximal held',
    read: (facts) => surveyValue(atHeldPeak(facts), ({ freeBlocks }) => freeBlocks),
  },
]);

const linuxMetrics = LINUX_ORDERS.flatMap((order) =>
  replayMetrics([
    {
      name: `pages.unusable-index.order${order}.peak`,
      unit: 'per mille',
      better: 'lower',
      group: '@fragmentation',
      formula: `unusable_free_index: share of the free pages that a request of 2^${order} pages cannot use, at maximal held`,
      source: LINUX,
      read: (facts) => pagesValue(atHeldPeak(facts), (byOrder) => unusableFreeIndex(byOrder, order)),
    },
    {
      name: `pages.fragmentation-index.order${order}.peak`,
      unit: 'per mille',
      better: 'none',
      group: '@fragmentation',
      formula: `fragmentation_index of 2^${order} pages at maximal held: −1000 would succeed, 0 fails for lack of memory, 1000 for fragmentation`,
      source: LINUX,
      read: (facts) => pagesValue(atHeldPeak(facts), (byOrder) => fragmentationIndex(byOrder, order)),
    },
  ]),
);

export const FRAGMENTATION_METRICS = [...holeMetrics, ...linuxMetrics] as const;

function atHeldPeak({ checkpoints, footprint }: ReplayFacts): Checkpoint | undefined {
  return checkpoints.find(({ operation }) => operation === footprint?.atHeldPeak.operation);
}

function atEnd({ checkpoints }: ReplayFacts): Checkpoint | undefined {
  return checkpoints[checkpoints.length - 1];
}

function holesOf({ survey }: Checkpoint): number | undefined {
  return survey?.largestHoleBasisPoints;
}

function holeValue(checkpoint: Checkpoint | undefined): MetricValue | undefined {
  if (!checkpoint?.survey) {
    return undefined;
  }
  const { freeBytes, largestFreeBytes, largestHoleBasisPoints } = checkpoint.survey;
  return {
    value: largestHoleBasisPoints,
    operation: checkpoint.operation,
    ratio: [freeBytes - largestFreeBytes, freeBytes],
  };
}

function surveyValue(
  checkpoint: Checkpoint | undefined,
  read: (survey: HeapSurvey) => number,
): MetricValue | undefined {
  return checkpoint?.survey ? { value: read(checkpoint.survey) } : undefined;
}

function pagesValue(
  checkpoint: Checkpoint | undefined,
  read: (freeBlocksByOrder: readonly number[]) => number,
): MetricValue | undefined {
  const byOrder = checkpoint?.survey?.freeBlocksByOrder;
  return byOrder ? { value: read(byOrder) } : undefined;
}
