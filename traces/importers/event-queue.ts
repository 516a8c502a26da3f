import { EventBlock } from '../event-block';
import type { TraceEvent } from '../trace';

/** Events between the parser, which pushes as many as a line holds, and the source, which gives whole blocks. */
export class EventQueue {
  private readonly waiting: EventBlock[] = [];
  private filling = new EventBlock();

  /** Whether a full block waits to be taken. */
  get hasFullBlock(): boolean {
    return this.waiting.length > 0;
  }

  /** Appends a copy of the event. */
  push(event: TraceEvent): void {
    if (this.filling.full) {
      this.waiting.push(this.filling);
      this.filling = new EventBlock();
    }
    this.filling.append(event);
  }

  /** The oldest events, in a block that the caller may keep; undefined when there are none. */
  take(): EventBlock | undefined {
    const full = this.waiting.shift();
    if (full !== undefined) {
      return full;
    }
    if (this.filling.length === 0) {
      return undefined;
    }
    const partial = this.filling;
    this.filling = new EventBlock();
    return partial;
  }
}
