import type { WorstCaseBound } from '../replay/port';
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

/** Whether a replay saw more than the specification allows: a defect of the model or of the bound. */
export function exceedsBound({ most, observed }: ObservedBound): boolean {
  return most !== null && observed !== null && observed > most;
}
