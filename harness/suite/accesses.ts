import type { EngineDefinition } from '../replay/port';
import type { Cell } from '../results/cell';

/** How dear cells are, in memory accesses of the model, before they run; `accessesOf` says it exactly afterwards. */

/** What an operation of a bounded search takes. One that may search a whole list may meet every object. */
const ACCESSES_PER_EVENT = 32;

/** What nobody saw of the heap takes another pass, unless the memory can be put back. Every pricing prices one. */
const passesOf = ({ isAllInMemory }: EngineDefinition): number => (isAllInMemory === true ? 1 : 2);

/** How long a trace is, and how many of its objects live at once. */
export interface TraceSize {
  readonly events: number;
  readonly liveObjectsMax: number;
}

/** An estimate that depends on nothing but the cell and the size of its trace, the same on every shard. */
export function estimatedAccesses(
  cell: Cell,
  definition: EngineDefinition,
  { events, liveObjectsMax }: TraceSize,
): number {
  const isBounded = definition.bounds.some(({ verb, most }) => verb === 'free' && most !== undefined);
  const accesses = events * (isBounded ? ACCESSES_PER_EVENT : Math.max(ACCESSES_PER_EVENT, liveObjectsMax));
  return Math.min(accesses, cell.accessBudget ?? Infinity) * (passesOf(definition) + cell.pricings.length);
}
