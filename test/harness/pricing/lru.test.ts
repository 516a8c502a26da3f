import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { LruLog } from '../../../harness/pricing/lru-log';
import { LruSets } from '../../../harness/pricing/lru-sets';
import { NaiveCache } from './oracle';

const SEED = 20081121;

/** Numbers that fall into few sets, so that replacement happens. */
const numbers = (largest: number) => fc.array(fc.nat(largest), { minLength: 1, maxLength: 400 });

const sets = suite('set-associative caches');

for (const ways of [1, 2, 3, 4, 5, 8, 11, 12, 16, 24]) {
  for (const setCount of [1, 2, 16]) {
    sets(`${setCount} sets of ${ways} ways replace the least recently used`, () => {
      const property = fc.property(numbers(3 * ways * setCount), (touched) => {
        const cache = new LruSets(setCount, ways, 'none');
        const naive = new NaiveCache(setCount, ways);
        for (const number of touched) assert.is(cache.touch(number), naive.touch(number));
      });
      fc.assert(property, { seed: SEED, numRuns: 20 });
    });
  }
}

type Step = { readonly touch: number } | 'evict' | { readonly foreign: number };

const steps = (largest: number, between: fc.Arbitrary<Step>) =>
  fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.record({ touch: fc.nat(largest) }) },
      { weight: 1, arbitrary: between },
    ),
    {
      minLength: 1,
      maxLength: 300,
    },
  );

/** Plays the steps on both; foreign lines are numbered on and on, far from all others. */
function agree(
  cache: { touch(number: number): boolean; evict(): void; passForeign(count: number): void },
  naive: NaiveCache,
  played: readonly Step[],
): void {
  let foreign = 2 ** 32;
  for (const step of played) {
    if (step === 'evict') {
      cache.evict();
      naive.evict();
    } else if ('foreign' in step) {
      cache.passForeign(step.foreign);
      for (let count = 0; count < step.foreign; count++) naive.touch(foreign++);
    } else {
      assert.is(cache.touch(step.touch), naive.touch(step.touch));
    }
  }
}

const eviction = fc.constant<Step>('evict');
const foreignTraffic = fc.record({ foreign: fc.nat(70) });

for (const ways of [1, 3, 8]) {
  sets(`${ways} ways: eviction empties every set`, () => {
    const property = fc.property(steps(12 * ways, eviction), (played) =>
      agree(new LruSets(4, ways, 'eviction'), new NaiveCache(4, ways), played),
    );
    fc.assert(property, { seed: SEED, numRuns: 60 });
  });

  sets(`${ways} ways: foreign lines displace exactly as if they had been used`, () => {
    const property = fc.property(steps(12 * ways, foreignTraffic), (played) =>
      agree(new LruSets(4, ways, 'foreign traffic'), new NaiveCache(4, ways), played),
    );
    fc.assert(property, { seed: SEED, numRuns: 60 });
  });
}

sets('foreign traffic may be taken in at once', () => {
  const cache = new LruSets(2, 2, 'foreign traffic');
  [0, 2, 1].forEach((number) => cache.touch(number));
  cache.passForeign(1);
  cache.settleAll();
  assert.equal([...cache.tags], [-2, 2, 1, -1]);
});

sets.run();

const log = suite('the fully associative TLB');

for (const slots of [1, 2, 3, 16, 72]) {
  log(`${slots} slots replace the least recently used, through eviction and foreign pages`, () => {
    const between = fc.oneof(eviction, foreignTraffic);
    const property = fc.property(steps(2 * slots, between), (played) =>
      agree(new LruLog(slots, 2 * slots + 1), new NaiveCache(1, slots), played),
    );
    fc.assert(property, { seed: SEED, numRuns: 60 });
  });
}

log('stays exact over many rewrites of its log', () => {
  const tlb = new LruLog(7, 16);
  const naive = new NaiveCache(1, 7);
  let state = 1;
  for (let count = 0; count < 50_000; count++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    // Long stretches of two pages let the log run over while five others wait in it.
    const page = count % 9000 < 8990 ? (state >>> 16) & 1 : (state >>> 16) & 15;
    assert.is(tlb.touch(page), naive.touch(page));
  }
});

log.run();
