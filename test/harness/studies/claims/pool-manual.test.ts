import { suite } from 'uvu';
import { poolManual } from '../../../../harness/studies/claims/pool-manual';
import * as checks from '../../../../harness/studies/claims/pool-manual/checks';
import * as sizes from '../../../../harness/studies/claims/pool-manual/sizes';
import { assertAllFlipped, flips } from './flips';

const test = suite('claims: the manual page pool(2)');

test('sizes and arenas', () => {
  flips(
    sizes.quantumRounding,
    { blocks: 300, onQuantum: 300, tooSmall: 0 },
    [
      { blocks: 300, onQuantum: 20, tooSmall: 0 },
      { blocks: 300, onQuantum: 300, tooSmall: 1 },
    ],
    { blocks: 300, onQuantum: 290, tooSmall: 0 },
  );
  flips(sizes.minblock, { minblock: 256, smallestBlock: 256 }, [{ minblock: 256, smallestBlock: 32 }]);
  const reuse = (quantum: number, searchSteps: number, heldBytesPeak: number) => ({
    quantum,
    searchSteps,
    heldBytesPeak,
  });
  flips(
    sizes.quantumReuse,
    [reuse(8, 900, 1000), reuse(128, 500, 1000)],
    [[reuse(8, 500, 1000), reuse(128, 900, 900)], []],
    [reuse(8, 900, 1000), reuse(128, 500, 1100)],
  );
  flips(sizes.arenasMerge, { grownMerged: 0, grownApart: 4000 }, [
    { grownMerged: 4000, grownApart: 4000 },
    { grownMerged: 0, grownApart: 0 },
  ]);
  const within = { firstArena: 8192, minarena: 8192, heldPeak: 60_000, maxsize: 65_536 };
  flips(
    sizes.limits,
    within,
    [
      { ...within, firstArena: 4096 },
      { ...within, heldPeak: 70_000 },
    ],
    { ...within, firstArena: 8232 },
  );
  flips(sizes.zeroSize, { nonNil: true }, [{ nonNil: false }]);
  flips(sizes.failedRealloc, { failed: true, bytesIntact: 100 }, [
    { failed: false, bytesIntact: 100 },
    { failed: true, bytesIntact: 96 },
  ]);
  flips(sizes.alignedAllocation, { requests: 70, aligned: 70, withinSpan: 70 }, [
    { requests: 70, aligned: 69, withinSpan: 70 },
    { requests: 70, aligned: 70, withinSpan: 69 },
    { requests: 0, aligned: 0, withinSpan: 0 },
  ]);
});

test('compaction', () => {
  const rescued = { atMaxsizeMoving: true, atMaxsizeFixed: false, sourceDryMoving: true };
  flips(
    sizes.compactionRescue,
    rescued,
    [
      { ...rescued, atMaxsizeMoving: false },
      { ...rescued, atMaxsizeFixed: true },
    ],
    { ...rescued, sourceDryMoving: false },
  );
  flips(sizes.compactNeedsMove, { movesWith: 7, movesWithout: 0 }, [
    { movesWith: 0, movesWithout: 0 },
    { movesWith: 7, movesWithout: 7 },
  ]);
});

test('what the pool notices', () => {
  const noticed = {
    sizes: 128,
    sizesCaught: 128,
    valuesCaught: 256,
    caughtByRealloc: true,
    nextEntryParanoid: true,
    nextEntryOrdinary: false,
    hiddenByMsize: false,
  };
  flips(
    checks.oneByteOverrun,
    noticed,
    [
      { ...noticed, sizesCaught: 127 },
      { ...noticed, valuesCaught: 128 },
      { ...noticed, caughtByRealloc: false },
      { ...noticed, nextEntryParanoid: false },
    ],
    { ...noticed, hiddenByMsize: true },
  );
  flips(checks.doubleFree, { caught: true, foreignCaught: true }, [
    { caught: false, foreignCaught: true },
    { caught: true, foreignCaught: false },
  ]);
});

test('flags', () => {
  const tolerant = {
    oneNulTolerated: true,
    oneNulStrict: false,
    otherByteTolerated: false,
    twoNulsFullBlock: false,
    twoNulsWithSlack: false,
  };
  flips(
    checks.tolerance,
    tolerant,
    [
      { ...tolerant, oneNulTolerated: false },
      { ...tolerant, oneNulStrict: true },
      { ...tolerant, otherByteTolerated: true },
    ],
    { ...tolerant, twoNulsFullBlock: true },
  );
  flips(
    checks.paranoia,
    [{ live: 100, ordinaryCycles: 10, paranoidCycles: 1000 }],
    [[{ live: 100, ordinaryCycles: 10, paranoidCycles: 900 }], []],
  );
  const filled = { frees: 20, distinctPlacements: 20, distinctOrdinary: 1, bytesLeft: 0 };
  flips(
    checks.noreuse,
    filled,
    [
      { ...filled, distinctPlacements: 10 },
      { ...filled, bytesLeft: 104 },
    ],
    { ...filled, bytesLeft: 8 },
  );
  const marked = {
    freedWord: 0xe700_0028,
    freedClaimed: 0xe700_0028,
    allocatedWord: 0xe900_01c8,
    allocatedClaimed: 0xe900_01c8,
    unmarkedWord: 0x4141_4141,
  };
  flips(
    checks.antagonism,
    marked,
    [
      { ...marked, freedWord: 0x4141_4141 },
      { ...marked, allocatedWord: 0 },
    ],
    { ...marked, freedWord: 0xf700_00c8 },
  );
});

test('no claim of the manual page goes without', () => {
  assertAllFlipped(poolManual);
});

test.run();
