import type { StreamBatch } from '../machine/stream-batch';
import { copyCounts } from '../machine/count-columns';
import { CAUSE_COUNT } from './costs';
import { LOCK_COUNT, PricingKernel, type BatchRoom } from './pricing-kernel';
import { profileSha256 } from './profile';
import { pricingId, type PricingSpecification } from './specification';

export { LOCK_COUNT } from './pricing-kernel';

/** What a pricing reads of a batch. */
export type PricedStream = Pick<
  StreamBatch,
  | 'entries'
  | 'segmentEnds'
  | 'segmentFlags'
  | 'segmentPriced'
  | 'pricedEvents'
  | 'segmentCount'
  | 'operationCodes'
  | 'operationCount'
>;

/**
 * What a pricing says of the operations that ended in the last batch, in their order. All figures are whole cycles.
 * The arrays are reused from batch to batch and longer than needed.
 */
export interface PricedBatch {
  readonly id: string;
  readonly operationCount: number;
  readonly operationCycles: Float64Array;
  /** A row of `CAUSE_COUNT` per operation, in the order of `CAUSES`; a row sums to the operation's cycles. */
  readonly operationCauses: Float64Array;
  /** Cycles of all operations so far, in the order of `CAUSES`. */
  readonly causeTotals: Float64Array;
  /** A row of `LOCK_COUNT` per operation: cycles during which the lock of that bit was held. */
  readonly operationHeldCycles: Float64Array;
}

/**
 * Prices the access stream of one replay on one machine: feed it every batch, in order. The state of the modelled
 * processor lives here, so every pricing of a replay is an object of its own.
 */
export class Pricing implements PricedBatch {
  readonly id: string;
  readonly profileSha256: string;
  operationCount = 0;
  private readonly kernel: PricingKernel;
  private room: BatchRoom;
  /** Which domain events may have counts in there. */
  private roomEvents = 0;

  /** Throws a `UsageError` when the host has no room for it. */
  constructor(specification: PricingSpecification) {
    this.id = pricingId(specification);
    this.profileSha256 = profileSha256(specification.profile);
    this.kernel = new PricingKernel(specification);
    this.room = this.kernel.makeRoom(0, 0, 0);
  }

  get operationCycles(): Float64Array {
    return this.room.operationCycles;
  }

  /** Until an operation ends, its row collects costs in 1/256 cycle. */
  get operationCauses(): Float64Array {
    return this.room.causeCosts;
  }

  get causeTotals(): Float64Array {
    return this.room.causeTotals;
  }

  get operationHeldCycles(): Float64Array {
    return this.room.heldCycles;
  }

  /** Forgets the replay so far, wherever it broke off: the next batch is the first of another one. */
  restart(): void {
    this.kernel.restart();
    this.operationCount = 0;
    this.operationCauses.fill(0, 0, CAUSE_COUNT);
  }

  /** Prices the operations that end in `batch`. One that never ends is never priced. */
  price(batch: PricedStream): void {
    const { kernel } = this;
    const { segmentCount, pricedEvents, operationCount } = batch;
    this.makeRoom(batch);
    this.take(batch);
    kernel.priceEvents(segmentCount, pricedEvents);
    kernel.priceAccesses(segmentCount);
    kernel.finishOperations(segmentCount);
    this.operationCount = operationCount;
  }

  /** Copies the batch; costs begin from zero but for those of the operation that goes on. */
  private take(batch: PricedStream): void {
    const { room } = this;
    const { entries, segmentEnds, segmentFlags, segmentPriced, pricedEvents } = batch;
    const { segmentCount, operationCount } = batch;
    room.entries.set(entries.subarray(0, segmentCount === 0 ? 0 : segmentEnds[segmentCount - 1]!));
    room.segmentEnds.set(segmentEnds.subarray(0, segmentCount));
    room.segmentFlags.set(segmentFlags.subarray(0, segmentCount));
    copyCounts(room.segmentPriced, this.roomEvents, segmentPriced, pricedEvents, segmentCount);
    this.roomEvents = pricedEvents;
    const underWay = this.operationCount * CAUSE_COUNT;
    room.causeCosts.copyWithin(0, underWay, underWay + CAUSE_COUNT);
    room.causeCosts.fill(0, CAUSE_COUNT, (operationCount + 1) * CAUSE_COUNT);
    room.heldCycles.fill(0, 0, operationCount * LOCK_COUNT);
  }

  private makeRoom({ entries, segmentEnds, operationCodes }: PricedStream): void {
    const { room, operationCount } = this;
    const entriesMax = Math.max(entries.length, room.entries.length);
    const segmentsMax = Math.max(segmentEnds.length, room.segmentEnds.length);
    const operationsMax = Math.max(operationCodes.length, room.operationCycles.length);
    if (
      entriesMax > room.entries.length ||
      segmentsMax > room.segmentEnds.length ||
      operationsMax > room.operationCycles.length
    ) {
      const underWay = room.causeCosts.slice(
        operationCount * CAUSE_COUNT,
        (operationCount + 1) * CAUSE_COUNT,
      );
      this.room = this.kernel.makeRoom(entriesMax, segmentsMax, operationsMax);
      this.roomEvents = 0;
      this.room.causeCosts.set(underWay);
      this.operationCount = 0;
    }
  }
}
