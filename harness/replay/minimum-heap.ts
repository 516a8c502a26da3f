import type { Trace } from '../../traces/trace';
import { PAGE_BYTES } from '../machine/memory-layout';
import type { Outcome } from './outcome';
import { replay, type ReplayObserver, type ReplayState } from './replay';
import type { Stack } from './stack';

/**
 * The smallest heap on which a trace completes without a failed allocation, beside what no allocator can do without:
 * the most bytes that are live at once. Their ratio says how much memory an engine wastes on this trace at worst.
 */

/** One replay on the way: whether every allocation succeeded with so many pages, as far as it was replayed. */
export interface HeapProbe {
  readonly heapPages: number;
  readonly completes: boolean;
}

/** Told now and then how many events have been replayed in all, and on how many heaps. */
export type HeapSearchProgress = (events: number, heaps: number) => void;

export type MinimumHeap =
  | {
      readonly kind: 'found';
      /** The trace completes with these and fails with every number of pages that was tried below. */
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

/**
 * A trace may fail on a heap and complete on a smaller one: under a buddy it matters which large blocks a heap divides
 * into. So heaps above and below the minimum, by so many pages, are tried as well.
 */
const LOOKS_ABOVE = [1, 4];
const LOOKS_BELOW = [1, 2, 3, 4, 8, 16, 64, 256];

/** Of a heap that is as large as what is held at most: whatever is asked for again, a smaller one has no room for. */
const LOOKS_ABOVE_FULL = [1];
const LOOKS_BELOW_FULL = [1, 2, 8, 64];

/**
 * Finds the minimum near what is held at most with memory in plenty: in steps that double away from there, then by
 * bisection. Hardly any replay goes to the end of the trace: one ends with its first failure, and heaps are tried with
 * the events up to the last that any has failed at, until one of them has to be tried with all.
 *
 * @param makeStack a fresh engine on a heap of so many pages
 * @param heapPagesMax the largest heap to try
 */
export async function minimumHeap(
  trace: Trace,
  makeStack: (heapPages: number) => Stack,
  heapPagesMax: number,
  progress: HeapSearchProgress = () => undefined,
): Promise<MinimumHeap> {
  return new MinimumHeapSearch(trace, makeStack, heapPagesMax, progress).run();
}

interface HeapRange {
  readonly smallest: number;
  readonly largest: number;
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

/** Ends a replay: an allocation has failed, and it does not matter what comes behind. */
class Failed extends Error {}

class MinimumHeapSearch {
  private readonly probes: HeapProbe[] = [];
  /** Up to which event a heap is known to do. */
  private readonly completesUntil = new Map<number, number>();
  private liveBytesPeak = 0;
  /** The event at which most is held, or the last at which a heap has failed: events up to it tell heaps apart. */
  private criticalEvent = 0;
  private eventsBefore = 0;
  private heaps = 0;

  constructor(
    private readonly trace: Trace,
    private readonly makeStack: (heapPages: number) => Stack,
    private readonly heapPagesMax: number,
    private readonly progress: HeapSearchProgress,
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
    const ample = await this.replayOnAmple();
    const { liveBytesPeak } = this;
    if (ample.firstFailureIndex !== undefined) {
      const { failedAllocations, firstFailureIndex } = ample;
      return { kind: 'never', heapPagesMax, failedAllocations, firstFailureIndex, liveBytesPeak };
    }
    const lowerBoundPages = Math.max(Math.ceil(liveBytesPeak / PAGE_BYTES), 1);
    const boundaryPages = await this.boundary(
      Math.max(lowerBoundPages, ample.heldPagesPeak),
      lowerBoundPages,
    );
    const heapPages = await this.descend(boundaryPages, lowerBoundPages, ample.heldPagesPeak);
    for (const above of heapPages === ample.heldPagesPeak ? LOOKS_ABOVE_FULL : LOOKS_ABOVE) {
      await this.seemsToComplete(Math.min(heapPages + above, heapPagesMax));
    }
    const { probes } = this;
    const largerHeapsThatFail = probes
      .filter((probe) => probe.heapPages > heapPages && !probe.completes)
      .map((probe) => probe.heapPages)
      .sort((one, other) => one - other);
    return { kind: 'found', heapPages, liveBytesPeak, lowerBoundPages, probes, largerHeapsThatFail };
  }

  /** A heap on which the trace completes, and below which it fails at once, sought from where it is likely. */
  private async boundary(likely: number, smallest: number): Promise<number> {
    const start = Math.min(likely, this.heapPagesMax);
    let range = (await this.completes(start))
      ? await this.rangeBelow(start, smallest)
      : await this.rangeAbove(start);
    for (;;) {
      const found = await this.bisect(range.smallest, range.largest);
      if (found === this.heapPagesMax || (await this.completes(found))) {
        return found;
      }
      // It fails behind the events that it was chosen by: nothing but all of them will do.
      this.criticalEvent = Infinity;
      range = await this.rangeAbove(found);
    }
  }

  /** Sizes above one that fails, the last of which does. */
  private async rangeAbove(failing: number): Promise<HeapRange> {
    let smallest = failing + 1;
    for (let step = 1; ; step *= 2) {
      const largest = Math.min(smallest + step - 1, this.heapPagesMax);
      if (largest === this.heapPagesMax || (await this.seemsToComplete(largest))) {
        return { smallest: Math.min(smallest, largest), largest };
      }
      smallest = largest + 1;
    }
  }

  /** Sizes up to one that does, below the first of which it fails. */
  private async rangeBelow(completing: number, lowest: number): Promise<HeapRange> {
    let largest = completing;
    for (let step = 1; ; step *= 2) {
      const tried = largest - step;
      if (tried < lowest || !(await this.seemsToComplete(tried))) {
        return { smallest: Math.max(tried + 1, lowest), largest };
      }
      largest = tried;
    }
  }

  private async bisect(smallest: number, largest: number): Promise<number> {
    let low = smallest;
    let high = largest;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (await this.seemsToComplete(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return high;
  }

  /** Goes down as long as one of the sizes below completes as well. */
  private async descend(boundaryPages: number, lowest: number, heldPagesPeak: number): Promise<number> {
    let heapPages = boundaryPages;
    for (let look = 0; ; look++) {
      const looks = heapPages === heldPagesPeak ? LOOKS_BELOW_FULL : LOOKS_BELOW;
      if (look === looks.length) {
        return heapPages;
      }
      const tried = heapPages - looks[look]!;
      if (tried >= lowest && (await this.completes(tried))) {
        heapPages = tried;
        look = -1;
      }
    }
  }

  /** Whether the trace completes up to the critical event; false is certain. */
  private async seemsToComplete(heapPages: number): Promise<boolean> {
    const isKnown = (this.completesUntil.get(heapPages) ?? -1) >= this.criticalEvent;
    return isKnown || (!this.hasFailed(heapPages) && (await this.replayOn(heapPages, this.criticalEvent)));
  }

  private async completes(heapPages: number): Promise<boolean> {
    const isKnown = this.completesUntil.get(heapPages) === Infinity;
    return isKnown || (!this.hasFailed(heapPages) && (await this.replayOn(heapPages, Infinity)));
  }

  private hasFailed(heapPages: number): boolean {
    return this.probes.some((probe) => probe.heapPages === heapPages && !probe.completes);
  }

  /** With memory in plenty the trace tells what it needs. */
  private async replayOnAmple() {
    let heldBytesPeak = 0;
    const watch = ({ eventIndex, liveBytes, stack }: ReplayState): void => {
      this.liveBytesPeak = Math.max(this.liveBytesPeak, liveBytes);
      const { heldBytes } = stack.machine.ledger;
      if (heldBytes > heldBytesPeak) {
        heldBytesPeak = heldBytes;
        this.criticalEvent = eventIndex;
      }
    };
    const { stack, outcome } = await this.replayed(this.heapPagesMax, Infinity, watch);
    if (outcome === undefined || outcome.kind !== 'ok') {
      throw new Stopped(this.heapPagesMax, outcome!);
    }
    const { failedAllocations, firstFailureIndex } = outcome;
    this.probes.push({ heapPages: this.heapPagesMax, completes: firstFailureIndex === undefined });
    const heldPagesPeak = Math.ceil(stack.machine.ledger.heldBytesPeak / PAGE_BYTES);
    return { failedAllocations, firstFailureIndex, heldPagesPeak };
  }

  /** Whether no allocation fails, up to an event or to the end. */
  private async replayOn(heapPages: number, until: number): Promise<boolean> {
    const watch = ({ eventIndex, failedAllocations }: ReplayState): void => {
      if (failedAllocations > 0) {
        this.criticalEvent = Math.max(this.criticalEvent, eventIndex);
        throw new Failed();
      }
    };
    const { outcome } = await this.replayed(heapPages, until, watch);
    if (outcome !== undefined && outcome.kind !== 'ok') {
      throw new Stopped(heapPages, outcome);
    }
    const completes = outcome !== undefined;
    if (completes) {
      this.completesUntil.set(heapPages, until);
    }
    this.probes.push({ heapPages, completes });
    return completes;
  }

  /** The outcome is undefined where the watcher ended it. */
  private async replayed(
    heapPages: number,
    until: number,
    watch: (state: ReplayState) => void,
  ): Promise<{ readonly stack: Stack; readonly outcome: Outcome | undefined }> {
    const stack = this.makeStack(heapPages);
    const observer: ReplayObserver = { operation: watch };
    this.heaps += 1;
    let replayed = 0;
    const progress = (events: number): void => {
      replayed = events;
      this.progress(this.eventsBefore + events, this.heaps);
    };
    try {
      const { outcome, events } = await replay(this.trace, stack, [observer], {
        progress,
        // What is only tried is not watched over: the heap that is found is replayed to the end once more.
        ...(until < Infinity && { until, bare: true }),
      });
      replayed = events;
      return { stack, outcome };
    } catch (error) {
      if (error instanceof Failed) {
        return { stack, outcome: undefined };
      }
      throw error;
    } finally {
      this.eventsBefore += replayed;
      this.progress(this.eventsBefore, this.heaps);
    }
  }
}
