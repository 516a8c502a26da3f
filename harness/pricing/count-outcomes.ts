import { CHASE, END_OF_OPERATION, LOAD, STORE, UPDATE } from '../machine/access-stream';
import { FOUND, OUTCOME_COUNT } from './outcomes';

/**
 * The part of pricing that looks at every single access, and the seam where a faster kernel fits: flat typed arrays
 * in, flat typed arrays out.
 *
 * `counts` holds one row of `OUTCOME_COUNT` per operation that ends in the batch, and one for the operation under way
 * at its end. Row 0 comes in with what the batches before counted for the operation that goes on here; all other
 * rows are overwritten. `segmentCosts` receives the cost of each segment's accesses: its outcomes times `costs`.
 */
export type CountOutcomes = (
  entries: Int32Array,
  segmentEnds: Int32Array,
  segmentFlags: Int32Array,
  segmentCount: number,
  costs: Float64Array,
  segmentCosts: Float64Array,
  counts: Int32Array,
) => void;

/** The flat model: accesses by kind, wherever they go. */
export const countFlatOutcomes: CountOutcomes = (
  entries,
  segmentEnds,
  segmentFlags,
  segmentCount,
  costs,
  segmentCosts,
  counts,
) => {
  let row = 0;
  let index = 0;
  for (let segment = 0; segment < segmentCount; segment++) {
    const start = index;
    const end = segmentEnds[segment]!;
    // CHASE is bit 0, STORE bit 1, UPDATE both: counting bits needs no branch.
    let low = 0;
    let high = 0;
    let both = 0;
    for (; index < end; index++) {
      const entry = entries[index]!;
      low += entry & 1;
      high += (entry >>> 1) & 1;
      both += entry & (entry >>> 1) & 1;
    }
    const chases = low - both;
    const stores = high - both;
    const loads = end - start - low - stores;
    counts[row + FOUND + LOAD]! += loads;
    counts[row + FOUND + CHASE]! += chases;
    counts[row + FOUND + STORE]! += stores;
    counts[row + FOUND + UPDATE]! += both;
    segmentCosts[segment] =
      loads * costs[FOUND + LOAD]! +
      chases * costs[FOUND + CHASE]! +
      stores * costs[FOUND + STORE]! +
      both * costs[FOUND + UPDATE]!;
    if ((segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
      row += OUTCOME_COUNT;
      counts.fill(0, row, row + OUTCOME_COUNT);
    }
  }
};
