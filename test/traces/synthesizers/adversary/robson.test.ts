import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NOTHING, NULL, OP, TraceEvent, type Placement } from '../../../../traces/trace';
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

/** Runs it against an allocator that places the k-th object at the k-th of these words; the ids freed. */
function freedWhenPlacedAt(words: readonly number[], given: { live: number; largest: number }): number[] {
  const freed: number[] = [];
  const source = robson.open({ ...given, unit: 16 }, 1);
  const event = new TraceEvent();
  let placement: Placement = NOTHING;
  while (source.next(event, placement)) {
    if (event.op === OP.free) {
      freed.push(event.id);
    }
    placement = event.op === OP.alloc ? ((BASE + words[event.id]! * 16) as Placement) : NOTHING;
  }
  return freed;
}

const BASE = 0x1000_0000;

test('it keeps the residue that more blocks lie on, whichever it is', () => {
  assert.equal(freedWhenPlacedAt([1, 3, 5, 6, 100], { live: 4, largest: 2 }), [3]);
  assert.equal(freedWhenPlacedAt([0, 2, 5, 6, 100], { live: 4, largest: 2 }), [2]);
});

test('a block counts for what it lacks to a new one: three short ones beat one short and two long', () => {
  // Words 0, 2, 6, 10 stay in the first round. Then 0, 100 and 104 lie on 0 modulo 4 (3 + 2 + 2), the others on 2.
  const words = [0, 2, 6, 10, 1, 3, 5, 7, 100, 104, 200, 204];
  assert.equal(freedWhenPlacedAt(words, { live: 8, largest: 4 }), [4, 5, 6, 7, 0, 8, 9]);
});

test('failed allocations are neither counted nor freed', () => {
  const pass = passOver(robson.open({ live: 64, largest: 8, drain: 'yes' }, 1), undefined, {
    allocate: (id) => (id % 3 === 0 ? NULL : ((BASE + id * 16) as Placement)),
    free: () => undefined,
  });
  assert.is(pass.problem, undefined);
  assert.is(pass.liveAtEnd, 0);
});

test.run();
