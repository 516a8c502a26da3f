import { CHASE, END_OF_OPERATION, LOAD, STORE } from '../machine/access-stream';
import { CAUSE_COUNT, causeIndex, type OutcomeCosts } from './costs';
import { LOCKED } from './outcomes';

/**
 * The part of pricing that looks at every single access, and the seam where a faster kernel fits: flat typed arrays
 * in, flat typed arrays out.
 *
 * `segmentCosts` holds what the segments cost without their accesses; what these cost is added. `causeCosts` holds a
 * row of `CAUSE_COUNT` for each operation that ends in the batch and one more for the operation under way at its end;
 * what the accesses of an operation cost is added to its row, cause by cause. All costs are in 1/256 cycle.
 */
export type PriceAccesses = (
  entries: Int32Array,
  segmentEnds: Int32Array,
  segmentFlags: Int32Array,
  segmentCount: number,
  costs: OutcomeCosts,
  segmentCosts: Float64Array,
  causeCosts: Float64Array,
) => void;

const ACCESSES = causeIndex('accesses');
const LOCKED_UPDATES = causeIndex('lockedUpdates');
/** Entries that can be tallied before the tally of one kind might run into the next. */
const TALLY_MAX = 255;

/** The flat model: accesses by kind, wherever they go. */
export const priceFlatAccesses: PriceAccesses = (
  entries,
  segmentEnds,
  segmentFlags,
  segmentCount,
  { cycles256 },
  segmentCosts,
  causeCosts,
) => {
  const [perLoad, perChase, perStore] = [cycles256[LOAD]!, cycles256[CHASE]!, cycles256[STORE]!];
  const perUpdate = cycles256[LOCKED]!;
  let row = 0;
  let index = 0;
  for (let segment = 0; segment < segmentCount; segment++) {
    const end = segmentEnds[segment]!;
    let plainCost = 0;
    let lockedCost = 0;
    while (index < end) {
      const stop = Math.min(end, index + TALLY_MAX);
      // Four tallies of eight bits in one integer: no branch and no memory touched per entry.
      let tallies = 0;
      for (; index < stop; index++) {
        tallies = (tallies + (1 << ((entries[index]! & 3) << 3))) | 0;
      }
      const loads = tallies & TALLY_MAX;
      const chases = (tallies >>> 8) & TALLY_MAX;
      const stores = (tallies >>> 16) & TALLY_MAX;
      plainCost += loads * perLoad + chases * perChase + stores * perStore;
      lockedCost += (tallies >>> 24) * perUpdate;
    }
    causeCosts[row + ACCESSES]! += plainCost;
    causeCosts[row + LOCKED_UPDATES]! += lockedCost;
    segmentCosts[segment]! += plainCost + lockedCost;
    if ((segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
      row += CAUSE_COUNT;
    }
  }
};
