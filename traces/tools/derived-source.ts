import { IdentityHash } from '../identity';
import type { EventSource, TextTable, TraceEvent, TraceHeader } from '../trace';

/** An event source made of others, event by event; its identity is that of the events it gives. */
export abstract class DerivedSource implements EventSource {
  private readonly hash: IdentityHash;

  constructor(
    readonly header: TraceHeader,
    readonly texts: TextTable,
  ) {
    this.hash = new IdentityHash(texts);
  }

  next(event: TraceEvent): boolean {
    if (!this.produce(event)) {
      return false;
    }
    this.hash.add(event);
    return true;
  }

  abstract refill(): Promise<boolean>;

  identity(): string {
    return this.hash.digest();
  }

  abstract close(): Promise<void>;

  /** What `EventSource.next` is to do. */
  protected abstract produce(event: TraceEvent): boolean;
}
