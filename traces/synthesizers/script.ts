import { NO_TEXT, NOTHING, OP, TraceEvent, type OpCode, type Placement } from '../trace';
import type { EventGenerator, Fact } from './source';

/**
 * A script tells a trace from beginning to end as a generator function: it writes one event with its pen, yields, and
 * finds in `pen.placement` what became of it. Storms, where speed matters most, are written without.
 */
export type Script = Generator<void, void, void>;

/** Writes a script's events and numbers its objects. */
export class Pen {
  /** The event to fill next. */
  event = new TraceEvent();
  /** What the event before the last yield returned. */
  placement: Placement = NOTHING;
  /** The id that the next allocation gets; they ascend. */
  nextId = 0;
  /** The id that the last allocation got. */
  id = 0;

  allocate(size: number, align = 0, site: number = NO_TEXT, call: number = NO_TEXT): void {
    this.id = this.nextId++;
    this.event.set(OP.alloc, this.id, size, align);
    this.event.site = site;
    this.event.call = call;
  }

  free(id: number): void {
    this.event.set(OP.free, id, 0, 0);
  }

  /** Any other operation on an object or call. */
  write(op: OpCode, id: number, size: number, value: number = NO_TEXT, call: number = NO_TEXT): void {
    this.event.set(op, id, size, 0);
    this.event.value = value;
    this.event.call = call;
  }
}

/** Runs a script, one event at a time. */
export class ScriptedGenerator implements EventGenerator {
  private readonly pen = new Pen();
  private readonly script: Script;

  constructor(
    tell: (pen: Pen) => Script,
    readonly facts: () => readonly Fact[] = () => [],
  ) {
    this.script = tell(this.pen);
  }

  next(event: TraceEvent, lastPlacement: Placement): boolean {
    this.pen.event = event;
    this.pen.placement = lastPlacement;
    return this.script.next().done !== true;
  }
}

/** Allocates `count` objects of one size; their ids follow one another. */
export function* allocateRow(pen: Pen, count: number, size: number): Script {
  for (let left = count; left > 0; left--) {
    pen.allocate(size);
    yield;
  }
}

/** Frees `count` objects whose ids are `step` apart, from `firstId` on. */
export function* freeRow(pen: Pen, firstId: number, count: number, step = 1): Script {
  for (let index = 0; index < count; index++) {
    pen.free(firstId + index * step);
    yield;
  }
}

/** Frees these objects, in their order. */
export function* freeEach(pen: Pen, ids: Iterable<number>): Script {
  for (const id of ids) {
    pen.free(id);
    yield;
  }
}

/** Allocates and frees an object of this size, `count` times: whatever the search for it costs, it costs each time. */
export function* probe(pen: Pen, count: number, size: number): Script {
  for (let left = count; left > 0; left--) {
    pen.allocate(size);
    yield;
    pen.free(pen.id);
    yield;
  }
}
