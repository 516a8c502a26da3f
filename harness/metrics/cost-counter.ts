import { integerHash } from '../../traces/ground/integer-hash';

/**
 * Counts how often each integer cost occurred: the exact distribution, not an approximation by buckets. Modelled
 * costs take few distinct values, so an open-addressing table of them stays small however long the trace is.
 */

const SLOTS_INITIAL = 64;

export class CostCounter {
  /** Slot s holds a cost at 2s and its count at 2s + 1, on one cache line; a count of 0 marks an empty slot. */
  private cells = new Float64Array(2 * SLOTS_INITIAL);
  private slotCount = SLOTS_INITIAL;
  private used = 0;

  /** Counts one occurrence of `cost`, a non-negative integer below 2^53. */
  add(cost: number): void {
    const cell = this.cellOf(cost);
    if (this.cells[cell + 1]!++ === 0) {
      this.cells[cell] = cost;
      this.used++;
      if (this.used * 2 > this.slotCount) {
        this.grow();
      }
    }
  }

  /** Visits every distinct cost with its count, in no particular order. */
  forEach(visit: (cost: number, count: number) => void): void {
    for (let cell = 0; cell < this.cells.length; cell += 2) {
      if (this.cells[cell + 1] !== 0) {
        visit(this.cells[cell]!, this.cells[cell + 1]!);
      }
    }
  }

  /** The cost's cell, or the empty one where it belongs. */
  private cellOf(cost: number): number {
    const { cells } = this;
    const mask = this.slotCount - 1;
    let slot = integerHash(cost) & mask;
    while (cells[2 * slot + 1] !== 0 && cells[2 * slot] !== cost) {
      slot = (slot + 1) & mask;
    }
    return 2 * slot;
  }

  private grow(): void {
    const old = this.cells;
    this.slotCount *= 2;
    this.cells = new Float64Array(2 * this.slotCount);
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] !== 0) {
        const cell = this.cellOf(old[from]!);
        this.cells[cell] = old[from]!;
        this.cells[cell + 1] = old[from + 1]!;
      }
    }
  }
}
