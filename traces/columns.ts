import { BlockSource } from './block-source';
import { BLOCK_EVENTS_MAX, EventBlock } from './event-block';
import { IdentityHash, identityTask } from './identity';
import { NOTHING, TextTable, TraceEvent } from './trace';
import type { EventRun, EventSource, IdentityTask, Trace, TraceHeader } from './trace';

/**
 * A whole trace in memory, to be held once and replayed many times: about nine bytes an event and four of what
 * was checked, more where large values or optional columns occur. Growing copies nothing, for the events lie in blocks.
 */
export class EventColumns {
  private readonly blocks: EventBlock[] = [];
  private last = new EventBlock();
  private count = 0;
  private identityOfAll: string | undefined;

  /** `texts` resolves the text columns of the events; those appended must have been interned in it. */
  constructor(readonly texts: TextTable = new TextTable()) {
    this.blocks.push(this.last);
  }

  /** How many events there are. */
  get length(): number {
    return this.count;
  }

  /** Appends a copy of the event. */
  append(event: TraceEvent): void {
    this.withRoom().append(event);
    this.count += 1;
    this.identityOfAll = undefined;
  }

  /** Appends copies of the first events of a run that is whole, as many as fit: returns how many. */
  appendRun(run: EventRun): number {
    const block = this.withRoom();
    const count = Math.min(run.until - run.from, BLOCK_EVENTS_MAX - block.length);
    block.appendRun(run, count);
    this.count += count;
    this.identityOfAll = undefined;
    return count;
  }

  /** The block under way. */
  private withRoom(): EventBlock {
    if (this.last.full) {
      this.last = new EventBlock();
      this.blocks.push(this.last);
    }
    return this.last;
  }

  /** Fills `into` with the event at `index`. Throws a `RangeError` where there is none. */
  event(index: number, into: TraceEvent): void {
    if (!(index >= 0 && index < this.count)) {
      throw new RangeError(`event ${index} of ${this.count}`);
    }
    const inBlock = index % BLOCK_EVENTS_MAX;
    this.blocks[(index - inBlock) / BLOCK_EVENTS_MAX]!.read(inBlock, into);
  }

  /** The identity of the events, computed at the first question. */
  identity(): string {
    if (this.identityOfAll === undefined) {
      const hash = new IdentityHash(this.texts);
      for (const block of this.blocks) {
        hash.addBlock(block);
      }
      this.identityOfAll = hash.digest();
    }
    return this.identityOfAll;
  }

  /** The identity as a task for another thread; undefined where it is known. */
  identityTask(): IdentityTask | undefined {
    return this.identityOfAll === undefined ? identityTask(this.texts, this.blocks) : undefined;
  }

  /** One pass over the events that are there now; nothing may be appended before it ends. */
  source(header: TraceHeader): EventSource {
    return new ColumnsSource(header, this, this.blocks);
  }

  /** The events as a trace that can be passed over any number of times. */
  trace(header: TraceHeader): Trace {
    return {
      header,
      open: () => Promise.resolve(this.source(header)),
      identityTask: () => this.identityTask(),
    };
  }
}

/**
 * Reads a source to its end and holds its events; undefined where there are more than `eventsMax`. Rejects as the
 * source does; closes it in any case. The source sees no placements, so an adaptive generator must not be held.
 */
export async function holdEvents(source: EventSource): Promise<EventColumns>;
export async function holdEvents(source: EventSource, eventsMax: number): Promise<EventColumns | undefined>;
export async function holdEvents(
  source: EventSource,
  eventsMax: number = Infinity,
): Promise<EventColumns | undefined> {
  const columns = new EventColumns(source.texts);
  const event = new TraceEvent();
  try {
    do {
      while (holdNext(source, columns, event)) {
        if (columns.length > eventsMax) {
          return undefined;
        }
      }
    } while (await source.refill());
  } finally {
    await source.close();
  }
  return columns;
}

/** Appends what comes next, by the run where it is lent; false where the source has nothing more at hand. */
function holdNext(source: EventSource, columns: EventColumns, event: TraceEvent): boolean {
  const run = source.lend?.();
  if (run?.isWhole === true && run.from < run.until) {
    source.skip!(columns.appendRun(run));
    return true;
  }
  if (!source.next(event, NOTHING)) {
    return false;
  }
  columns.append(event);
  return true;
}

class ColumnsSource extends BlockSource {
  private nextBlock = 0;

  constructor(
    header: TraceHeader,
    private readonly columns: EventColumns,
    private readonly blocks: readonly EventBlock[],
  ) {
    super(header, columns.texts);
  }

  identity(): string {
    return this.columns.identity();
  }

  protected loadBlock(): Promise<EventBlock | undefined> {
    return Promise.resolve(this.blocks[this.nextBlock++]);
  }

  protected release(): Promise<void> {
    this.nextBlock = this.blocks.length;
    return Promise.resolve();
  }
}
