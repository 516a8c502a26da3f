import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { synthesizerNamed } from '../../../../traces/synthesizers/registry';
import { robsonBound } from '../../../../traces/synthesizers/adversary/robson';
import { passOver } from '../legal-trace';
import { NaiveHeap } from '../naive-heap';

const robson = synthesizerNamed('adversary/robson');

const known = [
  { live: 1024, largest: 16, words: 3057, operations: 2816 },
  { live: 1024, largest: 64, words: 4033, operations: 2992 },
  { live: 4096, largest: 64, words: 16_321, operations: 11_968 },
  { live: 4096, largest: 256, words: 20_225, operations: 12_192 },
];

for (const fit of ['first', 'best'] as const) {
  for (const { live, largest, words, operations } of known) {
    test(`${fit} fit needs exactly ${words} words for M = ${live}, n = ${largest}`, () => {
      const heap = new NaiveHeap(fit);
      let livePeak = 0;
      let liveBytes = 0;
      const sizes = new Map<number, number>();
      const pass = passOver(
        robson.open({ live, largest, unit: 16 }, 1),
        ({ op, id, size }) => {
          liveBytes += op === 0 ? size : -sizes.get(id)!;
          sizes.set(id, size);
          livePeak = Math.max(livePeak, liveBytes);
        },
        heap,
      );
      assert.is(pass.problem, undefined);
      assert.is(heap.highWater / 16, words);
      assert.is(robsonBound({ live, largest }), words);
      assert.is(livePeak / 16, live);
      assert.is(pass.events, operations);
    });
  }
}

test.run();
