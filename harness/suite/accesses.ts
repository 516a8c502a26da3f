import type { PlannedCell } from './matrix';

/** How dear cells are, in memory accesses of the model, before they run; `accessesOf` says it exactly afterwards. */

/** What an operation of an engine with a bounded search takes, and of one that may search a whole list. */
const ACCESSES_PER_EVENT = 32;
const ACCESSES_PER_EVENT_SEARCHING = 256;

/** Every access is priced once a pricing, and mostly replayed twice: what nobody saw of the heap takes another pass. */
const PASSES = 2;

/** An estimate that depends on nothing but the cell and its number of events, the same on every shard. */
export function estimatedAccesses({ cell, definition }: PlannedCell, events: number): number {
  const isBounded = definition.bounds.some(({ verb, most }) => verb === 'free' && most !== undefined);
  const accesses = events * (isBounded ? ACCESSES_PER_EVENT : ACCESSES_PER_EVENT_SEARCHING);
  return Math.min(accesses, cell.accessBudget ?? Infinity) * (PASSES + cell.pricings.length);
}
