import type { PhaseFigures } from '../../fidelity/phase-figures';

/**
 * What the compiler adds to the accesses that an engine's description names, by the step in which it does: saved
 * registers, spills, return addresses and re-read globals (plus), and pairs of 8-byte stores joined into one 16-byte
 * store (minus). The model has no stack, so its counts are compared with the measured ones after adding these.
 *
 * The numbers were solved from `instructions.csv` by least squares over all its rows and rounded; one number a step
 * serves every storm, phase and engine in which the step occurs, so rows hold each other to account.
 */
const EXTRAS: Readonly<Record<string, { readonly loads: number; readonly stores: number }>> = {
  'page-allocator: take': { loads: 10, stores: 5 },
  'page-allocator: split': { loads: 0, stores: -1 },
  'page-allocator: give': { loads: 12, stores: 2 },
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
  'virtual-area: findMapping': { loads: 2, stores: 2 },
};

/** Loads per operation with what the compiler adds. */
export function compiledLoads(counts: PhaseFigures): number {
  return (counts.loads + extra(counts, 'loads')) / counts.operations;
}

export function compiledStores(counts: PhaseFigures): number {
  return (counts.stores + extra(counts, 'stores')) / counts.operations;
}

function extra(counts: PhaseFigures, kind: 'loads' | 'stores'): number {
  return [...counts.steps].reduce((sum, [step, times]) => sum + (EXTRAS[step]?.[kind] ?? 0) * times, 0);
}
