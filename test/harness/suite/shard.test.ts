import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import { estimatedAccesses } from '../../../harness/suite/accesses';
import {
  cellsOfShard,
  dearestFirst,
  parseShard,
  shardFileName,
  shardOfFileName,
} from '../../../harness/suite/shard';
import type { Cell } from '../../../harness/results/cell';

const test = suite('suite: shards');

const costs = fc.array(fc.nat(1_000_000), { maxLength: 60 });
const count = fc.integer({ min: 1, max: 9 });

test('shards divide the cells: each cell is in one of them, in order', () => {
  fc.assert(
    fc.property(costs, count, (each, shards) => {
      const parts = Array.from({ length: shards }, (_, i) =>
        cellsOfShard(each, { index: i + 1, count: shards }),
      );
      for (const part of parts) {
        assert.ok(part.every((cell, position) => position === 0 || part[position - 1]! < cell));
      }
      assert.equal(
        parts.flat().sort((a, b) => a - b),
        each.map((_, cell) => cell),
      );
    }),
    { seed: 20081121, numRuns: 200 },
  );
});

test('no shard has more than its share and one cell', () => {
  fc.assert(
    fc.property(costs, count, (each, shards) => {
      const total = each.reduce((sum, cost) => sum + cost, 0);
      for (let index = 1; index <= shards; index++) {
        const load = cellsOfShard(each, { index, count: shards }).reduce((sum, cell) => sum + each[cell]!, 0);
        assert.ok(load <= total / shards + Math.max(0, ...each));
      }
    }),
    { seed: 20081121, numRuns: 200 },
  );
});

test('the dearest go first, to the shard with least to do', () => {
  const each = [1, 9, 5, 5, 1];
  assert.equal(cellsOfShard(each, { index: 1, count: 2 }), [0, 1, 4]);
  assert.equal(cellsOfShard(each, { index: 2, count: 2 }), [2, 3]);
});

test('cells come dearest first, the first among equals', () => {
  assert.equal(dearestFirst([1, 9, 5, 5, 1]), [1, 2, 3, 0, 4]);
});

test('where an engine may search a whole list, what lives at once makes it dear', () => {
  const cell: Cell = {
    trace: { specification: 'synth:ramp' },
    engine: 'any',
    options: {},
    pricings: ['flat'],
    ...{ heapPages: 16, virtualPages: 16 },
  };
  const cost = (engine: string, events: number, liveObjectsMax: number) =>
    estimatedAccesses(cell, engineNamed(engine), { events, liveObjectsMax });
  assert.ok(cost('xmalloc-first-fit', 20_000, 20_000) > 10 * cost('xmalloc-first-fit', 100_000, 200));
  assert.is(cost('xmalloc-tlsf', 20_000, 20_000), cost('xmalloc-tlsf', 20_000, 1));
  const replayedTwice = { ...engineNamed('xmalloc-tlsf'), isAllInMemory: false };
  const size = { events: 20_000, liveObjectsMax: 1 };
  assert.is(estimatedAccesses(cell, replayedTwice, size) * 2, cost('xmalloc-tlsf', 20_000, 1) * 3);
});

test('a shard is written i/n', () => {
  assert.equal(parseShard('3/7'), { index: 3, count: 7 });
  for (const text of ['', '1', '0/1', '2/1', '1/0', '-1/2', '1.5/2', '1/2/3', '1/10001', 'a/b']) {
    assert.throws(() => parseShard(text), /--shard: .*expected i\/n/, text);
  }
  assert.equal(shardOfFileName(shardFileName({ index: 3, count: 7 })), { index: 3, count: 7 });
  assert.is(shardOfFileName('results.json'), undefined);
});

test('one shard of one is read, and ten thousand; no more', () => {
  for (const [index, count] of [
    [1, 1],
    [10_000, 10_000],
  ] as const) {
    assert.equal(parseShard(`${index}/${count}`), { index, count });
  }
  for (const text of ['0/1', '2/1', '1/10001']) {
    assert.throws(() => parseShard(text), /at most 10000/, text);
  }
});

test.run();
