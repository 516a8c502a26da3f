import * as v from 'valibot';
import type { MeasuredPricing, MeasuredReplay } from '../metrics/measured-replay';
import { DIRECTIONS, METRIC_UNITS, metricValue } from '../metrics/metric';
import { count, text, type Shape } from '../metrics/schema';
import { limitPart, type Limit } from './limits';

/** Two results beside each other, cell by cell: what `compareResults` makes and every report of it reads. */
export interface Comparison {
  readonly base: ComparedSide;
  readonly head: ComparedSide;
  /** Whether two engines are compared under different names. */
  readonly acrossEngines: boolean;
  readonly limits: readonly Limit[];
  /** In the order of the base; what only the head has comes last. */
  readonly cells: readonly CellComparison[];
  readonly reasons: readonly Reason[];
  readonly verdict: Verdict;
}

export const comparedSide = v.strictObject({
  /** What the user calls it: a file, a revision, an engine. */
  label: text,
  toolVersion: text,
});
export type ComparedSide = Shape<typeof comparedSide>;

/** Recorded traces are what counts first; what was made up to stress an allocator comes second. */
export const CATEGORIES = ['primary', 'secondary'] as const;
export type Category = (typeof CATEGORIES)[number];

/** One replay on both sides, or on one. */
export type CellComparison = ComparedCell | IncomparableCell | ChangedFate | OneSidedCell;

interface TwoSidedCell {
  readonly category: Category;
  readonly base: MeasuredReplay;
  readonly head: MeasuredReplay;
}

export interface ComparedCell extends TwoSidedCell {
  readonly kind: 'compared';
  readonly placements: Sameness;
  readonly pricings: readonly PricingComparison[];
  /** Metrics that no pricing changes, in the registry's order. */
  readonly rows: readonly MetricRow[];
}

/** The two sides did different work; `reasons` say in what. */
export interface IncomparableCell extends TwoSidedCell {
  readonly kind: 'not comparable';
  readonly reasons: readonly string[];
}

export interface ChangedFate extends TwoSidedCell {
  /** `still failing`: neither side came to its end. `unsupported`: the engine lacks a verb on both sides. */
  readonly kind: 'newly failing' | 'now working' | 'still failing' | 'unsupported';
  /** False when both sides ended in exactly the same way. */
  readonly changed: boolean;
}

export type OneSidedCell =
  | { readonly kind: 'missing'; readonly category: Category; readonly base: MeasuredReplay }
  | { readonly kind: 'added'; readonly category: Category; readonly head: MeasuredReplay };

export const SAMENESS = ['identical', 'changed'] as const;
export type Sameness = (typeof SAMENESS)[number];

export type PricingComparison =
  | {
      readonly kind: 'compared';
      readonly id: string;
      readonly base: MeasuredPricing;
      readonly head: MeasuredPricing;
      readonly costs: Sameness;
      readonly rows: readonly MetricRow[];
    }
  | { readonly kind: 'not comparable'; readonly id: string; readonly reasons: readonly string[] }
  | { readonly kind: 'missing' | 'added'; readonly id: string };

/**
 * `regression`: worse than its limit allows, or at all where it has none. `improvement`: better by more than that.
 * `changed`: anything between, or a metric without a better side.
 */
const JUDGEMENTS = ['regression', 'improvement', 'changed', 'same'] as const;
export type Judgement = (typeof JUDGEMENTS)[number];

export const metricRow = v.strictObject({
  metric: text,
  /** Null when the registry does not know the metric. */
  unit: v.nullable(v.picklist(METRIC_UNITS)),
  better: v.picklist(DIRECTIONS),
  /** Null for metrics that no pricing changes. */
  pricing: v.nullable(text),
  base: v.nullable(metricValue),
  head: v.nullable(metricValue),
  /** head − base; null when a side has no value. */
  absolute: v.nullable(v.number()),
  /** (head − base) / |base|; null when a side has no value or the base is 0 and the head is not. */
  relativeBasisPoints: v.nullable(v.number()),
  /** The exact sign of head − base, also where the integers hide it; 0 when a side has no value. */
  sign: v.picklist([-1, 0, 1]),
  judgement: v.picklist(JUDGEMENTS),
  exceeded: v.array(limitPart),
});
export interface MetricRow extends Shape<typeof metricRow> {
  readonly limit: Limit | null;
}

/** Why a cell got worse: its worst operation of one kind, before and after. */
export interface Reason {
  readonly cell: ComparedCell;
  readonly pricing: Extract<PricingComparison, { kind: 'compared' }>;
  readonly kind: keyof MeasuredPricing['kinds'];
  /** Regressed metrics that these operations explain. */
  readonly metrics: readonly string[];
}

export const FAIL_ON = ['none', 'regression', 'any-change'] as const;
export type FailOn = (typeof FAIL_ON)[number];

export const verdict = v.strictObject({
  word: v.picklist(['regressions', 'improvements', 'mixed', 'changes', 'no change', 'not comparable']),
  callToAction: text,
  /** Whether what was found fails the comparison, as `failOn` asks. */
  fails: v.boolean(),
  failOn: v.picklist(FAIL_ON),
  allowMissing: v.boolean(),
  counts: v.strictObject({
    regressions: count,
    /** Of the regressions those that no limit names, where limits are given. */
    regressionsUnlimited: count,
    improvements: count,
    changed: count,
    same: count,
    newlyFailing: count,
    nowWorking: count,
    stillFailing: count,
    unsupported: count,
    /** Of the still failing and unsupported those that ended otherwise than before. */
    endedOtherwise: count,
    missing: count,
    added: count,
    notComparable: count,
    /** Compared cells, and those whose placements changed. */
    compared: count,
    placementsChanged: count,
    /** Compared (cell, pricing) pairs, and those whose costs changed. */
    priced: count,
    costsChanged: count,
  }),
});
export type Verdict = Shape<typeof verdict>;
export type VerdictCounts = Verdict['counts'];

/** All rows of a cell that was compared. */
export function rowsOf(cell: ComparedCell): MetricRow[] {
  return [
    ...cell.pricings.flatMap((pricing) => (pricing.kind === 'compared' ? pricing.rows : [])),
    ...cell.rows,
  ];
}

/** The replay that stands for the cell: the head's where there is one. */
export function replayOfCell(cell: CellComparison): MeasuredReplay {
  return cell.kind === 'missing' ? cell.base : cell.head;
}

export const HASHES = [
  'identical',
  'costs changed, placements identical',
  'placements changed, costs identical',
  'both changed',
  'placements identical',
  'placements changed',
] as const;
export type Hashes = (typeof HASHES)[number];

/** What the hashes say about a row: placements and costs where it was priced, else placements alone. */
export function hashesOf(cell: ComparedCell, pricing: string | null): Hashes {
  const priced = cell.pricings.find((each) => each.kind === 'compared' && each.id === pricing);
  if (priced?.kind !== 'compared') {
    return cell.placements === 'identical' ? 'placements identical' : 'placements changed';
  }
  if (cell.placements === 'identical') {
    return priced.costs === 'identical' ? 'identical' : 'costs changed, placements identical';
  }
  return priced.costs === 'identical' ? 'placements changed, costs identical' : 'both changed';
}
