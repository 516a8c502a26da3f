/**
 * The lives of recorded objects as events of the trace, with the filters applied: what is smaller than asked for and
 * what lies before the part asked for is left out, and what comes out is balanced all the same.
 */
import { NO_TEXT, OP, TraceEvent } from '../trace';
import type { Accounting } from './accounting';
import type { ImportOptions } from './options';

/**
 * Whether the trace knows an object: `small` ones are below `minSizeBytes` at present, `skipped` ones were allocated
 * in the part that `skipEvents` left out.
 */
type Visibility = 'shown' | 'small' | 'skipped';

/** An object between its allocation and its free; `id` is its name in the trace while it is shown. */
export interface RecordedObject {
  id: number;
  size: number;
  visibility: Visibility;
}

/** How a Plan 9 pool was asked to place a block; all 0 for any other allocation. */
export interface AlignedRequest {
  readonly offset: number;
  readonly span: number;
}

const NO_REQUEST: AlignedRequest = { offset: 0, span: 0 };

/** What takes a copy of every event. */
export interface EventSink {
  push(event: TraceEvent): void;
}

export class ObjectEvents {
  private readonly event = new TraceEvent();
  private readonly skipEvents: number;
  private readonly minSizeBytes: number;
  private readonly limitEvents: number;
  /** Events so far, with those that `skipEvents` left out. */
  private passedEvents = 0;
  private nextId = 0;
  private liveObjects = 0;
  private liveBytes = 0;

  constructor(
    private readonly accounting: Accounting,
    options: ImportOptions,
    private readonly sink: EventSink,
  ) {
    this.skipEvents = options.skipEvents;
    this.minSizeBytes = options.minSizeBytes;
    this.limitEvents = options.limitEvents;
  }

  /** Whether `limitEvents` is reached: nothing more may be said. */
  get isFull(): boolean {
    return this.accounting.events >= this.limitEvents;
  }

  /** An allocation. `value` and `site` are texts of the trace. */
  begin(
    size: number,
    align: number,
    site: number = NO_TEXT,
    value: number = NO_TEXT,
    request = NO_REQUEST,
  ): RecordedObject {
    const object: RecordedObject = { id: 0, size, visibility: 'shown' };
    const isAligned = request !== NO_REQUEST;
    const event = this.event;
    event.set(isAligned ? OP.alignedalloc : OP.alloc, 0, size, align);
    event.offset = request.offset;
    event.span = request.span;
    event.site = site;
    event.value = value;
    this.show(object);
    return object;
  }

  /** A successful reallocation: an event if the object is and stays in the trace, else its coming or going. */
  resize(object: RecordedObject, size: number, site: number = NO_TEXT): void {
    const isSmall = size < this.minSizeBytes;
    if (object.visibility === 'shown' && isSmall) {
      this.hide(object);
      object.visibility = 'small';
    } else if (object.visibility === 'shown') {
      this.event.set(OP.realloc, object.id, size, 0);
      this.event.site = site;
      if (this.emit()) {
        this.accounting.reallocs += 1;
      }
      this.liveBytes += size - object.size;
      this.notePeak();
    } else if (object.visibility === 'skipped' && this.isSkipping) {
      this.skip();
    } else {
      object.size = size;
      this.event.set(OP.alloc, 0, size, 0);
      this.event.site = site;
      this.show(object);
    }
    object.size = size;
  }

  /** A free. */
  end(object: RecordedObject): void {
    if (object.visibility === 'shown') {
      this.hide(object);
    } else if (object.visibility === 'skipped' && this.isSkipping) {
      this.skip();
    } else if (object.visibility === 'skipped') {
      this.accounting.skippedObjectFrees += 1;
    }
  }

  /** An operation that changes no object's life: on an object, or on the whole allocator. */
  mention(op: number, object: RecordedObject | undefined): void {
    if (object !== undefined && object.visibility !== 'shown') {
      return;
    }
    this.event.set(op, object?.id ?? 0, 0, 0);
    if (this.emit()) {
      this.accounting.otherEvents += 1;
    }
  }

  /** A free after the recording's end. */
  close(object: RecordedObject): void {
    this.event.set(OP.free, object.id, 0, 0);
    this.sink.push(this.event);
    this.accounting.events += 1;
    this.accounting.frees += 1;
    this.accounting.closedLeaks += 1;
  }

  private get isSkipping(): boolean {
    return this.passedEvents < this.skipEvents;
  }

  /** Emits the prepared allocation, unless a filter says that the object is not to be shown now. */
  private show(object: RecordedObject): void {
    const { event, accounting } = this;
    if (object.size < this.minSizeBytes) {
      object.visibility = 'small';
      accounting.smallAllocs += 1;
      return;
    }
    event.id = this.nextId;
    if (!this.emit()) {
      object.visibility = 'skipped';
      return;
    }
    object.visibility = 'shown';
    object.id = this.nextId++;
    accounting.allocs += 1;
    this.liveObjects += 1;
    this.liveBytes += object.size;
    this.notePeak();
  }

  private hide(object: RecordedObject): void {
    this.event.set(OP.free, object.id, 0, 0);
    if (this.emit()) {
      this.accounting.frees += 1;
    }
    this.liveObjects -= 1;
    this.liveBytes -= object.size;
    this.notePeak();
  }

  /** Passes the prepared event on; says whether it became part of the trace. */
  private emit(): boolean {
    if (this.isSkipping) {
      this.skip();
      return false;
    }
    this.passedEvents += 1;
    this.accounting.events += 1;
    this.sink.push(this.event);
    return true;
  }

  private skip(): void {
    this.passedEvents += 1;
    this.accounting.skippedEvents += 1;
  }

  private notePeak(): void {
    const { accounting, liveBytes, liveObjects } = this;
    accounting.liveAtEnd = liveObjects;
    accounting.liveBytesAtEnd = liveBytes;
    if (liveBytes > accounting.peakLiveBytes) {
      accounting.peakLiveBytes = liveBytes;
    }
    if (liveObjects > accounting.peakLiveObjects) {
      accounting.peakLiveObjects = liveObjects;
    }
  }
}
