import type { Step, StepDefinitions } from '../../harness/machine/steps';

/**
 * Instructions of the bookkeeping, without the heap's own. Measured is the probe of a slot: 0.72 cycles in scans of
 * thousands of slots (libxl's own code, gcc, timed on the host that the fidelity profile describes). The loop's five
 * instructions retire together far faster than ordinary code, so the probe counts as the two ordinary ones that take
 * as long. The other steps are what their statements compile to.
 */
export const GC_STEPS = {
  enter: { instructions: 6 },
  leave: { instructions: 4 },
  /** A slot looked at for an empty one, or for a pointer. */
  probe: { instructions: 2, event: 'searchSteps' },
  add: { instructions: 12 },
  /** The table gets longer; the heap's part of it counts there. */
  grow: { instructions: 20, event: 'tableGrowths' },
  copySlot: { instructions: 5 },
  clearSlot: { instructions: 3 },
  /** One round of free_all: clear the slot, call free. */
  releaseSlot: { instructions: 7 },
  free: { instructions: 10 },
  reallocate: { instructions: 15 },
} as const satisfies StepDefinitions;

export type GcSteps = { readonly [name in keyof typeof GC_STEPS]: Step };
