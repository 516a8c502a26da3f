import type { PhaseFigures } from '../../fidelity/phase-figures';

/**
 * What a compiled reference does beside what an engine's description names, by the step in which it does it: saved
 * registers, spills, return addresses and re-read globals (plus), and pairs of 8-byte stores joined into one 16-byte
 * store (minus). The model has no stack, so its counts are compared with the measured ones after adding these.
 *
 * The numbers were solved from the measurements by least squares over all their rows and rounded; one number a step
 * serves every storm, phase and engine in which the step occurs, so rows hold each other to account.
 */
export interface Extras {
  readonly loads: number;
  readonly stores: number;
  /** Executed besides, which a replay of a measured run adds for itself. */
  readonly instructions?: number;
}
export type ExtrasByStep = Readonly<Record<string, Extras>>;

/** The originals of `test/measured/xen-2026`: as they are, with x86's find functions. */
export const ORIGINALS: ExtrasByStep = {
  'page-allocator: take': { loads: 13, stores: 6 },
  'page-allocator: split': { loads: 0, stores: -1 },
  'page-allocator: give': { loads: 11, stores: 2 },
  'page-allocator: merge': { loads: 2, stores: 0 },
  'page-allocator-head: takeXenheap': { loads: 0, stores: 1 },
  'page-allocator-head: take': { loads: 33, stores: 35 },
  'page-allocator-head: split': { loads: 4, stores: 2 },
  'page-allocator-head: passDirty': { loads: 3, stores: 1 },
  'page-allocator-head: countScrubbed': { loads: 1, stores: 1 },
  'page-allocator-head: giveXenheap': { loads: 1, stores: 0 },
  'page-allocator-head: giveDomheap': { loads: 7, stores: 6 },
  'page-allocator-head: give': { loads: 11, stores: 13 },
  'page-allocator-head: merge': { loads: 2, stores: 0 },
  'xmalloc-tlsf: xmalloc': { loads: 8, stores: 8 },
  'xmalloc-tlsf: xfree': { loads: 3, stores: 3 },
  'xmalloc-tlsf: givePiece': { loads: -3, stores: 2 },
  'tlsf-pool: allocate': { loads: 8, stores: 4 },
  'tlsf-pool: growRegion': { loads: 6, stores: 0 },
  'tlsf-pool: free': { loads: 7, stores: 1 },
  'tlsf-pool: giveRegion': { loads: 6, stores: 0 },
  'vmalloc: vmalloc': { loads: 15, stores: 18 },
  'vmalloc: vfree': { loads: 30, stores: 22 },
  'virtual-area: findMapping': { loads: 3, stores: 1 },
  // Two calls with their arguments, which are globals.
  'virtual-area: passMapping': { loads: 9, stores: 5 },
};

/**
 * The reference of `test/measured/xen`. It stood on a reduction of the page allocator without the filter that spares
 * TLB flushes, and its find functions were inlined: that much less or more than the originals did it work.
 */
export const REDUCTION: ExtrasByStep = {
  'page-allocator: take': { loads: 10, stores: 5, instructions: -8 },
  'page-allocator: preparePage': { loads: 1, stores: 0, instructions: -5 },
  'page-allocator: split': { loads: 0, stores: -1 },
  'page-allocator: give': { loads: 12, stores: 2, instructions: 4 },
  'page-allocator: merge': { loads: 4, stores: 0 },
  'xmalloc-first-fit: allocate': { loads: 1, stores: 1 },
  'xmalloc-first-fit: wholePages': { loads: -2, stores: 0 },
  'xmalloc-tlsf-2008: xmalloc': { loads: 2, stores: 2 },
  'xmalloc-tlsf-2008: wholePages': { loads: 1, stores: 3 },
  'xmalloc-tlsf-2008: xfree': { loads: -1, stores: -2 },
  'xmalloc-tlsf: xmalloc': { loads: 6, stores: 7 },
  'xmalloc-tlsf: wholePages': { loads: 0, stores: 1 },
  'xmalloc-tlsf: xfree': { loads: 4, stores: 3 },
  'xmalloc-tlsf: givePiece': { loads: 1, stores: 3 },
  'tlsf-pool: allocate': { loads: 6, stores: 3 },
  'tlsf-pool: growRegion': { loads: 5, stores: -2 },
  'tlsf-pool: free': { loads: 4, stores: 1 },
  'tlsf-pool: giveRegion': { loads: 4, stores: 0 },
  'vmalloc: vmalloc': { loads: 15, stores: 18 },
  'vmalloc: vfree': { loads: 19, stores: 14 },
  'virtual-area: findMapping': { loads: 2, stores: 2, instructions: 14 },
  'virtual-area: passMapping': { loads: 0, stores: 0, instructions: -20 },
};

/** Loads or stores per operation with what the compiled code does besides. */
export function compiled(counts: PhaseFigures, kind: 'loads' | 'stores', extras: ExtrasByStep): number {
  const more = [...counts.steps].reduce((sum, [step, times]) => sum + (extras[step]?.[kind] ?? 0) * times, 0);
  return (counts[kind] + more) / counts.operations;
}
