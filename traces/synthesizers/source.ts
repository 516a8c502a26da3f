import { createHash } from 'node:crypto';
import type { EventSource, Placement, TextTable, TraceEvent, TraceHeader } from '../trace';
import { OP_NAMES } from '../trace';

/** What a synthesizer makes: one event after the other, on demand. */
export interface Generator {
  /** Fills `event` and says true, or says that there are no more. Adaptive generators look at `lastPlacement`. */
  next(event: TraceEvent, lastPlacement: Placement): boolean;
}

/** One pass over a generator's events. */
export class SyntheticSource implements EventSource {
  private readonly hash = createHash('sha256').update('op,id,size,align\n');
  private digest: string | undefined;

  constructor(
    readonly header: TraceHeader,
    readonly texts: TextTable,
    private readonly generator: Generator,
  ) {}

  next(event: TraceEvent, lastPlacement: Placement): boolean {
    if (!this.generator.next(event, lastPlacement)) return false;
    this.hash.update(`${OP_NAMES[event.op]},${event.id},${event.size},${event.align}\n`);
    return true;
  }

  refill(): Promise<boolean> {
    return Promise.resolve(false);
  }

  identity(): string {
    this.digest ??= this.hash.digest('hex');
    return this.digest;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
