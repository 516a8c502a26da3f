import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OP } from '../../../traces/trace';
import type { ParameterValues } from '../../../traces/synthesizers/parameters';
import { synthesizerNamed } from '../../../traces/synthesizers/registry';
import { passOver } from './legal-trace';

function run(given: ParameterValues, seed = 1) {
  const sizes: number[] = [];
  let rewritten = 0;
  let freedBefore = false;
  const pass = passOver(synthesizerNamed('ramzswap').open(given, seed), ({ op, size }) => {
    if (op === OP.alloc) {
      sizes.push(size);
    }
    if (op === OP.alloc && freedBefore) {
      rewritten++;
    }
    freedBefore = op === OP.free;
  });
  assert.is(pass.problem, undefined);
  return { sizes, pass, rewritten };
}

test('nine slots are freed for ten written, and one write in thirteen leaves no object', () => {
  const { pass } = run({ drain: 'no' });
  // 52,632 writes ± 6 standard deviations of 158; 6 % of zeros and 1.7 % above 3072 bytes leave nothing: 92.4 %.
  assert.ok(Math.abs(pass.allocations - 48_630) < 1000, `${pass.allocations}`);
  assert.ok(Math.abs(pass.frees / pass.allocations - 0.9) < 0.02, `${pass.frees}`);
});

test('sizes are those of anonymous pages, none above 3/4 of a page', () => {
  const { sizes } = run({});
  const mean = sizes.reduce((a, b) => a + b, 0) / sizes.length;
  // Mean of all anonymous pages 1221; without the 1.6 % above 3072 bytes, 1177.
  assert.ok(Math.abs(mean - 1177) < 15, `${mean}`);
  assert.ok(sizes.every((size) => size <= 3072));
  assert.ok(sizes.some((size) => size > 3000));
});

test('a full disk is written over, slot by slot', () => {
  const { pass } = run({ slots: 64, ops: 20_000, zero: 0, drain: 'no' });
  assert.ok(pass.livePeak <= 64);
  assert.ok(pass.livePeak >= 60, `${pass.livePeak}`);
});

test('rewrites free the old object right before the new one', () => {
  const share = (rewrites: number) => {
    const { rewritten, sizes } = run({ rewrites, ops: 20_000, zero: 0 });
    return rewritten / sizes.length;
  };
  // Frees and writes follow one another by chance as well.
  assert.ok(share(90) > 0.9 && share(0) < 0.6, `${share(90)} ${share(0)}`);
});

test('neighbouring slots are written and freed together: objects die in the order of their birth', () => {
  let ordered = 0;
  let frees = 0;
  let last = -1;
  passOver(synthesizerNamed('ramzswap').open({ zero: 0, drain: 'no' }, 1), ({ op, id }) => {
    if (op !== OP.free) {
      return;
    }
    frees++;
    if (id > last && id - last < 200) {
      ordered++;
    }
    last = id;
  });
  assert.ok(ordered / frees > 0.5, `${ordered} of ${frees}`);
});

test.run();
