import { integerHash } from '../../traces/ground/integer-hash';

/**
 * Counts how often each integer cost occurred: the exact distribution, not an approximation by buckets. Most costs are
 * small and have a place of their own. The others take few distinct values, so an open-addressing table of them stays
 * small however long the trace is.
 */

const SMALL_COSTS_MAX = 1024;
const SLOTS_INITIAL = 64;

export class CostCounter {
  /** Counts of the smallest costs, as many as a power of two that a small cost called for. */
  private small = new Float64Array(0);
  /** Slot s holds a cost at 2s and its count at 2s + 1, on one cache line; a count of 0 marks an empty slot. */
  private cells = new Float64Array(2 * SLOTS_INITIAL);
  private slotCount = SLOTS_INITIAL;
  private used = 0;

  /** Counts one occurrence of `cost`, a non-negative integer below 2^53. */
  add(cost: number): void {
    if (cost < this.small.length) {
      this.small[cost]!++;
    } else {
      this.addTimes(cost, 1);
    }
  }

  /** Counts what another counter has counted. */
  addAll(other: CostCounter): void {
    other.forEach((cost, count) => this.addTimes(cost, count));
  }

  /** The distinct costs, ascending. */
  costs(): number[] {
    const costs: number[] = [];
    this.forEach((cost) => costs.push(cost));
    return Array.from(Float64Array.from(costs).sort());
  }

  /** How often a cost occurred. */
  countOf(cost: number): number {
    return cost < SMALL_COSTS_MAX ? (this.small[cost] ?? 0) : this.cells[this.cellOf(cost) + 1]!;
  }

  private forEach(visit: (cost: number, count: number) => void): void {
    const { small, cells } = this;
    for (let cost = 0; cost < small.length; cost++) {
      if (small[cost] !== 0) {
        visit(cost, small[cost]!);
      }
    }
    for (let cell = 0; cell < cells.length; cell += 2) {
      if (cells[cell + 1] !== 0) {
        visit(cells[cell]!, cells[cell + 1]!);
      }
    }
  }

  private addTimes(cost: number, count: number): void {
    if (cost >= SMALL_COSTS_MAX) {
      this.addLarge(cost, count);
      return;
    }
    if (cost >= this.small.length) {
      const more = new Float64Array(2 << (31 - Math.clz32(cost | 1)));
      more.set(this.small);
      this.small = more;
    }
    this.small[cost]! += count;
  }

  private addLarge(cost: number, count: number): void {
    const cell = this.cellOf(cost);
    const before = this.cells[cell + 1]!;
    this.cells[cell + 1] = before + count;
    if (before === 0) {
      this.cells[cell] = cost;
      this.used++;
      if (this.used * 2 > this.slotCount) {
        this.grow();
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
