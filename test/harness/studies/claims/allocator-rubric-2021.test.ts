import { suite } from 'uvu';
import { allocatorRubric2021 } from '../../../../harness/studies/claims/allocator-rubric-2021';
import * as mapped from '../../../../harness/studies/claims/allocator-rubric-2021/mapped';
import * as pages from '../../../../harness/studies/claims/allocator-rubric-2021/pages';
import * as pool from '../../../../harness/studies/claims/allocator-rubric-2021/pool';
import * as rules from '../../../../harness/studies/claims/allocator-rubric-2021/rules';
import type { SingleRequest } from '../../../../harness/studies/claims/allocator-rubric-2021/single-request';
import { assertAllFlipped, flips } from './flips';

const test = suite('claims: the allocator rubric of 2021');

const PAGE = 4096;

function request(pagesAsked: number, taken: number, more: Partial<SingleRequest> = {}): SingleRequest {
  return {
    sizeBytes: pagesAsked * PAGE,
    pages: taken,
    strideBytes: taken * PAGE,
    contiguous: true,
    maps: 0,
    unmaps: 0,
    tlbFlushes: 0,
    cycles: 100,
    ...more,
  };
}

const board = { freePages: 256, largestFreePages: 1, succeeds: false, contiguous: false };
const little = { freePages: 400, unusablePages: 4 };
const much = { freePages: 400, unusablePages: 300 };

test('contiguous pages', () => {
  for (const trial of [pages.xenheapContiguous, pages.wholePagesContiguous]) {
    flips(trial, [request(2, 2)], [[request(2, 2, { contiguous: false })], [request(2, 2, { maps: 1 })], []]);
  }
  flips(pages.xenheapWaste, [request(4, 4), request(5, 8)], [[request(4, 4), request(5, 5)], []]);
  flips(pages.wholePagesWaste, { xmalloc: [request(5, 5)], xenheap: [request(5, 8)] }, [
    { xmalloc: [request(5, 8)], xenheap: [request(5, 8)] },
    { xmalloc: [request(5, 5)], xenheap: [request(5, 5)] },
  ]);
  for (const trial of [pages.xenheapMayFail, pages.wholePagesMayFail]) {
    flips(trial, board, [
      { ...board, succeeds: true },
      { ...board, freePages: 2 },
    ]);
  }
  flips(pages.xenheapContributesLittle, little, [much]);
  flips(pages.wholePagesFragmentMore, { xmalloc: much, xenheap: little }, [
    { xmalloc: little, xenheap: much },
  ]);
});

test('the pool below a page', () => {
  flips(
    pool.twoAllocators,
    { firstWholePage: PAGE, gapless: true },
    [
      { firstWholePage: undefined, gapless: false },
      { firstWholePage: 4200, gapless: true },
    ],
    { firstWholePage: 4033, gapless: true },
  );
  flips(pool.poolUnmapped, [request(1, 0)], [[request(1, 0, { unmaps: 1 })], []]);
  flips(pool.poolWaste, { xmalloc: 700, xenheap: 6000, vmalloc: 6000 }, [
    { xmalloc: 5000, xenheap: 6000, vmalloc: 6000 },
    { xmalloc: 700, xenheap: 600, vmalloc: 6000 },
  ]);
  flips(pool.poolSurvives, { ...board, succeeds: true }, [board]);
  const left = (sizeBytes: number, numbers: typeof little) => ({ sizeBytes, left: numbers });
  flips(
    pool.poolFragmentsLittle,
    [left(200, little)],
    [[left(200, much)], []],
    [left(200, little), left(3000, much)],
  );
});

test('mapped memory', () => {
  const guarded = request(5, 5, { strideBytes: 6 * PAGE });
  flips(mapped.vmallocPages, [guarded], [[request(5, 5)], [{ ...guarded, pages: 8 }], []]);
  flips(mapped.vmallocSmallWaste, { vmalloc: request(1, 1), perPage: 30 }, [
    { vmalloc: request(1, 1), perPage: 1 },
    { vmalloc: request(1, 0), perPage: 30 },
  ]);
  flips(mapped.vmallocUnaffected, { ...board, succeeds: true }, [
    board,
    { ...board, succeeds: true, contiguous: true },
  ]);
  flips(mapped.vmallocHarmless, little, [much]);
  const cost = { pages: 1, vmallocCycles: 9000, xmallocCycles: 100, maps: 1, unmaps: 1 };
  const flat = [
    { live: 100, cost: 50 },
    { live: 200, cost: 50 },
  ];
  const linear = [
    { live: 100, cost: 50 },
    { live: 200, cost: 100 },
  ];
  flips(
    mapped.vmallocMapping,
    { costs: [cost], search: flat },
    [{ costs: [{ ...cost, vmallocCycles: 90 }], search: linear }],
    { costs: [cost], search: linear },
  );
  flips(mapped.xvmallocBoundary, { firstMapped: PAGE + 1, lastPlain: PAGE }, [
    { firstMapped: 4033, lastPlain: 4032 },
    { firstMapped: undefined, lastPlain: 4200 },
  ]);
});

test('the rules: following against breaking', () => {
  const way = (engine: string, smallestHeapPages: number | undefined, cyclesTotal: number) => ({
    engine,
    smallestHeapPages,
    cyclesTotal,
  });
  flips(
    rules.ruleDefault,
    [way('xvmalloc', 300, 10), way('other', 400, 20)],
    [[way('xvmalloc', 300, 10), way('other', 200, 20)], [way('xvmalloc', undefined, 10)]],
    [way('xvmalloc', 300, 30), way('other', undefined, 20)],
  );
  const pair = (asked: number, following: number, breaking: number, cycles = 50) => ({
    following: request(asked, following, { cycles }),
    breaking: request(asked, breaking),
  });
  flips(
    rules.rulePowerOfTwo,
    [pair(4, 4, 4)],
    [[pair(4, 4, 4, 200)], [pair(4, 8, 4)], []],
    [pair(4, 4, 4), pair(8, 8, 8)],
  );
  flips(rules.ruleNotPower, [pair(5, 5, 8)], [[pair(5, 8, 8)], []]);
  const above = {
    vmalloc: request(5, 5),
    xvmalloc: request(5, 5, { cycles: 110 }),
    vmallocSucceedsFragmented: true,
    xmallocSucceedsFragmented: false,
  };
  flips(rules.ruleAboveAPage, above, [
    { ...above, vmalloc: request(5, 5, { cycles: 120 }) },
    { ...above, xmallocSucceedsFragmented: true },
    { ...above, vmallocSucceedsFragmented: false },
  ]);
  const below = { xmalloc: request(1, 0), xvmalloc: request(1, 0), vmalloc: request(1, 1, { cycles: 900 }) };
  flips(rules.ruleBelowAPage, below, [
    { ...below, xmalloc: request(1, 0, { cycles: 950 }) },
    { ...below, vmalloc: request(1, 0, { cycles: 900 }) },
  ]);
});

test('no claim of the rubric goes without', () => {
  assertAllFlipped(allocatorRubric2021);
});

test.run();
