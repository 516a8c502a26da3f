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
 * Runs a source to its end and judges every event: nothing is allocated twice, nothing freed that does not live,
 * sizes are whole, alignments powers of two. `see` is shown every event with the sizes of what lives.
 */
export function passOver(
  source: EventSource,
  see: (event: TraceEvent, live: ReadonlyMap<number, number>) => void = () => undefined,
  allocator?: Allocator,
  eventsMax = Infinity,
): Pass {
  const live = new Map<number, number>();
  const event = new TraceEvent();
  const counts = { events: 0, allocations: 0, frees: 0, livePeak: 0 };
  let problem: string | undefined;
  let placement: Placement = NOTHING;
  let complete = false;
  while (counts.events < eventsMax) {
    complete = !source.next(event, placement);
    if (complete) break;
    problem ??= illegality(event, live);
    see(event, live);
    placement = NOTHING;
    if (event.op === OP.alloc) {
      counts.allocations++;
      live.set(event.id, event.size);
      placement = allocator?.allocate(event.id, event.size) ?? (4096 as Placement);
      if (!isBlock(placement)) live.delete(event.id);
    } else if (event.op === OP.free) {
      counts.frees++;
      live.delete(event.id);
      allocator?.free(event.id);
    }
    counts.events++;
    counts.livePeak = Math.max(counts.livePeak, live.size);
  }
  return { ...counts, liveAtEnd: live.size, identity: source.identity(), complete, problem };
}

function illegality(event: TraceEvent, live: ReadonlyMap<number, number>): string | undefined {
  const { op, id, size, align } = event;
  const told = `${OP_NAMES[op]},${id},${size},${align}`;
  const counts = [id, size, align].every((number) => Number.isSafeInteger(number) && number >= 0);
  if (!counts) return `${told}: no counts`;
  if (align !== 0 && (align > 4096 || (align & (align - 1)) !== 0)) return `${told}: no alignment`;
  if (op === OP.alloc && live.has(id)) return `${told}: lives already`;
  if (op === OP.free && !live.has(id)) return `${told}: does not live`;
  if (op === OP.free && (size !== 0 || align !== 0)) return `${told}: a free has no size`;
  return undefined;
}
