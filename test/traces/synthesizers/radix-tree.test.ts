import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { RadixTree } from '../../../traces/synthesizers/radix-tree';

const inserted = (tree: RadixTree, ...indices: number[]) => indices.map((index) => tree.insert(index).length);
const removed = (tree: RadixTree, ...indices: number[]) => indices.map((index) => tree.remove(index).length);

test('a lone index 0 needs no node, up to 63 one, up to 4095 two, up to 262143 three', () => {
  assert.equal(
    [0, 1, 63, 64, 4095, 4096, 262_143].map((index) => new RadixTree().insert(index).length),
    [0, 1, 1, 2, 2, 3, 3],
  );
});

test('after the first two nodes of height 2, each 64 new indices take one', () => {
  const indices = Array.from({ length: 256 }, (_, k) => k + 64);
  const added = inserted(new RadixTree(), ...indices);
  assert.equal(
    added.flatMap((count, k) => (count > 0 ? [[indices[k], count]] : [])),
    [
      [64, 2],
      [128, 1],
      [192, 1],
      [256, 1],
    ],
  );
});

test('a tree that holds something grows a node a level', () => {
  const tree = new RadixTree();
  // Index 0 hangs from the root; 5 puts a node above it; 4096 two more levels on top and two nodes below.
  assert.equal(inserted(tree, 0, 5, 4096), [0, 1, 4]);
});

test('removal drops what became empty, and the top where only the first slot is left', () => {
  const tree = new RadixTree();
  inserted(tree, 0, 5, 4096);
  assert.equal(removed(tree, 4096), [4]);
  assert.equal(removed(tree, 5), [1]);
  assert.equal(removed(tree, 0), [0]);
  const other = new RadixTree();
  inserted(other, 64, 65);
  assert.equal(removed(other, 64, 65), [0, 2]);
});

test('destruction visits indices in ascending order and each node after what is below it', () => {
  const tree = new RadixTree();
  const nodes = [70, 3, 5000].flatMap((index) => tree.insert(index));
  nodes.forEach((node, order) => (node.memory = order));
  const visits = [...tree.destruction()].map((visit) =>
    'index' in visit ? visit.index : `node ${visit.node.memory}`,
  );
  const indices = visits.filter((visit) => typeof visit === 'number');
  assert.equal(indices, [3, 70, 5000]);
  assert.is(visits.length, 3 + nodes.length);
  assert.is(visits.indexOf(3) + 1, visits.findIndex((visit) => typeof visit === 'string')); // prettier-ignore
  assert.equal([...tree.destruction()], []);
});

test('whatever is inserted and removed, nodes come and go in balance', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(300_000), { minLength: 1, maxLength: 60 }),
      fc.nat(),
      (indices, turn) => {
        const tree = new RadixTree();
        const live = new Set<object>();
        for (const index of indices) {
          for (const node of tree.insert(index)) {
            live.add(node);
          }
        }
        const order = [...indices.slice(turn % indices.length), ...indices.slice(0, turn % indices.length)];
        for (const index of order) {
          for (const node of tree.remove(index)) {
            assert.ok(live.delete(node));
          }
        }
        assert.is(live.size, 0);
        assert.is(tree.insert(0).length, 0);
      },
    ),
    { seed: 20081121, numRuns: 300 },
  );
});

test.run();
