import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OP } from '../../../../traces/trace';
import { synthesizerNamed } from '../../../../traces/synthesizers/registry';
import { passOver } from '../legal-trace';
import { NaiveHeap } from '../naive-heap';

/** Runs an adversary against first fit, showing each event after the heap has answered it. */
function against(
  name: string,
  given: Record<string, number | string>,
  see: (heap: NaiveHeap, op: number) => void,
) {
  const heap = new NaiveHeap('first');
  let op = -1;
  const pass = passOver(
    synthesizerNamed(`adversary/${name}`).open(given, 1),
    (event) => {
      if (op >= 0) {
        see(heap, op);
      }
      op = event.op;
    },
    heap,
  );
  assert.is(pass.problem, undefined);
  return { heap, pass };
}

test('comb: first fit walks half as many holes as there were objects, at each request', () => {
  const walks: number[] = [];
  against('comb', {}, (heap, op) => {
    if (op === OP.alloc) {
      walks.push(heap.holesWalked);
    }
  });
  assert.equal(walks.slice(0, 4000), new Array(4000).fill(1));
  assert.equal(walks.slice(4000), new Array(100).fill(2001));
});

test('slivers: first fit walks a sliver of three bytes for every other object', () => {
  const walks: number[] = [];
  const holeBytes = new Set<number>();
  against('slivers', {}, (heap, op) => {
    if (op !== OP.alloc) {
      return;
    }
    walks.push(heap.holesWalked);
    if (walks.length > 6000) {
      holeBytes.add(heap.holeBytes());
    }
  });
  assert.equal(walks.slice(6000), new Array(100).fill(2001));
  assert.equal([...holeBytes], [2000 * 3]);
});

test('ascending, descending and odd-even frees: the same bytes, merged below, above, and on both sides', () => {
  const merges = (name: string) => {
    const { heap, pass } = against(name, {}, () => undefined);
    assert.is(heap.highWater, 4000 * 256);
    assert.is(pass.liveAtEnd, 0);
    return [heap.mergesBelow, heap.mergesAbove];
  };
  // The last object always meets the endless hole above the row.
  assert.equal(merges('ascending-frees'), [3999, 1]);
  assert.equal(merges('descending-frees'), [0, 4000]);
  assert.equal(merges('odd-even-frees'), [1999, 2001]);
});

test('ascending sizes: an unbalanced tree of the free blocks becomes a list', () => {
  interface Node {
    readonly size: number;
    larger?: Node;
    smaller?: Node;
  }
  let root: Node | undefined;
  const visits: number[] = [];
  const sizes = new Map<number, number>();
  const add = (size: number) => {
    let visited = 0;
    for (let node = root; node !== undefined; visited++) {
      const side = size > node.size ? 'larger' : 'smaller';
      if (node[side] === undefined) {
        node[side] = { size };
        break;
      }
      node = node[side];
    }
    root ??= { size };
    visits.push(visited);
  };
  passOver(synthesizerNamed('adversary/ascending-sizes').open({ probes: 0, drain: 'no' }, 1), (event) => {
    if (event.op === OP.alloc) {
      sizes.set(event.id, event.size);
    } else {
      add(sizes.get(event.id)!);
    }
  });
  assert.is(visits.length, 1000);
  assert.equal(visits.slice(1), [...Array(999).keys()]);
});

test('ascending sizes: guards keep the free blocks apart', () => {
  const { heap } = against('ascending-sizes', { count: 50, probes: 0, drain: 'no' }, () => undefined);
  assert.is(
    heap.holeBytes(),
    Array.from({ length: 50 }, (_, k) => 64 + 16 * k).reduce((a, b) => a + b),
  );
  assert.is(heap.mergesBelow + heap.mergesAbove, 0);
});

test('alternating buddies: half the pages are free and none fits two', () => {
  const page = 4096;
  const { heap } = against('alternating-buddies', { drain: 'no' }, () => undefined);
  assert.is(heap.holeBytes(), 512 * page);
  // Every request for two pages had to go above the row.
  assert.is(heap.highWater, (1024 + 16 * 2) * page);
});

test.run();
