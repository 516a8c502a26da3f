import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OP } from '../../../traces/trace';
import { synthesizerNamed } from '../../../traces/synthesizers/registry';
import { passOver } from './legal-trace';

/** Live objects after each event, and the sizes allocated. */
function outline(name: string, given: Record<string, number | string> = {}, seed = 1) {
  const live: number[] = [];
  const sizes: number[] = [];
  const pass = passOver(synthesizerNamed(name).open(given, seed), (event, objects) => {
    live.push(objects.size);
    if (event.op === OP.alloc) {
      sizes.push(event.size);
    }
  });
  assert.is(pass.problem, undefined);
  return { live, sizes, pass };
}

const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0);
const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b), Infinity);

test('ramp: what lives only grows, but for a window of short-lived objects', () => {
  const { live, pass } = outline('ramp', { objects: 3000, drain: 'no' });
  assert.is(pass.liveAtEnd, 3000);
  let highest = 0;
  for (const count of live) {
    highest = Math.max(highest, count);
    assert.ok(count >= highest - 16);
  }
  // Every second object that stays brings a short-lived one: 1,500 ± 6 standard deviations of 27.
  assert.ok(Math.abs(pass.allocations - 4500) < 165, `${pass.allocations}`);
});

test('ramp: more than a hundred short-lived objects among a hundred that stay', () => {
  assert.is(outline('ramp', { objects: 200, temporaries: 300 }).pass.allocations, 800);
  assert.is(outline('ramp', { objects: 200, temporaries: 0 }).pass.allocations, 200);
});

test('plateau: after the build, what lives stays within a window', () => {
  const { live } = outline('plateau', { objects: 2000, temporaries: 5000, drain: 'no' });
  const plateau = live.slice(2000);
  assert.is(least(plateau), 2000);
  assert.ok(most(plateau) <= 2016);
});

test('peaks: each phase rises to its objects and falls to what is kept', () => {
  const { live, pass } = outline('peaks', { peaks: 3, objects: 1000, kept: 0, drain: 'no' });
  assert.is(pass.livePeak, 1000);
  assert.is(pass.liveAtEnd, 0);
  assert.is(live.filter((count, index) => count === 0 && index > 0).length, 2);
  const kept = outline('peaks', { peaks: 4, objects: 5000, kept: 20, drain: 'no' }).pass.liveAtEnd;
  // 400 ± 6 standard deviations of 20.
  assert.ok(kept > 280 && kept < 520, `${kept}`);
});

test('peaks: sizes grow by a tenth from phase to phase, small ones too', () => {
  const { sizes } = outline('peaks', {
    peaks: 4,
    objects: 100,
    smallest: 1000,
    largest: 1000,
    sizes: 'uniform',
  });
  assert.equal(
    [0, 100, 200, 300].map((index) => sizes[index]),
    [1000, 1100, 1210, 1331],
  );
  const small = outline('peaks', { peaks: 30, objects: 1, smallest: 16, largest: 16, growth: 100 }).sizes;
  assert.ok(Math.abs(small[29]! - 253) <= 1, `${small[29]}`);
  const huge = outline('peaks', { peaks: 400, objects: 1, growth: 1000, kept: 0 }).sizes;
  assert.is(huge[399], 1 << 30);
});

test('octaves: each doubling of size is as likely; uniform: each size is', () => {
  const share = (sizes: string) => {
    const drawn = outline('churn', {
      live: 10,
      ops: 30_000,
      smallest: 16,
      largest: 1023,
      sizes,
      drain: 'no',
    }).sizes;
    return drawn.filter((size) => size < 128).length / drawn.length;
  };
  // Three octaves of six; 112 sizes of 1008. Standard deviations are below 0.003.
  assert.ok(Math.abs(share('octaves') - 0.5) < 0.018, `${share('octaves')}`);
  assert.ok(Math.abs(share('uniform') - 1 / 9) < 0.012, `${share('uniform')}`);
});

test('sizes keep to bounds that cut octaves', () => {
  const { sizes } = outline('churn', { live: 10, ops: 5000, smallest: 20, largest: 50, sizes: 'octaves' });
  assert.is(least(sizes), 20);
  assert.is(most(sizes), 50);
});

test.run();
