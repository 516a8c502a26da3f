import * as v from 'valibot';
import { OP_NAMES } from '../../traces/trace';
import type { StreamBatch } from '../machine/stream-batch';
import { NOTED_COUNT, NOTED_NAMES } from '../machine/domain-events';
import { CAUSE_COUNT, CAUSES, type Cause } from '../pricing/costs';
import { causes, count, events, integer, op, type Shape } from './schema';

/** Domain events of one operation or of a whole replay; those that did not happen are left out. */
export type EventCounts = Shape<typeof events>;

/** Cycles by what they are put down to, in the order of `CAUSES`; causes that cost nothing are left out. */
export type CauseCycles = Shape<typeof causes>;

/** One of the dearest operations, with all that explains it. */
export const worstOperation = v.strictObject({
  /** Index of the event in the trace. */
  operation: count,
  op,
  id: integer,
  sizeBytes: count,
  alignBytes: count,
  cycles: count,
  /** They add up to `cycles` exactly. */
  causes,
  events,
});
export type WorstOperation = Shape<typeof worstOperation>;

/** Names that `causes` may have, in order. */
export const CAUSE_NAMES: readonly Cause[] = CAUSES;

/**
 * Keeps the N dearest operations of a stream: cycles descending, earlier operation first among equals. An operation
 * that does not qualify costs one comparison.
 */
export class WorstOperations {
  private readonly cycles: Float64Array;
  private readonly facts: Float64Array;
  private readonly causes: Float64Array;
  private readonly noted: Float64Array;
  /** Ranks → slots of the arrays above. */
  private readonly slots: Int32Array;
  private kept = 0;
  /** An operation has to cost more than this to be kept. */
  private threshold: number;

  constructor(private readonly capacity: number) {
    this.cycles = new Float64Array(capacity);
    this.facts = new Float64Array(capacity * FACT_COUNT);
    this.causes = new Float64Array(capacity * CAUSE_COUNT);
    this.noted = new Float64Array(capacity * NOTED_COUNT);
    this.slots = new Int32Array(capacity);
    this.threshold = capacity === 0 ? Infinity : -1;
  }

  /** Offers operation `row` of a batch; `causes` are those of the whole batch, `CAUSE_COUNT` an operation. */
  offer(batch: StreamBatch, row: number, cycles: number, causes: Float64Array): void {
    if (cycles > this.threshold) {
      this.keep(batch, row, cycles, causes);
    }
  }

  /** The kept operations, dearest first. */
  list(): WorstOperation[] {
    return Array.from(this.slots.subarray(0, this.kept), (slot) => this.operationAt(slot));
  }

  private keep(batch: StreamBatch, row: number, cycles: number, causes: Float64Array): void {
    const slot = this.kept < this.capacity ? this.kept++ : this.slots[this.capacity - 1]!;
    // Operations come in the order of their indices, so among equal cycles the newcomer goes last.
    let rank = this.kept - 1;
    while (rank > 0 && this.cycles[this.slots[rank - 1]!]! < cycles) {
      this.slots[rank] = this.slots[rank - 1]!;
      rank--;
    }
    this.slots[rank] = slot;
    this.fill(slot, batch, row, cycles, causes);
    if (this.kept === this.capacity) {
      this.threshold = this.cycles[this.slots[this.capacity - 1]!]!;
    }
  }

  private fill(slot: number, batch: StreamBatch, row: number, cycles: number, causes: Float64Array): void {
    this.cycles[slot] = cycles;
    const fact = slot * FACT_COUNT;
    this.facts[fact + FACT.index] = batch.operationIndices[row]!;
    this.facts[fact + FACT.code] = batch.operationCodes[row]!;
    this.facts[fact + FACT.id] = batch.operationIds[row]!;
    this.facts[fact + FACT.bytes] = batch.operationBytes[row]!;
    this.facts[fact + FACT.align] = batch.operationAligns[row]!;
    for (let cause = 0; cause < CAUSE_COUNT; cause++) {
      this.causes[slot * CAUSE_COUNT + cause] = causes[row * CAUSE_COUNT + cause]!;
    }
    for (let event = 0; event < NOTED_COUNT; event++) {
      this.noted[slot * NOTED_COUNT + event] = batch.operationNoted[event]![row]!;
    }
  }

  private operationAt(slot: number): WorstOperation {
    const fact = (index: number) => this.facts[slot * FACT_COUNT + index]!;
    return {
      operation: fact(FACT.index),
      op: OP_NAMES[fact(FACT.code)]!,
      id: fact(FACT.id),
      sizeBytes: fact(FACT.bytes),
      alignBytes: fact(FACT.align),
      cycles: this.cycles[slot]!,
      causes: causeCycles(this.causes, slot * CAUSE_COUNT),
      events: eventCounts(this.noted, slot * NOTED_COUNT),
    };
  }
}

/** The domain events from position `base` of an array of counts, by name; zeros are left out. */
export function eventCounts(noted: ArrayLike<number>, base = 0): EventCounts {
  const events: Partial<Record<keyof EventCounts, number>> = {};
  for (const [event, name] of NOTED_NAMES.entries()) {
    const count = noted[base + event]!;
    if (name !== 'none' && count > 0) {
      events[name] = count;
    }
  }
  return events;
}

/** The causes from position `base` of an array of cycles, by name; zeros are left out. */
export function causeCycles(cycles: Float64Array, base: number): CauseCycles {
  const causes: Partial<Record<Cause, number>> = {};
  for (const [cause, name] of CAUSES.entries()) {
    if (cycles[base + cause]! > 0) {
      causes[name] = cycles[base + cause]!;
    }
  }
  return causes;
}

const FACT = { index: 0, code: 1, id: 2, bytes: 3, align: 4 } as const;
const FACT_COUNT = 5;
