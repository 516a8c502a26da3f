/**
 * Counts how often each integer cost occurred: the exact distribution, not an approximation by buckets. Modelled
 * costs take few distinct values, so an open-addressing table of them stays small however long the trace is.
 */

const SLOTS_INITIAL = 64;

export class CostCounter {
  /** Slot → cost; meaningful where the slot's count is not 0. */
  private costs = new Float64Array(SLOTS_INITIAL);
  private counts = new Float64Array(SLOTS_INITIAL);
  private used = 0;

  /** Counts one occurrence of `cost`, a non-negative integer below 2^53. */
  add(cost: number): void {
    const mask = this.costs.length - 1;
    let slot = slotOf(cost) & mask;
    while (this.counts[slot] !== 0 && this.costs[slot] !== cost) {
      slot = (slot + 1) & mask;
    }
    if (this.counts[slot] === 0) {
      this.occupy(slot, cost);
    } else {
      this.counts[slot]!++;
    }
  }

  get distinct(): number {
    return this.used;
  }

  /** Visits every distinct cost with its count, in no particular order. */
  forEach(visit: (cost: number, count: number) => void): void {
    for (let slot = 0; slot < this.costs.length; slot++) {
      if (this.counts[slot] !== 0) {
        visit(this.costs[slot]!, this.counts[slot]!);
      }
    }
  }

  private occupy(slot: number, cost: number): void {
    this.costs[slot] = cost;
    this.counts[slot] = 1;
    this.used++;
    if (this.used * 2 > this.costs.length) {
      this.grow();
    }
  }

  private grow(): void {
    const { costs, counts } = this;
    this.costs = new Float64Array(costs.length * 2);
    this.counts = new Float64Array(costs.length * 2);
    const mask = this.costs.length - 1;
    for (let old = 0; old < costs.length; old++) {
      if (counts[old] === 0) {
        continue;
      }
      let slot = slotOf(costs[old]!) & mask;
      while (this.counts[slot] !== 0) {
        slot = (slot + 1) & mask;
      }
      this.costs[slot] = costs[old]!;
      this.counts[slot] = counts[old]!;
    }
  }
}

/** Fibonacci hashing of both halves of the cost, so that neighbouring costs do not queue up behind each other. */
function slotOf(cost: number): number {
  const high = cost < 0x1_0000_0000 ? 0 : Math.floor(cost / 0x1_0000_0000);
  const mixed = Math.imul((cost | 0) ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
