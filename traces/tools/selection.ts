import { NOTHING, OP, type EventSource, type Trace, type TraceEvent } from '../trace';
import { DerivedSource } from './derived-source';

/** Says of an allocation whether its object is wanted; `site` is the text of its site. */
export type ObjectFilter = (allocation: TraceEvent, site: string) => boolean;

/** The events of some objects, from their allocation to their free, as a trace of their own. */
export function selectObjects(trace: Trace, name: string, wanted: ObjectFilter): Trace {
  const header = { ...trace.header, name };
  return { header, open: async () => new SelectedSource(header, await trace.open(), wanted) };
}

class SelectedSource extends DerivedSource {
  private readonly live = new Set<number>();

  constructor(
    header: Trace['header'],
    private readonly source: EventSource,
    private readonly wanted: ObjectFilter,
  ) {
    super(header, source.texts);
  }

  refill(): Promise<boolean> {
    return this.source.refill();
  }

  close(): Promise<void> {
    return this.source.close();
  }

  protected produce(event: TraceEvent): boolean {
    while (this.source.next(event, NOTHING)) {
      if (this.takes(event)) {
        return true;
      }
    }
    return false;
  }

  private takes(event: TraceEvent): boolean {
    switch (event.op) {
      case OP.alloc:
      case OP.alignedalloc:
        if (!this.wanted(event, this.texts.text(event.site))) {
          return false;
        }
        this.live.add(event.id);
        return true;
      case OP.free:
        return this.live.delete(event.id);
      case OP.realloc:
      case OP.msize:
      case OP.overrun:
      case OP.fill:
        return this.live.has(event.id);
      default:
        return false;
    }
  }
}
