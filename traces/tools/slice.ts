import { UsageError } from '../input-error';
import { NOTHING, OP, TraceEvent, type EventSource } from '../trace';
import { TraceRules } from '../trace-rules';
import { DerivedSource } from './derived-source';

export interface SliceOptions {
  /** The first event, counted from 0. */
  readonly from: number;
  /** The first event that is not wanted any more; the end of the trace when left out. */
  readonly to?: number;
  /** Whether to end with an empty heap: open calls are left and live objects freed, oldest first. */
  readonly balanced?: boolean;
}

/**
 * The events of a range, as a trace of their own: what concerns objects or calls from before the range is left out,
 * for nothing in it would say what they are. Takes over the source. Throws a `UsageError` for an empty range.
 */
export function sliced(
  source: EventSource,
  { from, to = Infinity, balanced = false }: SliceOptions,
): EventSource {
  if (!Number.isSafeInteger(from) || from < 0 || !(to > from)) {
    throw new UsageError({
      problem: `no events lie from ${from} up to ${to}`,
      expected: 'a first event from 0 up and a later end',
    });
  }
  return new SlicedSource(source, from, to, balanced);
}

/** The first events of a trace. */
export const head = (source: EventSource, count: number): EventSource =>
  sliced(source, { from: 0, to: count });

class SlicedSource extends DerivedSource {
  private readonly rules = new TraceRules();
  private index = 0;
  /** What is appended; undefined while the range lasts. */
  private closing: Iterator<TraceEvent> | undefined;

  constructor(
    private readonly source: EventSource,
    private readonly from: number,
    private readonly to: number,
    private readonly balanced: boolean,
  ) {
    super(source.header, source.texts);
  }

  async refill(): Promise<boolean> {
    if (this.closing !== undefined) {
      return false;
    }
    if (this.index < this.to && (await this.source.refill())) {
      return true;
    }
    this.closing = this.balanced ? closingEvents(this.rules) : [][Symbol.iterator]();
    return this.balanced;
  }

  close(): Promise<void> {
    return this.source.close();
  }

  protected produce(event: TraceEvent): boolean {
    if (this.closing !== undefined) {
      return this.produceClosing(event);
    }
    while (this.index < this.to && this.source.next(event, NOTHING)) {
      this.index += 1;
      if (this.index > this.from && this.rules.take(event) === undefined) {
        return true;
      }
    }
    return false;
  }

  private produceClosing(event: TraceEvent): boolean {
    const step = this.closing!.next();
    if (step.done !== true) {
      event.copyFrom(step.value);
    }
    return step.done !== true;
  }
}

function* closingEvents(rules: TraceRules): Generator<TraceEvent, void, undefined> {
  const event = new TraceEvent();
  for (const id of rules.openCallIds().reverse()) {
    event.set(OP.leave, id, 0, 0);
    rules.take(event);
    yield event;
  }
  for (const id of rules.liveIds()) {
    event.set(OP.free, id, 0, 0);
    yield event;
  }
}
