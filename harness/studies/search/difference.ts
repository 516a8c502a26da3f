import { isFailure } from '../../metrics/measured-replay';
import { metricNamed, type MetricName } from '../../metrics/registry';
import type { EventList } from './event-list';
import type { Answer, Goal } from './search';
import type { Tried } from './trial';

/**
 * Differential search: a trace on which one engine is worse than another, or merely does otherwise. It compares what
 * operations cost and what memory they need as well as where blocks lie.
 */

/** What a reviewer asks of a change, when nothing else is asked for. */
export const DIFFERENCE_METRICS: readonly MetricName[] = [
  'alloc.cycles.max',
  'alloc.cycles.mean',
  'free.cycles.max',
  'free.cycles.mean',
  'realloc.cycles.max',
  'search.steps.max',
  'held.bytes.peak',
  'allocations.failed',
];

/** One metric where HEAD is worse by most, and the trace on which it is. */
export interface Worsened {
  readonly metric: string;
  readonly base: number;
  readonly head: number;
  readonly list: EventList;
}

/** Beyond every share of a metric: HEAD ends as no engine may, and BASE does not. */
const FAILS = Number.MAX_SAFE_INTEGER;
const BASIS_POINTS = 10_000;
/** Smaller than any worsening: the engines do otherwise, and HEAD is no worse. */
const DIFFERS = 1;

/** Looks at answers of BASE and HEAD, and remembers the worst of each metric. */
export class Differences implements Goal {
  private readonly worst = new Map<string, Worsened>();
  private failing: { readonly list: EventList; readonly problem: string } | undefined;
  private different: EventList | undefined;
  /** Traces on which the engines did otherwise at all. */
  differing = 0;

  constructor(readonly metrics: readonly string[]) {}

  score([base, head]: Answer, list: EventList): number {
    if (base === undefined || head === undefined) {
      return -1;
    }
    const isOther = doesOtherwise(base, head, this.metrics);
    if (isOther) {
      this.differing++;
      this.different ??= list;
    }
    if (fails(head) && !fails(base)) {
      this.failing ??= { list, problem: problemOf(head) };
      return FAILS;
    }
    if (base.outcome.kind !== 'ok' || head.outcome.kind !== 'ok') {
      return isOther ? DIFFERS : 0;
    }
    const shares = this.metrics.map((metric) => this.shareOf(metric, base, head, list));
    return Math.max(isOther ? DIFFERS : 0, ...shares);
  }

  /** That an engine fails is what is looked for. */
  isFailure(): boolean {
    return false;
  }

  /** Where HEAD ends as no engine may. */
  get failure(): { readonly list: EventList; readonly problem: string } | undefined {
    return this.failing;
  }

  /** Worst first. */
  get worsened(): readonly Worsened[] {
    return [...this.worst.values()].sort((a, b) => worseningOf(b) - worseningOf(a));
  }

  /** The first trace on which the engines did otherwise. */
  get firstDifferent(): EventList | undefined {
    return this.different;
  }

  private shareOf(metric: string, base: Tried, head: Tried, list: EventList): number {
    const [before, after] = [base, head].map((tried) => tried.values[metric]?.value);
    if (before === undefined || after === undefined) {
      return 0;
    }
    const found = { metric, base: before, head: after, list };
    const share = worseningOf(found);
    const known = this.worst.get(metric);
    if (share > 0 && (known === undefined || share > worseningOf(known))) {
      this.worst.set(metric, found);
    }
    return share;
  }
}

/** By how many basis points of BASE the head is worse; 0 where it is not. */
export function worseningOf({ metric, base, head }: Omit<Worsened, 'list'>): number {
  const isHigherBetter = metricNamed(metric)?.better === 'higher';
  const worse = isHigherBetter ? base - head : head - base;
  return worse <= 0 ? 0 : Math.max(DIFFERS + 1, Math.floor((worse * BASIS_POINTS) / Math.max(1, base)));
}

/** Whether two engines can be told apart by what they made of a trace. */
export function doesOtherwise(base: Tried, head: Tried, metrics: readonly string[]): boolean {
  return (
    base.outcome.kind !== head.outcome.kind ||
    base.placementsSha256 !== head.placementsSha256 ||
    metrics.some((metric) => base.values[metric]?.value !== head.values[metric]?.value)
  );
}

export const fails = ({ outcome }: Tried): boolean => isFailure(outcome);

const problemOf = ({ outcome }: Tried): string =>
  'problem' in outcome ? `${outcome.kind}: ${outcome.problem}` : outcome.kind;
