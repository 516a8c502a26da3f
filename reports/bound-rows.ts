import type { ObservedBound } from '../harness/metrics/bounds';
import type { MeasuredReplay } from '../harness/metrics/measured-replay';
import type { Results } from '../harness/results/results';
import { engineLabel } from './trace-groups';

/** A bound of an engine beside the most that was seen of it, over all traces of the results. */
export interface BoundRow extends ObservedBound {
  readonly engine: string;
  /** The most on recorded traces, and on synthetic ones (storms, adversaries); null when there was none. */
  readonly recorded: number | null;
  readonly synthetic: number | null;
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

function merged(
  row: BoundRow | undefined,
  bound: ObservedBound,
  replay: MeasuredReplay,
  engine: string,
): BoundRow {
  const recorded = replay.trace.origin.kind === 'recorded';
  const isMore = row === undefined || (bound.observed ?? -1) > (row.observed ?? -1);
  return {
    ...bound,
    engine,
    observed: isMore ? bound.observed : row.observed,
    observedOperation: isMore ? bound.observedOperation : row.observedOperation,
    total: (row?.total ?? 0) + bound.total,
    operations: (row?.operations ?? 0) + bound.operations,
    recorded: recorded ? more(row?.recorded ?? null, bound.observed) : (row?.recorded ?? null),
    synthetic: recorded ? (row?.synthetic ?? null) : more(row?.synthetic ?? null, bound.observed),
  };
}

function more(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
