import type { Trace } from '../../traces/trace';
import { PAGE_BYTES } from '../machine/memory-layout';
import type { Outcome } from './outcome';
import { replay, type ReplayObserver } from './replay';
import type { Stack } from './stack';

/**
 * The smallest heap on which a trace completes without a failed allocation, beside what no allocator can do without:
 * the most bytes that are live at once. Their ratio says how much memory an engine wastes on this trace at worst.
 */

/** One replay on the way: whether every allocation succeeded with so many pages. */
export interface HeapProbe {
  readonly heapPages: number;
  readonly completes: boolean;
}

export type MinimumHeap =
  | {
      readonly kind: 'found';
      /** The trace completes with these and fails with each of the `LOOKS_BELOW` numbers of pages below. */
      readonly heapPages: number;
      readonly liveBytesPeak: number;
      /** Pages for the live bytes alone. */
      readonly lowerBoundPages: number;
      /** Every replay in the order it was made. */
      readonly probes: readonly HeapProbe[];
      /** Larger heaps among the probes on which the trace fails: more memory is not always enough. */
      readonly largerHeapsThatFail: readonly number[];
    }
  /** Allocations fail on the largest heap too; an engine may refuse a request whatever memory there is. */
  | {
      readonly kind: 'never';
      readonly heapPagesMax: number;
      readonly failedAllocations: number;
      readonly firstFailureIndex: number;
      readonly liveBytesPeak: number;
    }
  /** The engine did not reach the trace's end, for another reason than memory. */
  | {
      readonly kind: 'stopped';
      readonly heapPages: number;
      readonly outcome: Exclude<Outcome, { kind: 'ok' }>;
    };

/** How many pages above the minimum are tried once more. */
const LOOKS_ABOVE = [1, 2, 4];

/**
 * A trace may fail on a heap and complete on a smaller one: under a buddy it matters which large blocks a heap divides
 * into. So many sizes in a row must fail below the minimum.
 */
const LOOKS_BELOW = 8;

/**
 * Finds the minimum by bisection and a look at the sizes below: about twice as many replays as its page number has
 * bits, and `LOOKS_BELOW`.
 *
 * @param makeStack a fresh engine on a heap of so many pages
 * @param heapPagesMax the largest heap to try
 */
export async function minimumHeap(
  trace: Trace,
  makeStack: (heapPages: number) => Stack,
  heapPagesMax: number,
): Promise<MinimumHeap> {
  return new MinimumHeapSearch(trace, makeStack, heapPagesMax).run();
}

/** Ends the search: a replay stopped for another reason than memory. */
class Stopped extends Error {
  constructor(
    readonly heapPages: number,
    readonly outcome: Exclude<Outcome, { kind: 'ok' }>,
  ) {
    super(outcome.kind);
  }
}

class MinimumHeapSearch {
  private readonly probes: HeapProbe[] = [];
  private liveBytesPeak = 0;

  constructor(
    private readonly trace: Trace,
    private readonly makeStack: (heapPages: number) => Stack,
    private readonly heapPagesMax: number,
  ) {}

  async run(): Promise<MinimumHeap> {
    try {
      return await this.search();
    } catch (error) {
      if (error instanceof Stopped) {
        const { heapPages, outcome } = error;
        return { kind: 'stopped', heapPages, outcome };
      }
      throw error;
    }
  }

  private async search(): Promise<MinimumHeap> {
    const { heapPagesMax } = this;
    const ample = await this.replayOn(heapPagesMax);
    const { liveBytesPeak } = this;
    if (ample.firstFailureIndex !== undefined) {
      const { failedAllocations, firstFailureIndex } = ample;
      return { kind: 'never', heapPagesMax, failedAllocations, firstFailureIndex, liveBytesPeak };
    }
    const lowerBoundPages = Math.max(Math.ceil(liveBytesPeak / PAGE_BYTES), 1);
    const upperBoundPages = await this.upperBound(lowerBoundPages, ample.heldPagesPeak);
    const boundaryPages = await this.bisect(lowerBoundPages, upperBoundPages);
    const heapPages = await this.descend(boundaryPages, lowerBoundPages);
    for (const above of LOOKS_ABOVE) {
      await this.completes(Math.min(heapPages + above, heapPagesMax));
    }
    const { probes } = this;
    const largerHeapsThatFail = probes
      .filter((probe) => probe.heapPages > heapPages && !probe.completes)
      .map((probe) => probe.heapPages)
      .sort((one, other) => one - other);
    return { kind: 'found', heapPages, liveBytesPeak, lowerBoundPages, probes, largerHeapsThatFail };
  }

  /** A heap that is large enough: what was held at most with memory in plenty, doubled as often as need be. */
  private async upperBound(lowerBoundPages: number, heldPagesPeak: number): Promise<number> {
    let heapPages = Math.max(lowerBoundPages, heldPagesPeak);
    while (heapPages < this.heapPagesMax && !(await this.completes(heapPages))) {
      heapPages *= 2;
    }
    return Math.min(heapPages, this.heapPagesMax);
  }

  /** The smallest heap from `smallest` to `largest` on which the trace completes, as it does on the largest. */
  private async bisect(smallest: number, largest: number): Promise<number> {
    let low = smallest;
    let high = largest;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (await this.completes(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return high;
  }

  /** Goes down as long as one of the sizes just below completes as well. */
  private async descend(boundaryPages: number, lowerBoundPages: number): Promise<number> {
    let heapPages = boundaryPages;
    for (let below = 1; below <= LOOKS_BELOW && heapPages - below >= lowerBoundPages; below++) {
      if (await this.completes(heapPages - below)) {
        heapPages -= below;
        below = 0;
      }
    }
    return heapPages;
  }

  private async completes(heapPages: number): Promise<boolean> {
    const known = this.probes.find((probe) => probe.heapPages === heapPages);
    return known?.completes ?? (await this.replayOn(heapPages)).firstFailureIndex === undefined;
  }

  private async replayOn(heapPages: number) {
    const stack = this.makeStack(heapPages);
    const observer: ReplayObserver = {
      operation: ({ liveBytes }) => {
        this.liveBytesPeak = Math.max(this.liveBytesPeak, liveBytes);
      },
    };
    const { outcome } = await replay(this.trace, stack, [observer]);
    if (outcome.kind !== 'ok') {
      throw new Stopped(heapPages, outcome);
    }
    const { failedAllocations, firstFailureIndex } = outcome;
    this.probes.push({ heapPages, completes: firstFailureIndex === undefined });
    const heldPagesPeak = Math.ceil(stack.machine.ledger.heldBytesPeak / PAGE_BYTES);
    return { failedAllocations, firstFailureIndex, heldPagesPeak };
  }
}
