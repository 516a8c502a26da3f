import { IdentityHash } from '../identity';
import type { EventSource, Placement, TextTable, TraceEvent, TraceHeader } from '../trace';

/** What a synthesizer makes: one event after the other, on demand. */
export interface EventGenerator {
  /** Fills `event` and says true, or says that there are no more. Adaptive generators look at `lastPlacement`. */
  next(event: TraceEvent, lastPlacement: Placement): boolean;
  /** What the generator counted about the events so far, to be shown beside the trace. */
  facts?(): readonly Fact[];
}

/** A count that the events alone do not tell: `pages patched`, 6021. */
export interface Fact {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** One pass over a generator's events. */
export class SyntheticSource implements EventSource {
  private readonly hash: IdentityHash;

  constructor(
    readonly header: TraceHeader,
    readonly texts: TextTable,
    private readonly generator: EventGenerator,
  ) {
    this.hash = new IdentityHash(texts);
  }

  next(event: TraceEvent, lastPlacement: Placement): boolean {
    if (!this.generator.next(event, lastPlacement)) {
      return false;
    }
    this.hash.add(event);
    return true;
  }

  refill(): Promise<boolean> {
    return Promise.resolve(false);
  }

  identity(): string {
    return this.hash.digest();
  }

  /** What the generator counted so far; complete at the end of the pass, and empty for most generators. */
  facts(): readonly Fact[] {
    return this.generator.facts?.() ?? [];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
