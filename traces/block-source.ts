import type { EventBlock } from './event-block';
import type { EventRun, EventSource, TextTable, TraceEvent, TraceHeader } from './trace';

/**
 * An event source that works block by block: `refill` loads one, `next` copies events out of it. Readers of files
 * and `EventColumns` only say where the next block comes from.
 */
export abstract class BlockSource implements EventSource {
  private currentBlock: EventBlock | undefined;
  private position = 0;

  constructor(
    readonly header: TraceHeader,
    readonly texts: TextTable,
  ) {}

  next(event: TraceEvent): boolean {
    const block = this.currentBlock;
    if (block === undefined || this.position >= block.length) {
      return false;
    }
    block.read(this.position++, event);
    return true;
  }

  lend(): EventRun | undefined {
    return this.currentBlock?.run(this.position);
  }

  skip(count: number): void {
    this.position += count;
  }

  async refill(): Promise<boolean> {
    this.currentBlock = undefined;
    this.position = 0;
    const block = await this.loadBlock();
    if (block === undefined) {
      return false;
    }
    this.currentBlock = block;
    return true;
  }

  abstract identity(): string;

  async close(): Promise<void> {
    this.currentBlock = undefined;
    return this.release();
  }

  /** How many events of the current block `next` has given. */
  protected get yieldedOfBlock(): number {
    return this.position;
  }

  /**
   * The next block, undefined after the last. It is read until the next call, so one block may serve again and
   * again; it may be empty.
   */
  protected abstract loadBlock(): Promise<EventBlock | undefined>;

  /** Releases what is behind the source; called any number of times. */
  protected abstract release(): Promise<void>;
}
