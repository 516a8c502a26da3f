import * as v from 'valibot';
import { BOUND_UNITS, BOUND_VERBS, type WorstCaseBound } from '../replay/port';
import { count, text, type Shape } from './schema';
import type { WorkSummary } from './work';

/** A worst case that the engine's specification gives, beside what the replay saw. */
export const observedBound = v.strictObject({
  verb: v.picklist(BOUND_VERBS),
  unit: v.picklist(BOUND_UNITS),
  /** Null where the specification says that there is none. */
  most: v.nullable(count),
  statement: text,
  source: text,
  /** The most of any operation of that kind; null when there was none. */
  observed: v.nullable(count),
  observedOperation: v.nullable(count),
  /** Sum over all operations of that kind, and their number: the mean is their ratio. */
  total: count,
  operations: count,
});
export type ObservedBound = Shape<typeof observedBound>;

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
