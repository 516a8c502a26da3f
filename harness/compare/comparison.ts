import type { MeasuredPricing, MeasuredReplay } from '../metrics/measured-replay';
import type { MetricUnit, MetricValue } from '../metrics/metric';
import type { AnyMetric } from '../metrics/registry';
import type { Limit, LimitPart } from './limits';

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

export interface ComparedSide {
  /** What the user calls it: a file, a revision, an engine. */
  readonly label: string;
  readonly toolVersion: string;
}

/** Recorded traces are what counts first; what was made up to stress an allocator comes second. */
export type Category = 'primary' | 'secondary';

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

export type Sameness = 'identical' | 'changed';

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

export interface MetricRow {
  readonly metric: string;
  /** Null when the registry does not know the metric. */
  readonly unit: MetricUnit | null;
  readonly better: AnyMetric['better'];
  /** Null for metrics that no pricing changes. */
  readonly pricing: string | null;
  readonly base: MetricValue | null;
  readonly head: MetricValue | null;
  /** head − base; null when a side has no value. */
  readonly absolute: number | null;
  /** (head − base) / |base|; null when a side has no value or the base is 0 and the head is not. */
  readonly relativeBasisPoints: number | null;
  /** The exact sign of head − base, also where the integers hide it; 0 when a side has no value. */
  readonly sign: -1 | 0 | 1;
  readonly judgement: Judgement;
  readonly limit: Limit | null;
  readonly exceeded: readonly LimitPart[];
}

/**
 * `regression`: worse than its limit allows, or at all where it has none. `improvement`: better by more than that.
 * `changed`: anything between, or a metric without a better side.
 */
export type Judgement = 'regression' | 'improvement' | 'changed' | 'same';

/** Why a cell got worse: its worst operation of one kind, before and after. */
export interface Reason {
  readonly cell: ComparedCell;
  readonly pricing: Extract<PricingComparison, { kind: 'compared' }>;
  readonly kind: keyof MeasuredPricing['kinds'];
  /** Regressed metrics that these operations explain. */
  readonly metrics: readonly string[];
}

export interface Verdict {
  readonly word: 'regressions' | 'improvements' | 'mixed' | 'changes' | 'no change' | 'not comparable';
  readonly callToAction: string;
  /** Whether what was found fails the comparison, as `failOn` asks. */
  readonly fails: boolean;
  readonly failOn: FailOn;
  readonly allowMissing: boolean;
  readonly counts: VerdictCounts;
}

export const FAIL_ON = ['none', 'regression', 'any-change'] as const;
export type FailOn = (typeof FAIL_ON)[number];

export interface VerdictCounts {
  readonly regressions: number;
  /** Of the regressions those that no limit names, where limits are given. */
  readonly regressionsUnlimited: number;
  readonly improvements: number;
  readonly changed: number;
  readonly same: number;
  readonly newlyFailing: number;
  readonly nowWorking: number;
  readonly stillFailing: number;
  readonly unsupported: number;
  /** Of the still failing and unsupported those that ended otherwise than before. */
  readonly endedOtherwise: number;
  readonly missing: number;
  readonly added: number;
  readonly notComparable: number;
  /** Compared cells, and those whose placements changed. */
  readonly compared: number;
  readonly placementsChanged: number;
  /** Compared (cell, pricing) pairs, and those whose costs changed. */
  readonly priced: number;
  readonly costsChanged: number;
}

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

export type Hashes =
  | 'identical'
  | 'costs changed, placements identical'
  | 'placements changed, costs identical'
  | 'both changed'
  | 'placements identical'
  | 'placements changed';

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
