import {
  isBlock,
  NOTHING,
  OP,
  OP_NAMES,
  TraceEvent,
  type EventSource,
  type Placement,
} from '../../../traces/trace';

/** What a pass over a trace amounted to; `problem` is the first event that no legal trace may hold. */
export interface Pass {
  readonly events: number;
  readonly allocations: number;
  readonly frees: number;
  readonly liveAtEnd: number;
  readonly livePeak: number;
  readonly identity: string;
  /** Whether the source had no more to say. */
  readonly complete: boolean;
  readonly problem: string | undefined;
}

/** An allocator in the test's hands: gives every allocation a placement. */
export interface Allocator {
  allocate(id: number, size: number): Placement;
  free(id: number): void;
}

/**
 * Runs a source to its end and judges every event: nothing is allocated twice, nothing freed, resized or adopted that
 * does not live, nothing of a call happens outside one, sizes are whole, alignments powers of two. `see` is shown
 * every event with the sizes of what lives.
 */
export function passOver(
  source: EventSource,
  see: (event: TraceEvent, live: ReadonlyMap<number, number>) => void = () => undefined,
  allocator?: Allocator,
  eventsMax = Infinity,
): Pass {
  const objects = new Objects();
  const event = new TraceEvent();
  const counts = { events: 0, allocations: 0, frees: 0, livePeak: 0 };
  let problem: string | undefined;
  let placement: Placement = NOTHING;
  let complete = false;
  while (counts.events < eventsMax) {
    complete = !source.next(event, placement);
    if (complete) {
      break;
    }
    problem ??= objects.illegality(event);
    see(event, objects.live);
    placement = objects.perform(event, allocator);
    counts.events++;
    if (ALLOCATING.has(event.op)) {
      counts.allocations++;
    }
    if (event.op === OP.free) {
      counts.frees++;
    }
    counts.livePeak = Math.max(counts.livePeak, objects.live.size);
  }
  if (complete && objects.calls.length > 0) {
    problem ??= 'the trace ends within a call';
  }
  return { ...counts, liveAtEnd: objects.live.size, identity: source.identity(), complete, problem };
}

const ALLOCATING = new Set<number>([OP.alloc, OP.temp, OP.heap]);
const OF_LIVING = new Set<number>([OP.free, OP.realloc, OP.adopt, OP.return, OP.store, OP.use]);
const OF_CALLS = new Set<number>([OP.temp, OP.adopt, OP.freeall, OP.leave, OP.return]);
const WITHOUT_SIZE = new Set<number>([OP.free, OP.enter, OP.leave, OP.freeall, OP.adopt]);

class Objects {
  /** Sizes by id. */
  readonly live = new Map<number, number>();
  /** The temporaries of each open call. */
  readonly calls: Set<number>[] = [];

  illegality({ op, id, size, align }: TraceEvent): string | undefined {
    const told = `${OP_NAMES[op]},${id},${size},${align}`;
    const counts = [id, size, align].every((number) => Number.isSafeInteger(number) && number >= 0);
    if (!counts) {
      return `${told}: no counts`;
    }
    if (align !== 0 && (align > 4096 || (align & (align - 1)) !== 0)) {
      return `${told}: no alignment`;
    }
    if (ALLOCATING.has(op) && this.live.has(id)) {
      return `${told}: lives already`;
    }
    if (OF_LIVING.has(op) && !this.live.has(id)) {
      return `${told}: does not live`;
    }
    if (OF_CALLS.has(op) && this.calls.length === 0) {
      return `${told}: outside any call`;
    }
    if (WITHOUT_SIZE.has(op) && (size !== 0 || align !== 0)) {
      return `${told}: has no size`;
    }
    if ((op === OP.free || op === OP.adopt) && this.calls.some((call) => call.has(id))) {
      return `${told}: dies with its call`;
    }
    return undefined;
  }

  perform({ op, id, size }: TraceEvent, allocator: Allocator | undefined): Placement {
    if (op === OP.enter) {
      this.calls.push(new Set());
    }
    if (op === OP.temp || op === OP.adopt) {
      this.calls.at(-1)?.add(id);
    }
    if (op === OP.freeall || op === OP.leave) {
      this.endCall(op);
    }
    if (op === OP.realloc) {
      this.live.set(id, size);
    }
    if (op === OP.free) {
      this.live.delete(id);
      allocator?.free(id);
    }
    if (!ALLOCATING.has(op)) {
      return NOTHING;
    }
    const placement = allocator?.allocate(id, size) ?? (4096 as Placement);
    if (isBlock(placement)) {
      this.live.set(id, size);
    }
    return placement;
  }

  private endCall(op: number): void {
    const call = this.calls.at(-1);
    for (const id of call ?? []) {
      this.live.delete(id);
    }
    call?.clear();
    if (op === OP.leave) {
      this.calls.pop();
    }
  }
}
