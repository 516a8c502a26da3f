import type { EventSource } from '../trace';

/** A source that can say where the event it gave last stands, for messages: `file:line:1`, `file:block N`. */
export interface PlacedSource extends EventSource {
  place(): string;
}
