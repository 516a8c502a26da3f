import type { ReplayObserver, ReplayState } from '../replay/replay';

/** Notes which of some operations failed: an allocator that refuses is quick, and that is no merit. */
export class Failures implements ReplayObserver {
  private readonly failed = new Set<number>();
  private seen = 0;

  /** @param wished the operations that matter, by index of event */
  constructor(private readonly wished: ReadonlySet<number>) {}

  operation({ eventIndex, failedAllocations }: ReplayState): void {
    if (failedAllocations !== this.seen && this.wished.has(eventIndex)) {
      this.failed.add(eventIndex);
    }
    this.seen = failedAllocations;
  }

  has(operation: number): boolean {
    return this.failed.has(operation);
  }
}
