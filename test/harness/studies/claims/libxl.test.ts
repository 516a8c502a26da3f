import { suite } from 'uvu';
import { libxlPolicy } from '../../../../harness/studies/claims/libxl-policy';
import * as lifetimes from '../../../../harness/studies/claims/libxl-policy/lifetimes';
import * as releases from '../../../../harness/studies/claims/libxl-policy/releases';
import { freeAborts, libxlRfc2010, VIOLATORS } from '../../../../harness/studies/claims/libxl-rfc-2010';
import { assertAllFlipped, flips } from './flips';

const test = suite('claims: libxl’s memory policy');

test('lifetimes', () => {
  const dead = { temporaries: 20, left2010: 0, leftToday: 0, leftBefore: 20 };
  flips(lifetimes.temporariesDie, dead, [
    { ...dead, left2010: 20 },
    { ...dead, leftToday: 1 },
  ]);
  flips(lifetimes.categoryB, { leftAfterCall: 1, leftAfterFree: 0 }, [
    { leftAfterCall: 0, leftAfterFree: 0 },
    { leftAfterCall: 1, leftAfterFree: 1 },
  ]);
  flips(lifetimes.categoryC, { leftFreed: 0, leftForgotten: 1 }, [
    { leftFreed: 1, leftForgotten: 1 },
    { leftFreed: 0, leftForgotten: 0 },
  ]);
  flips(lifetimes.nestedReuse, { afterInnerCode: 21, afterInnerPolicy: 21 }, [
    { afterInnerCode: 1, afterInnerPolicy: 21 },
  ]);
});

test('releases and costs', () => {
  const kept = { kept2010: 'ok', keptToday: 'ok', freedBehindTheGc: 'corrupt', freedThroughTheGc: 'corrupt' };
  flips(
    releases.noDoubleFree,
    kept,
    [
      { ...kept, kept2010: 'corrupt' },
      { ...kept, freedBehindTheGc: 'ok' },
    ],
    { ...kept, freedThroughTheGc: 'ok' },
  );
  const moved = {
    objectBytes: 32,
    duplicatingCycles: 1300,
    adoptingCycles: 150,
    internalPoolCycles: 1200,
    internalAdoptedCycles: 1200,
  };
  flips(
    releases.adoptingCheaper,
    [moved],
    [[{ ...moved, adoptingCycles: 1400 }], []],
    [{ ...moved, internalAdoptedCycles: 3000 }],
  );
  const curve = (first: number, second: number) => [
    { live: 100, cost: first },
    { live: 200, cost: second },
  ];
  flips(releases.numerousObjects, { temporaries: curve(100, 200), mallocs: curve(50, 50) }, [
    { temporaries: curve(100, 100), mallocs: curve(50, 50) },
    { temporaries: curve(100, 200), mallocs: curve(50, 100) },
  ]);
  flips(releases.leakCured, { heldBefore: 200, heldAfter: 100 }, [{ heldBefore: 100, heldAfter: 100 }]);
});

test('violators', () => {
  for (const trial of VIOLATORS) {
    flips(trial, { broken: ['V1'], brokenFixed: [] }, [
      { broken: [], brokenFixed: [] },
      { broken: ['V1'], brokenFixed: ['V1'] },
    ]);
  }
  flips(freeAborts, { before: 'ok', after: 'corrupt' }, [
    { before: 'corrupt', after: 'corrupt' },
    { before: 'ok', after: 'ok' },
  ]);
});

test('no claim of the two documents goes without', () => {
  assertAllFlipped(libxlPolicy);
  assertAllFlipped(libxlRfc2010);
});

test.run();
