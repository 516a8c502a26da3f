import type { WorstCaseBound } from '../replay/port';
import type { MeasuredOutcome } from './measured-replay';
import type { WorkSummary } from './work';

/** A worst case that the engine's specification gives, beside what the replay saw. */
export interface ObservedBound {
  readonly verb: WorstCaseBound['verb'];
  readonly unit: WorstCaseBound['unit'];
  /** Null where the specification says that there is none. */
  readonly most: number | null;
  readonly statement: string;
  readonly source: string;
  /** The most of any operation of that kind; null when there was none. */
  readonly observed: number | null;
  readonly observedOperation: number | null;
  /** Sum over all operations of that kind, and their number: the mean is their ratio. */
  readonly total: number;
  readonly operations: number;
}

export function observedBounds(bounds: readonly WorstCaseBound[], work: WorkSummary): ObservedBound[] {
  return bounds.map(({ verb, unit, most, statement, source }) => {
    const kind = work.kinds[verb];
    const [observed, total] =
      unit === 'accesses'
        ? [kind.accessesMax, kind.accessesTotal]
        : [kind.instructionsMax, kind.instructionsTotal];
    return {
      verb,
      unit,
      most: most ?? null,
      statement,
      source,
      observed: observed?.value ?? null,
      observedOperation: observed?.operation ?? null,
      total,
      operations: kind.operations,
    };
  });
}

/** How a replay ended, once its bounds have been looked at: one that broke them is not ok, whatever else it did. */
export function outcomeWithin(outcome: MeasuredOutcome, bounds: readonly ObservedBound[]): MeasuredOutcome {
  const broken = bounds.find(exceedsBound);
  if (broken === undefined || outcome.kind !== 'ok') {
    return outcome;
  }
  const { verb, unit, observed, observedOperation, most, source } = broken;
  const problem = `${observed} ${unit}, where the specification allows ${most} (${source})`;
  return { kind: 'exceeded', operation: observedOperation!, verb, problem };
}

/** Whether a replay saw more than the specification allows: a defect of the model or of the bound. */
export function exceedsBound({ most, observed }: ObservedBound): boolean {
  return most !== null && observed !== null && observed > most;
}
