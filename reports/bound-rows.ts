import type { ObservedBound } from '../harness/metrics/bounds';
import type { MeasuredReplay } from '../harness/metrics/measured-replay';
import type { Results } from '../harness/results/results';
import { countText } from '../harness/text/numbers';
import { engineLabel } from './trace-groups';

/** A bound of an engine beside the most that was seen of it, over all traces of the results. */
export interface BoundRow extends ObservedBound {
  readonly engine: string;
  /** The most on traces of each kind; null when there was none. */
  readonly recorded: number | null;
  readonly synthetic: number | null;
  /** Synthetic ones that are made to be the worst. */
  readonly adversarial: number | null;
}

/** Every bound of every engine once, in the order of the results. */
export function boundRows({ replays }: Results): BoundRow[] {
  const rows = new Map<string, BoundRow>();
  for (const replay of replays) {
    const engine = engineLabel(replay, replays);
    for (const bound of replay.bounds) {
      const key = JSON.stringify([engine, bound.verb, bound.unit]);
      rows.set(key, merged(rows.get(key), bound, replay, engine));
    }
  }
  return [...rows.values()];
}

/** Observed shares below this say little: a bound for the largest request beside small ones looks like perfection. */
const TELLING_SHARE = 10;

/** Whether a bound says something about what was seen: there is none, or a tenth of it was reached. */
export function isTelling({ most, observed }: ObservedBound): boolean {
  return most === null || (observed !== null && observed * TELLING_SHARE >= most);
}

/** What to say of the bounds that are left out. */
export function leftOutText(count: number): string | undefined {
  return count === 0
    ? undefined
    : `${countText(count, 'bound')} of which not even a tenth was reached ${count === 1 ? 'is' : 'are'} in summary.csv only.`;
}

function merged(
  row: BoundRow | undefined,
  bound: ObservedBound,
  replay: MeasuredReplay,
  engine: string,
): BoundRow {
  const kind = traceKind(replay);
  const most = (of: typeof kind) => more(row?.[of] ?? null, of === kind ? bound.observed : null);
  const isMore = row === undefined || (bound.observed ?? -1) > (row.observed ?? -1);
  return {
    ...bound,
    engine,
    observed: isMore ? bound.observed : row.observed,
    observedOperation: isMore ? bound.observedOperation : row.observedOperation,
    total: (row?.total ?? 0) + bound.total,
    operations: (row?.operations ?? 0) + bound.operations,
    recorded: most('recorded'),
    synthetic: most('synthetic'),
    adversarial: most('adversarial'),
  };
}

function traceKind({ trace: { origin } }: MeasuredReplay): 'recorded' | 'synthetic' | 'adversarial' {
  if (origin.kind === 'recorded') {
    return 'recorded';
  }
  return origin.generator.startsWith('adversary/') ? 'adversarial' : 'synthetic';
}

function more(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
