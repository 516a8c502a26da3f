import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../../traces/random';
import {
  compressedPages,
  PageMixture,
  PatchDeck,
  patchSizes,
  type PageClass,
} from '../../../traces/synthesizers/page-contents';

/** The measured table: mean, and per cent of pages below 1K, 2K, 3K, 4064. */
const measured: readonly [PageClass, number, readonly number[]][] = [
  ['anonymous', 1214, [43.8, 84.2, 98.4, 99.5]],
  ['binaries', 2469, [6.7, 29.3, 68.3, 98.9]],
  ['text', 1870, [6.9, 61.8, 100, 100]],
  ['incompressible', 4116, [0, 0, 0, 0]],
];

const draws = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);
const meanOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

for (const [name, mean, shares] of measured) {
  test(`${name} pages compress to the measured sizes`, () => {
    const stream = new RandomStream(1, name);
    const sizes = draws(100_000, () => compressedPages[name].draw(stream));
    assert.ok(Math.abs(meanOf(sizes) / mean - 1) < 0.012, `mean ${meanOf(sizes)}`);
    for (const [index, limit] of [1024, 2048, 3072, 4064].entries()) {
      const share = (100 * sizes.filter((size) => size < limit).length) / sizes.length;
      assert.ok(Math.abs(share - shares[index]!) < 1, `${share} % below ${limit}`);
    }
    assert.ok(sizes.every((size) => size >= 32 && size <= 4116));
  });
}

test('a mixture draws from each class as it weighs', () => {
  const stream = new RandomStream(2, 'mixture');
  const mixture = new PageMixture({ anonymous: 60, incompressible: 40 });
  const full = draws(50_000, () => mixture.draw(stream)).filter((size) => size === 4116).length;
  // 20,000 ± 6 standard deviations of 110, and the few anonymous pages that expand fully.
  assert.ok(Math.abs(full - 20_000) < 700, `${full}`);
});

test('published patches are the accepted part of a lognormal of median 1130: 14 % refused, mean 1070 ± 1 %', () => {
  const { accepted, refusedWeight } = patchSizes.cacm;
  const all = accepted.weights.reduce((a, b) => a + b, refusedWeight);
  assert.is(all, 1_000_000);
  assert.ok(refusedWeight / all > 0.14 && refusedWeight / all < 0.16);
  const deck = new PatchDeck(accepted, new RandomStream(3, 'patches'));
  const sizes = draws(20_000, () => deck.draw());
  assert.ok(Math.abs(meanOf(sizes) - 1070) < 10.7, `${meanOf(sizes)}`);
  assert.ok(sizes.every((size) => size >= 40 && size <= 2048));
  // Φ(ln(x/1130)/0.56) of what is accepted (0.8559): a quarter, the median and three quarters.
  for (const [limit, share] of [
    [725, 0.2507],
    [1130, 0.5842],
    [1500, 0.8085],
  ] as const) {
    const below = sizes.filter((size) => size < limit).length / sizes.length;
    assert.ok(Math.abs(below - share) < 0.015, `${below} below ${limit}`);
  }
});

test('measured patches have the measured quantiles', () => {
  const deck = new PatchDeck(patchSizes.measured.accepted, new RandomStream(4, 'patches'));
  const sizes = draws(20_000, () => deck.draw()).sort((a, b) => a - b);
  for (const [quantile, size] of [
    [0.25, 327],
    [0.5, 509],
    [0.75, 646],
    [0.9, 936],
  ] as const) {
    const drawn = sizes[Math.floor(quantile * sizes.length)]!;
    assert.ok(Math.abs(drawn - size) < 64, `${drawn} at ${quantile}`);
  }
});

test('a deck has the mean of all in every thousand', () => {
  const deck = new PatchDeck(patchSizes.cacm.accepted, new RandomStream(5, 'patches'));
  for (let thousand = 0; thousand < 20; thousand++) {
    const mean = meanOf(draws(1000, () => deck.draw()));
    // The bins are exact; within one, sizes spread by 37: 37/√1000 = 1.2 bytes, six of them.
    assert.ok(Math.abs(mean - 1068) < 8, `${mean}`);
  }
});

test.run();
