import { SyntheticSource, type Fact } from '../synthesizers/source';
import { NO_TEXT, NOTHING, OP_NAMES, TraceEvent } from '../trace';
import type { EventSource, OpName, TextTable, TraceOrigin } from '../trace';
import { TraceRules, type ObjectObserver } from '../trace-rules';
import { Histogram, type HistogramClass } from './histogram';

/** Requests for memory: allocations, and reallocations with their new size. */
export interface RequestFigures {
  readonly requests: number;
  readonly bytesTotal: number;
  /** Absent where there are no requests. */
  readonly bytesMin?: number;
  readonly bytesMax?: number;
}

/** The events of one call site, or of one API function. */
export interface GroupFigures extends RequestFigures {
  readonly text: string;
  readonly events: number;
}

/** The most of something, and the event (from 0) after which there was so much for the first time. */
export interface Peak {
  readonly amount: number;
  /** Absent where there was never any. */
  readonly event?: number;
}

export interface TraceInfo {
  readonly name: string;
  readonly origin: TraceOrigin;
  readonly identity: string;
  readonly events: number;
  /** The ops that occur, in the order of their codes. */
  readonly ops: readonly { readonly op: OpName; readonly events: number }[];
  /** The ops beyond `alloc` and `free`: what an engine must offer to replay the trace. */
  readonly needs: readonly OpName[];
  readonly all: RequestFigures;
  /** Of the requests, in bytes. */
  readonly sizes: readonly HistogramClass[];
  /** Of the objects that died, in events from the allocation to the free. */
  readonly lifetimes: readonly HistogramClass[];
  /** Requests that name an alignment, and the largest that they name, in bytes. */
  readonly alignedRequests: number;
  readonly alignMax: number;
  readonly liveBytesPeak: Peak;
  readonly liveObjectsPeak: Peak;
  /** The most that was live in each of at most 64 equal stretches of the trace. */
  readonly liveBytesOverEvents: readonly number[];
  readonly liveBytesAtEnd: number;
  readonly liveObjectsAtEnd: number;
  /** By call site and by API function, most events first; events that name none are left out. */
  readonly sites: readonly GroupFigures[];
  readonly calls: readonly GroupFigures[];
  /** Events that break the rules between events (`TraceRules`); of those only the op is counted. */
  readonly violations: number;
  /** What the generator of a synthetic trace counted that the events do not tell. */
  readonly facts: readonly Fact[];
}

/**
 * What a trace holds. Reads the source to its end and closes it; rejects as it does. The source sees no placements.
 * Memory is bounded by the objects live at once and by the texts.
 */
export async function traceInfo(source: EventSource): Promise<TraceInfo> {
  const figures = new TraceFigures();
  const event = new TraceEvent();
  try {
    do {
      while (source.next(event, NOTHING)) {
        figures.add(event);
      }
    } while (await source.refill());
    const facts = source instanceof SyntheticSource ? source.facts() : [];
    return { ...source.header, identity: source.identity(), ...figures.info(source.texts), facts };
  } finally {
    await source.close();
  }
}

class TraceFigures implements ObjectObserver {
  private readonly rules = new TraceRules(this);
  private events = 0;
  private violations = 0;
  private readonly ops = OP_NAMES.map(() => 0);
  private readonly all = new Group();
  private readonly sites = new Groups();
  private readonly calls = new Groups();
  private readonly sizes = new Histogram();
  private readonly lifetimes = new Histogram();
  private alignedRequests = 0;
  private alignMax = 0;
  /** By handle: the object's size and the event that allocated it. */
  private readonly sizeOf: number[] = [];
  private readonly bornAt: number[] = [];
  private readonly liveBytes = new Level();
  private readonly liveObjects = new Level();
  private readonly liveBytesStretches = new Stretches();

  add(event: TraceEvent): void {
    this.ops[event.op]! += 1;
    if (this.rules.take(event) === undefined) {
      this.sites.of(event.site).events += 1;
      this.calls.of(event.call).events += 1;
      this.liveBytes.reached(this.events);
      this.liveObjects.reached(this.events);
      this.liveBytesStretches.add(this.liveBytes.now);
    } else {
      this.violations += 1;
    }
    this.events += 1;
  }

  born(handle: number, event: TraceEvent): void {
    this.sizeOf[handle] = event.size;
    this.bornAt[handle] = this.events;
    this.liveObjects.now += 1;
    this.liveBytes.now += event.size;
    this.request(event);
  }

  resized(handle: number, event: TraceEvent): void {
    this.liveBytes.now += event.size - this.sizeOf[handle]!;
    this.sizeOf[handle] = event.size;
    this.request(event);
  }

  died(handle: number): void {
    this.liveObjects.now -= 1;
    this.liveBytes.now -= this.sizeOf[handle]!;
    this.lifetimes.add(this.events - this.bornAt[handle]!);
  }

  info(texts: TextTable): Omit<TraceInfo, 'name' | 'origin' | 'identity' | 'facts'> {
    const ops = OP_NAMES.map((op, code) => ({ op, events: this.ops[code]! })).filter(
      ({ events }) => events > 0,
    );
    return {
      events: this.events,
      ops,
      needs: ops.map(({ op }) => op).filter((op) => op !== 'alloc' && op !== 'free'),
      all: this.all.figures(),
      sizes: this.sizes.classes(),
      lifetimes: this.lifetimes.classes(),
      alignedRequests: this.alignedRequests,
      alignMax: this.alignMax,
      liveBytesPeak: this.liveBytes.peak,
      liveObjectsPeak: this.liveObjects.peak,
      liveBytesOverEvents: this.liveBytesStretches.highest,
      liveBytesAtEnd: this.liveBytes.now,
      liveObjectsAtEnd: this.liveObjects.now,
      sites: this.sites.figures(texts),
      calls: this.calls.figures(texts),
      violations: this.violations,
    };
  }

  private request({ size, align, site, call }: TraceEvent): void {
    this.sizes.add(size);
    this.all.request(size);
    this.sites.of(site).request(size);
    this.calls.of(call).request(size);
    if (align > 0) {
      this.alignedRequests += 1;
    }
    this.alignMax = Math.max(this.alignMax, align);
  }
}

/** How much of something there is, and the most there ever was. */
class Level {
  now = 0;
  peak: Peak = { amount: 0 };

  /** Says that the event is over. */
  reached(event: number): void {
    if (this.now > this.peak.amount) {
      this.peak = { amount: this.now, event };
    }
  }
}

const STRETCHES_MAX = 64;

/** The highest values of stretches of equal length: where there are too many, two become one. */
class Stretches {
  highest: number[] = [];
  private length = 1;
  private count = 0;

  add(value: number): void {
    if (this.count === this.length * STRETCHES_MAX) {
      this.merge();
    }
    const stretch = Math.floor(this.count / this.length);
    this.highest[stretch] = Math.max(this.highest[stretch] ?? 0, value);
    this.count += 1;
  }

  private merge(): void {
    const { highest } = this;
    this.highest = highest
      .filter((_, index) => index % 2 === 0)
      .map((value, index) => Math.max(value, highest[2 * index + 1]!));
    this.length *= 2;
  }
}

class Group {
  events = 0;
  private requests = 0;
  private bytesTotal = 0;
  private bytesMin = Infinity;
  private bytesMax = 0;

  request(bytes: number): void {
    this.requests += 1;
    this.bytesTotal += bytes;
    this.bytesMin = Math.min(this.bytesMin, bytes);
    this.bytesMax = Math.max(this.bytesMax, bytes);
  }

  figures(): RequestFigures {
    const { requests, bytesTotal, bytesMin, bytesMax } = this;
    return requests === 0 ? { requests, bytesTotal } : { requests, bytesTotal, bytesMin, bytesMax };
  }
}

/** Groups by the index of a text. */
class Groups {
  private readonly groups: Group[] = [];

  of(text: number): Group {
    let group = this.groups[text];
    if (group === undefined) {
      group = new Group();
      this.groups[text] = group;
    }
    return group;
  }

  figures(texts: TextTable): GroupFigures[] {
    const figures: GroupFigures[] = [];
    // The array has holes where a text belongs to another column, and `forEach` passes over them.
    this.groups.forEach((group, index) => {
      if (index === NO_TEXT || group.events === 0) {
        return;
      }
      figures.push({ text: texts.text(index), events: group.events, ...group.figures() });
    });
    return figures.sort((one, other) => other.events - one.events);
  }
}
