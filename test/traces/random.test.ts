import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { Deck, RandomStream, WeightTable, zipfWeights } from '../../traces/random';

const drawn = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);

/** Σ (observed − expected)² / expected, where category i is expected in `weights[i]` of their sum of cases. */
function chiSquare(observed: readonly number[], weights: readonly number[]): number {
  const cases = observed.reduce((sum, count) => sum + count, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.reduce((sum, weight, index) => {
    const expected = (cases * weight) / total;
    return sum + (observed[index]! - expected) ** 2 / expected;
  }, 0);
}

const counted = (values: readonly number[], categories: number): number[] => {
  const counts = new Array<number>(categories).fill(0);
  for (const value of values) {
    counts[Math.min(value, categories - 1)]!++;
  }
  return counts;
};

test('the same seed and purpose draw the same, on every machine and Node version', () => {
  const stream = new RandomStream(1, 'sizes');
  assert.equal(
    drawn(6, () => stream.below(1_000_000)),
    [624449, 555610, 155073, 631286, 275071, 234040],
  );
  assert.is(new RandomStream(2 ** 40, 'sizes').below(1_000_000), 184078);
});

test('seed and purpose each give another stream, also above 2^32', () => {
  const first = (seed: number, purpose: string) => new RandomStream(seed, purpose).below(2 ** 32);
  const purposes = ['sizes', 'victims', 'seizs', '', 'a', 'aa'];
  const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1];
  const all = purposes.flatMap((purpose) => seeds.map((seed) => first(seed, purpose)));
  assert.is(new Set(all).size, all.length);
});

test('neighbouring seeds are not alike', () => {
  const bits = drawn(2048, () => 0).map((_, seed) => new RandomStream(seed, 'sizes').below(2));
  const alternations = bits.filter((bit, index) => index > 0 && bit !== bits[index - 1]).length;
  // 1023.5 ± 6 standard deviations of 22.6.
  assert.ok(alternations > 887 && alternations < 1160, `${alternations}`);
});

test('below and between fill their ranges evenly and never leave them', () => {
  const stream = new RandomStream(3, 'test');
  const counts = counted(
    drawn(100_000, () => stream.below(10)),
    11,
  );
  assert.is(counts[10], 0);
  // 9 degrees of freedom: mean 9, standard deviation 4.2; six of them.
  assert.ok(chiSquare(counts.slice(0, 10), new Array<number>(10).fill(1)) < 35, `${counts}`);
  fc.assert(
    fc.property(fc.nat(), fc.nat(2 ** 31), (smallest, width) => {
      const value = stream.between(smallest, smallest + width);
      assert.ok(Number.isInteger(value) && value >= smallest && value <= smallest + width);
    }),
    { seed: 20081121, numRuns: 500 },
  );
  assert.is(stream.below(1), 0);
  assert.ok(drawn(100, () => stream.below(2 ** 53 - 1)).some((value) => value > 2 ** 52));
});

test('chance comes true in its share of cases, never and always included', () => {
  const stream = new RandomStream(4, 'test');
  const hits = drawn(90_000, () => Number(stream.chance(1, 3))).filter((hit) => hit === 1).length;
  // 30,000 ± 6 standard deviations of 141.
  assert.ok(Math.abs(hits - 30_000) < 850, `${hits}`);
  assert.not(drawn(1000, () => Number(stream.chance(0, 5))).includes(1));
  assert.not(drawn(1000, () => Number(stream.chance(5, 5))).includes(0));
});

test('a table is picked from by its weights, zero weights never', () => {
  const stream = new RandomStream(5, 'test');
  const weights = [5, 0, 1, 10, 4];
  const table = new WeightTable(weights);
  assert.is(table.total, 20);
  const counts = counted(
    drawn(100_000, () => stream.pick(table)),
    5,
  );
  assert.is(counts[1], 0);
  const weighed = [0, 2, 3, 4];
  const value = chiSquare(
    weighed.map((index) => counts[index]!),
    weighed.map((index) => weights[index]!),
  );
  // 3 degrees of freedom: mean 3, standard deviation 2.4; six of them.
  assert.ok(value < 18, `${value} of ${counts}`);
});

test('every position of a table belongs to its weight', () => {
  const table = new WeightTable([0, 2, 0, 0, 3, 1, 0]);
  assert.equal([0, 1, 2, 3, 4, 5].map((position) => table.indexAt(position)), [1, 1, 4, 4, 4, 5]); // prettier-ignore
  assert.throws(() => new WeightTable([0, 0]), /sum to 0/);
  assert.throws(() => new WeightTable([1, -1]), /weight -1/);
  assert.throws(() => new WeightTable([0.5]), /weight 0.5/);
});

test('a deck deals every index in proportion, in random order', () => {
  const stream = new RandomStream(9, 'test');
  const deck = new Deck([1, 0, 2, 7], 100);
  const deals = drawn(300, () => deck.deal(stream));
  for (const start of [0, 100, 200]) {
    assert.equal(counted(deals.slice(start, start + 100), 4), [10, 0, 20, 70]);
  }
  assert.not.equal(deals.slice(0, 100), deals.slice(100, 200));
  assert.not.equal(
    deals.slice(0, 100),
    deals.slice(0, 100).sort((a, b) => a - b),
  );
});

test('Zipf weights are whole parts of 2^30 over the rank to the power 9/10', () => {
  const weights = zipfWeights(4096);
  assert.is(weights[0], 2 ** 30);
  // 2^30 / 2^9, where floating point falls just short.
  assert.is(weights[1023], 2 ** 21);
  for (const rank of [2, 3, 10, 1000, 4096]) {
    assert.is(weights[rank - 1], Math.floor(2 ** 30 / rank ** 0.9), `rank ${rank}`);
  }
});

test('a shuffle keeps the items and puts each anywhere', () => {
  const stream = new RandomStream(6, 'test');
  const places = new Array<number>(5).fill(0);
  for (let round = 0; round < 50_000; round++) {
    const items = [0, 1, 2, 3, 4];
    stream.shuffle(items);
    assert.is(
      items.reduce((sum, item) => sum + 10 ** item, 0),
      11_111,
    );
    places[items.indexOf(0)]!++;
  }
  // 4 degrees of freedom: mean 4, standard deviation 2.8; six of them.
  assert.ok(chiSquare(places, [1, 1, 1, 1, 1]) < 21, `${places}`);
});

test('geometric trials have their mean and halve as they should', () => {
  const stream = new RandomStream(7, 'test');
  const counts = counted(
    drawn(100_000, () => stream.geometric(2)),
    9,
  );
  assert.is(counts[0], 0);
  // Shares 1/2, 1/4 … 1/128, and the same again for all beyond.
  assert.ok(chiSquare(counts.slice(1), [128, 64, 32, 16, 8, 4, 2, 2]) < 30, `${counts}`);
  assert.is(stream.geometric(1), 1);
});

test('exponential waiting times have their mean and their quantiles', () => {
  const stream = new RandomStream(8, 'test');
  const mean = 600_000;
  const times = drawn(100_000, () => stream.exponential(mean));
  const sum = times.reduce((total, time) => total + time, 0);
  // The mean ± 6 standard errors of mean/√100,000.
  assert.ok(Math.abs(sum / times.length - mean) < 11_400, `${sum / times.length}`);
  // Shares of the intervals between the means' multiples, in millionths: e^−k − e^−(k+1).
  const weights = [632_121, 232_544, 85_548, 31_471, 11_578, 6_738];
  const counts = counted(
    times.map((time) => Math.floor(time / mean)),
    6,
  );
  assert.ok(chiSquare(counts, weights) < 25, `${counts}`);
  assert.throws(() => stream.exponential(2 ** 23 + 1), /mean/);
});

test.run();
