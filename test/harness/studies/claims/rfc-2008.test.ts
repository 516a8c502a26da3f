import { suite } from 'uvu';
import { rfc2008 } from '../../../../harness/studies/claims/rfc-2008';
import {
  minimumHeapTrial,
  wasteTrial,
  wilsonTrial,
  type EngineFigures,
} from '../../../../harness/studies/claims/rfc-2008/fragmentation';
import {
  adequateTrial,
  differenceEngineNeedsTrial,
  tmemNeedsTrial,
} from '../../../../harness/studies/claims/rfc-2008/needs';
import {
  hackedTlsfTrial,
  nearPageTrial,
  wholePagesTrial,
} from '../../../../harness/studies/claims/rfc-2008/page-sizes';
import {
  arrayTrial,
  dispatchTrial,
  refuseTrial,
  supplementTrial,
} from '../../../../harness/studies/claims/rfc-2008/proposals';
import { assertAllFlipped, flips } from './flips';

const test = suite('claims: the RFC of 2008');

test('low fragmentation is a matter of the figures', () => {
  const row = (trace: string, firstFit: number, tlsf2008?: number): EngineFigures => ({
    trace,
    firstFit,
    tlsf2008,
    tlsfHead: 150,
  });
  for (const trial of [minimumHeapTrial, wilsonTrial, wasteTrial]) {
    const better = [row('a', 200, 150), row('b', 200, 160), row('c', 200, 170)];
    flips(
      trial,
      better,
      [[row('a', 100, 150)], [row('a', 100, 150), row('b', 200, 150)], []],
      [row('a', 100, 150), ...better],
    );
    flips(trial, better, [[row('a', 100, undefined)]], [row('a', 200, undefined)]);
  }
});

test('what programs need is a matter of their sizes', () => {
  flips(adequateTrial, { freeCyclesMax: 900, freeListLongest: 20 }, [
    { freeCyclesMax: 900_000, freeListLongest: 20_000 },
  ]);
  for (const trial of [tmemNeedsTrial, differenceEngineNeedsTrial]) {
    flips(
      trial,
      { requests: 100, aboveHalfPage: 90, nearPage: 60 },
      [{ requests: 100, aboveHalfPage: 4, nearPage: 0 }],
      { requests: 100, aboveHalfPage: 60, nearPage: 10 },
    );
  }
});

test('pages taken decide about the header', () => {
  const taken = (asked: number, pages: number) => ({ engine: 'e', asked, taken: pages });
  flips(
    wholePagesTrial,
    [taken(1, 2), taken(2, 4), taken(3, 6)],
    [[taken(1, 1), taken(2, 2)], []],
    [taken(1, 2), taken(2, 4), taken(3, 4)],
  );
  flips(
    nearPageTrial,
    [{ engine: 'e', first: 3969, gapless: true }],
    [[{ engine: 'e', first: undefined, gapless: false }], [{ engine: 'e', first: 3969, gapless: false }]],
  );
  const storm = { asked: 4096, stormAllocations: 1000 };
  flips(
    hackedTlsfTrial,
    { ...storm, refused: [], stormFailures: 0 },
    [{ ...storm, refused: [4033], stormFailures: 900 }],
    { ...storm, refused: [4033, 4034], stormFailures: 100 },
  );
});

test('each proposal is judged by what it changes', () => {
  const limit = { engine: 'e', largestServed: 4032, pagesMax: 1, servedAbove: 0 };
  flips(refuseTrial, [limit], [[{ ...limit, pagesMax: 2 }], [{ ...limit, servedAbove: 3 }], []]);
  const dispatch = { xmallocPages: 700, dispatchPages: 600, caught: 3, wrong: 3 };
  flips(dispatchTrial, dispatch, [
    { ...dispatch, dispatchPages: 800 },
    { ...dispatch, caught: 2 },
  ]);
  const arrays = { arrays: 100, others: 1000, refused: 5 };
  flips(arrayTrial, { ...arrays, arraysAbovePage: 50, othersAbovePage: 5 }, [
    { ...arrays, arraysAbovePage: 0, othersAbovePage: 5 },
  ]);
  const share = (sharePercent: number, freeCyclesMax: number, heldPagesPeak = 100) => ({
    sharePercent,
    freeCyclesMax,
    heldPagesPeak,
  });
  flips(
    supplementTrial,
    [share(0, 400), share(50, 200), share(100, 10)],
    [[share(0, 400), share(50, 500)], [share(0, 10)]],
    [share(0, 400), share(50, 200, 120)],
  );
});

test('no claim of the RFC goes without', () => {
  assertAllFlipped(rfc2008);
});

test.run();
