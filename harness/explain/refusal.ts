import type { Trace } from '../../traces/trace';
import { PAGE_BYTES } from '../machine/memory-layout';
import { fragmentationIndex, orderHolding, pagesFrom, unusableFreeIndex } from '../metrics/fragmentation';
import type { RequestFacts } from '../replay/demonstration';
import { replay, type ReplayOptions } from '../replay/replay';
import type { Stack } from '../replay/stack';
import { watchedTrace } from '../replay/watched-trace';
import type { HeapAround, PageHeap, Refusal } from './explanation';
import { Failures } from './failures';
import type { StackMaker } from './step-machine';

/**
 * Why an allocation failed. What the engine says of itself comes first: a quirk, a largest request. Then the request
 * is tried otherwise, in replays of the same trace up to it: without its alignment, smaller, larger. Then what was free
 * tells lack of memory from memory in pieces.
 */

/** Replays are tried as long as they come to no more events than these. */
const EVENTS_REPLAYED_MAX = 1 << 24;

export interface RefusedOperation extends RequestFacts {
  readonly operation: number;
}

export interface RefusalPlan {
  readonly trace: Trace;
  readonly createStack: StackMaker;
  readonly replay: Pick<ReplayOptions, 'realloc'>;
}

export async function refusalOf(
  plan: RefusalPlan,
  refused: RefusedOperation,
  heap: HeapAround,
  stack: Stack,
): Promise<Refusal> {
  const { definition, machine } = stack;
  const { sizeBytes, align } = refused;
  const trials = new Trials(plan, refused);
  const quirk = definition.quirks.find(
    ({ breaks }) => breaks !== undefined && breaks.guarantee === 'served' && breaks.by(refused),
  );
  const { requestBytesMax, headerBytes } = definition.constants;
  const isVirtual = stack.engine.translate !== undefined;
  const pages = pageHeapOf(heap, isVirtual ? 0 : orderHolding(Math.max(sizeBytes + headerBytes, align)));
  const isServedUnaligned = align > 0 && (await trials.isServed(sizeBytes, 0)) === true;
  const nearest = {
    isServedUnaligned,
    smallerBytes: (await largestServedBelow(trials, sizeBytes, align)) ?? null,
    largerBytes: (await smallestServedAbove(trials, sizeBytes, align)) ?? null,
  };
  const rule = (): Refusal['rule'] => {
    if (requestBytesMax !== undefined && sizeBytes > requestBytesMax) {
      return 'limit';
    }
    if (quirk !== undefined) {
      return 'quirk';
    }
    if (isServedUnaligned) {
      return 'alignment';
    }
    return shortageOf(sizeBytes, heap, pages);
  };
  return {
    rule: rule(),
    quirk: quirk === undefined ? null : { name: quirk.name, summary: quirk.summary, source: quirk.source },
    requestBytesMax: requestBytesMax ?? null,
    heapPages: machine.heapPages,
    pages,
    nearest,
  };
}

/** What was short, by what was free in the engine's own blocks and in the page heap. */
function shortageOf(
  sizeBytes: number,
  { survey }: HeapAround,
  pages: PageHeap | null,
): 'memory' | 'fragmentation' | 'engine' {
  const pageBytes = (pages?.freePages ?? 0) * PAGE_BYTES;
  if (survey.freeBytes + pageBytes < sizeBytes) {
    return 'memory';
  }
  const fitsPages = pages !== null && pages.unusablePerMille < 1000;
  return fitsPages || survey.largestFreeBytes >= sizeBytes ? 'engine' : 'fragmentation';
}

function pageHeapOf({ survey: { freeBlocksByOrder } }: HeapAround, order: number): PageHeap | null {
  return freeBlocksByOrder === null
    ? null
    : {
        order,
        freePages: pagesFrom(freeBlocksByOrder, 0),
        freeBlocksByOrder,
        unusablePerMille: unusableFreeIndex(freeBlocksByOrder, order),
        fragmentationPerMille: fragmentationIndex(freeBlocksByOrder, order),
      };
}

/** The trace replayed as far as an operation that asks for something else. */
class Trials {
  private left: number;

  constructor(
    private readonly plan: RefusalPlan,
    private readonly refused: RefusedOperation,
  ) {
    this.left = Math.floor(EVENTS_REPLAYED_MAX / (refused.operation + 1));
  }

  /** Whether the operation would have got what it asks for; undefined when enough has been tried. */
  async isServed(sizeBytes: number, align: number): Promise<boolean | undefined> {
    if (this.left-- <= 0) {
      return undefined;
    }
    const { operation } = this.refused;
    const failures = new Failures(new Set([operation]));
    const trace = watchedTrace(this.plan.trace, operation, (index, event) => {
      if (index === operation) {
        event.size = sizeBytes;
        event.align = align;
      }
    });
    const stack = this.plan.createStack({ drain: () => undefined });
    const { outcome } = await replay(trace, stack, [failures], this.plan.replay);
    return outcome.kind === 'ok' && !failures.has(operation);
  }
}

/** The served size next to one that is refused, between the two by halves. */
async function edge(
  trials: Trials,
  align: number,
  [served, refused]: readonly [number, number],
): Promise<number | undefined> {
  while (Math.abs(refused - served) > 1) {
    const middle = Math.floor((served + refused) / 2);
    const isServed = await trials.isServed(middle, align);
    if (isServed === undefined) {
      return undefined;
    }
    [served, refused] = isServed ? [middle, refused] : [served, middle];
  }
  return served;
}

async function largestServedBelow(
  trials: Trials,
  sizeBytes: number,
  align: number,
): Promise<number | undefined> {
  if (sizeBytes <= 1) {
    return undefined;
  }
  const isOneServed = await trials.isServed(1, align);
  return isOneServed === true ? edge(trials, align, [1, sizeBytes]) : isOneServed === false ? 0 : undefined;
}

/** Larger requests may go another way; a page, and twice that, are where ways part. */
async function smallestServedAbove(
  trials: Trials,
  sizeBytes: number,
  align: number,
): Promise<number | undefined> {
  for (const larger of [pagesHolding(sizeBytes + 1), 2 * pagesHolding(sizeBytes + 1)]) {
    if ((await trials.isServed(larger, align)) === true) {
      return edge(trials, align, [larger, sizeBytes]);
    }
  }
  return undefined;
}

const pagesHolding = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
