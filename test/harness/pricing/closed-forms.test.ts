import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHASE, LOAD, STORE, UPDATE } from '../../../harness/machine/access-stream';
import { parsePricing, type PricingSpecification } from '../../../harness/pricing/specification';
import type { Access } from './oracle';
import { accesses, priceOperations, smallPricing, smallProfile } from './priced-stream';

/** Accesses whose price can be worked out by hand. */

const HEAP = 0x1000_0000;
const PAGE = 4096;

const noPrefetch = smallProfile('strideBytesMax: 4096', 'strideBytesMax: 0');

const cyclesOf = (specification: PricingSpecification, ...operations: Access[][]): number[] =>
  priceOperations(
    specification,
    operations.map((each) => accesses(...each)),
  ).map(({ cycles }) => cycles);

const closed = suite('closed forms');

closed('a dependent walk costs every node the latency of memory, then of the cache that holds it', () => {
  const nodes = Array.from({ length: 8 }, (_, node): Access => [
    HEAP + 64 * [0, 9, 3, 20, 5, 31, 26, 2][node]!,
    CHASE,
  ]);
  // One page walk (7 + 20, for 2M pages have no second level); 8 lines fit L1's 8 ways of 4 sets.
  assert.equal(cyclesOf(smallPricing(), nodes, nodes), [8 * 400 + 27, 8 * 4]);
});

closed('a walk longer than L1 costs every node the latency of L2', () => {
  // Each of the four sets of L1 holds two lines, and four others come before one is used again.
  const nodes = Array.from({ length: 20 }, (_, node): Access => [HEAP + 64 * ((node * 7) % 20), CHASE]);
  const specification = smallPricing({ profile: noPrefetch });
  const [, again] = priceOperations(specification, [accesses(...nodes), accesses(...nodes)]);
  assert.equal(again!.causes, { l2: 20 * 16 });
});

closed('cold, every operation pays for every line again, and for one page walk', () => {
  const nodes: Access[] = [0, 9, 3, 20].map((line) => [HEAP + 64 * line, CHASE]);
  const cold = smallPricing({ state: { kind: 'cold' } });
  assert.equal(cyclesOf(cold, nodes, nodes, nodes), [1627, 1627, 1627]);
});

closed('foreign traffic as large as the caches evicts them, less leaves what it does not reach', () => {
  const line: Access[] = [[HEAP, CHASE]];
  const shared = (bytes: number) => smallPricing({ state: { kind: 'shared', bytes } });
  assert.equal(cyclesOf(shared(8192), line, line), [427, 400]);
  assert.equal(cyclesOf(shared(8192 - 64 * 16), line, line), [427, 50]);
  assert.equal(cyclesOf(shared(2048 - 64 * 8), line, line), [427, 16]);
  assert.equal(cyclesOf(shared(64), line, line, line), [427, 4, 4]);
  assert.equal(cyclesOf(shared(63), line, line, line), [427, 4, 4]);
});

closed('small pages cost their translations', () => {
  const pages = (count: number): Access[] =>
    Array.from({ length: count }, (_, page) => [HEAP + page * PAGE + 64 * (page % 4), CHASE]);
  const small = smallPricing({ mapping: '4k' });
  const tlb = (count: number) =>
    priceOperations(small, [accesses(...pages(count)), accesses(...pages(count))]).map(
      ({ causes }) => causes.tlb ?? 0,
    );
  assert.equal(tlb(4), [4 * 37, 0], 'four pages fit the first level');
  assert.equal(tlb(16), [16 * 37, 16 * 7], 'sixteen fit the second');
  assert.equal(tlb(64), [64 * 37, 64 * 37], 'sixty-four fit neither');
});

closed('a regular stride is prefetched once it has been seen twice', () => {
  const strided: Access[] = Array.from({ length: 10 }, (_, node) => [HEAP + node * 4096, CHASE]);
  const [first] = priceOperations(smallPricing(), [accesses(...strided)]);
  assert.equal(first!.causes, { dram: 3 * 400, prefetched: 7 * 20, tlb: 27 });
  const far = strided.map(([address], node): Access => [address + node * 64, CHASE]);
  assert.equal(priceOperations(smallPricing(), [accesses(...far)])[0]!.causes, { dram: 4000, tlb: 27 });
});

closed('independent misses share the wait for the slowest', () => {
  const warm: Access[] = [[HEAP, LOAD]];
  const three: Access[] = [[HEAP + 64 * 5, LOAD], [HEAP + 64 * 11, LOAD], [HEAP + 64 * 30, LOAD]]; // prettier-ignore
  const [, price] = priceOperations(smallPricing(), [accesses(...warm), accesses(...three)]);
  assert.equal(price!.causes, { dram: 390 + 50 + 50 });
});

closed('a slower miss beside a faster one costs the difference', () => {
  const filler: Access[] = [16, 28, 8, 20].map((line) => [HEAP + 64 * line, CHASE]);
  const fast: Access = [HEAP, LOAD];
  const slow: Access = [HEAP + 64 * 37, LOAD];
  // HEAP leaves L1 (2 ways) but stays in L2.
  const [, price] = priceOperations(smallPricing(), [
    accesses([HEAP, CHASE], ...filler),
    accesses(fast, slow),
  ]);
  assert.equal(price!.causes, { l2: 6, dram: 390 - 6 });
});

closed('a store miss is hidden until a locked update waits for it', () => {
  const page: Access[] = [[HEAP, LOAD]];
  const store: Access = [HEAP + 64 * 3, STORE];
  const update: Access = [HEAP, UPDATE];
  const [, alone, drained] = priceOperations(smallPricing(), [
    accesses(...page),
    accesses([HEAP + 64 * 7, STORE]),
    accesses(store, update),
  ]);
  assert.equal(alone!.causes, { dram: 11 });
  assert.equal(drained!.causes, { dram: 390, lockedUpdates: 18 });
});

closed('a load waits for the line that a store fetches, but not for the word that it stored', () => {
  const line = HEAP + 64 * 3;
  const page: Access[] = [[HEAP, LOAD]];
  const [, word, other, behind] = priceOperations(smallPricing({ state: { kind: 'cold' } }), [
    accesses(...page),
    accesses([HEAP, LOAD], [line, STORE], [line + 8, STORE], [line + 8, CHASE]),
    accesses([HEAP, LOAD], [line, STORE], [line + 8, STORE], [line + 12, LOAD], [line + 16, LOAD]),
    accesses([HEAP, UPDATE], [line, STORE], [line + 4, CHASE]),
  ]);
  assert.equal(word!.causes, { l1: 1 + 4, dram: 390 + 11, tlb: 17 });
  assert.equal(other!.causes, { l1: 1, dram: 390 + 11 + 50, tlb: 17 }, 'it runs beside the first miss');
  assert.equal(behind!.causes, { dram: 400 + 11 + 400, tlb: 27, lockedUpdates: 18 });
});

closed('a locked update that waits for a store lets what follows run beside its wait', () => {
  const page: Access[] = [[HEAP, LOAD]];
  const store = (line: number): Access => [HEAP + 64 * line, STORE];
  const load = (line: number): Access => [HEAP + 64 * line, LOAD];
  const update: Access = [HEAP, UPDATE];
  const [, two, far] = priceOperations(smallPricing(), [
    accesses(...page),
    accesses(store(3), update, store(7), update, load(9), load(17)),
    accesses(load(8), update, load(13)),
  ]);
  assert.equal(two!.causes, { dram: 390 + 11 + 50 + 50 + 50, lockedUpdates: 36 });
  assert.equal(far!.causes, { dram: 390 + 50, lockedUpdates: 18 }, 'nor is it a barrier between two loads');
});

closed('nothing runs beside a dependent load, nor beside a lock that has to be fetched', () => {
  const of = (first: Access): Access[] => [[HEAP + 64 * 9, LOAD], first, [HEAP + 64 * 21, LOAD]];
  const cold = smallPricing({ state: { kind: 'cold' } });
  const [chase, update, load] = priceOperations(cold, [
    accesses(...of([HEAP + 64 * 3, CHASE])),
    accesses(...of([HEAP + 64 * 3, UPDATE])),
    accesses(...of([HEAP + 64 * 3, LOAD])),
  ]);
  assert.equal(chase!.causes, { dram: 390 + 400 + 390, tlb: 17 });
  assert.equal(update!.causes, { dram: 390 + 400 + 390, tlb: 17, lockedUpdates: 18 });
  assert.equal(load!.causes, { dram: 390 + 50 + 50, tlb: 17 });
});

closed('neighbours displace what is not used for long, from the third level alone', () => {
  const profile = smallProfile(
    'memory: { cycles: 400',
    'neighbours: { l3BytesPerKilocycle: 64000, cyclesBetweenOperations: 100, source: made up }\nmemory: { cycles: 400',
  );
  const line: Access = [HEAP, CHASE];
  const others: Access[] = [4, 9, 17, 30, 33].map((each) => [HEAP + 64 * 8 * each, CHASE]);
  const priced = priceOperations(smallPricing({ profile }), [
    accesses(line),
    accesses(line),
    accesses(...others),
    accesses(line),
  ]);
  // 427 + 100 + 4 + 100 + 2000 + 100 cycles bring in 2731 lines for 16 sets, ten times what the set can hold.
  assert.equal(
    priced.map(({ causes }) => causes.dram ?? 0),
    [400, 0, 2000, 400],
  );
});

closed('neighbours on the same core displace from the second level too, the rarer the later', () => {
  const profile = (rarity: number) =>
    smallProfile(
      'memory: { cycles: 400',
      `neighbours: { l3BytesPerKilocycle: 64000, cyclesBetweenOperations: 96, l3LinesPerL2Line: ${rarity}, source: made up }\nmemory: { cycles: 400`,
    );
  const line: Access = [HEAP, CHASE];
  const others = [4, 8, 16].map((each): Access => [HEAP + 64 * each, CHASE]);
  const last = (rarity: number) =>
    priceOperations(smallPricing({ profile: profile(rarity) }), [
      accesses(line, ...others),
      accesses(line),
    ]).at(-1)!.causes;
  // 1627 + 96 cycles bring in 1723 lines for 16 sets of the third level, all of it; L2 has 8 sets of 4 ways.
  assert.equal(last(1), { dram: 400 });
  assert.equal(last(0), { l2: 16 });
  assert.equal(last(1000), { l2: 16 });
});

closed('flat accesses cost what the profile says, wherever they go', () => {
  const flat = parsePricing('flat');
  const mixed: Access[] = Array.from({ length: 1000 }, (_, index) => [HEAP + index * PAGE, index % 4]);
  const [price] = priceOperations(flat, [accesses(...mixed)]);
  assert.equal(price!.causes, { accesses: 750 * 4, lockedUpdates: 250 * 20 });
  assert.is(price!.cycles, 8000);
});

closed.run();
