import type { UnplacedLock } from '../machine/lock';
import { COST_PER_CYCLE } from '../pricing/costs';
import type { HeldLock } from './explanation';

/** When an operation held which lock. */

const INTERVALS_MAX = 64;

interface LockRecord {
  readonly lock: UnplacedLock;
  holds: number;
  /** Costs from the start of the operation; `to` is undefined while the lock is held. */
  readonly intervals: { readonly from: number; to: number | undefined }[];
}

export class LockTimeline {
  private readonly records: readonly LockRecord[];
  private held = 0;
  private cost = 0;

  constructor(locks: readonly UnplacedLock[]) {
    this.records = locks.map((lock) => ({ lock, holds: 0, intervals: [] }));
  }

  /** The next `cost`, in 1/256 cycle, passed while the locks of the set `held` were held. */
  pass(held: number, cost: number): void {
    if (held !== this.held) {
      this.change(held);
    }
    this.cost += cost;
  }

  /** @param heldCycles what the pricing says of each lock, in the order of the machine */
  finish(heldCycles: readonly number[]): HeldLock[] {
    this.change(0);
    return this.records.flatMap(({ lock, holds, intervals }, index) =>
      holds === 0
        ? []
        : [
            {
              name: lock.name,
              heldCycles: heldCycles[index]!,
              holds,
              intervals: intervals.map(({ from, to }) => ({ from: cyclesAt(from), to: cyclesAt(to!) })),
            },
          ],
    );
  }

  private change(held: number): void {
    for (const record of this.records) {
      const isHeld = (held & record.lock.bit) !== 0;
      const wasHeld = (this.held & record.lock.bit) !== 0;
      const last = record.intervals[record.intervals.length - 1];
      if (isHeld && !wasHeld) {
        record.holds++;
        if (record.intervals.length < INTERVALS_MAX) {
          record.intervals.push({ from: this.cost, to: undefined });
        }
      } else if (wasHeld && !isHeld && last !== undefined) {
        last.to ??= this.cost;
      }
    }
    this.held = held;
  }
}

function cyclesAt(cost: number): number {
  return Math.floor((cost + COST_PER_CYCLE / 2) / COST_PER_CYCLE);
}
