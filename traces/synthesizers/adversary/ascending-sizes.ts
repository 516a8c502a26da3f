import { integer, yesOrNo, type ValuesOf } from '../parameters';
import { freeRow, probe, ScriptedGenerator, type Pen, type Script } from '../script';
import { defineSynthesizer } from '../synthesizer';

/**
 * Free blocks of ever larger sizes, kept apart by guards. Where free blocks hang in a search tree by size that nobody
 * balances, as in the Plan 9 pool, the tree becomes a list: adding the k-th block visits k nodes, and a request for
 * the largest size visits them all.
 */
const parameters = {
  count: integer('sizes', 'objects', 1000, { from: 1, to: 1e6 }),
  smallest: integer('first size', 'bytes', 64, { from: 1, to: 1 << 20 }),
  step: integer('difference from one size to the next', 'bytes', 16, { from: 1, to: 1 << 16 }),
  guard: integer('size of the objects between them', 'bytes', 16, { from: 1, to: 1 << 20 }),
  probes: integer('how often the largest size is allocated and freed', 'pairs', 100, { from: 0, to: 1e9 }),
  drain: yesOrNo('free the guards at the end', 'yes'),
};

export const ascendingSizes = defineSynthesizer({
  name: 'adversary/ascending-sizes',
  summary: 'free blocks of ever larger sizes: an unbalanced tree of sizes becomes a list',
  sources: ['Plan 9 pool allocator: free blocks in a binary search tree by size, without balancing'],
  category: 'adversary',
  adaptive: false,
  parameters,
  generate: (values) => new ScriptedGenerator((pen) => program(pen, values)),
});

function* program(pen: Pen, values: ValuesOf<typeof parameters>): Script {
  const { count, smallest, step, guard, probes, drain } = values;
  for (let index = 0; index < count; index++) {
    pen.allocate(smallest + index * step);
    yield;
    pen.allocate(guard);
    yield;
  }
  yield* freeRow(pen, 0, count, 2);
  yield* probe(pen, probes, smallest + (count - 1) * step);
  if (drain === 'yes') {
    yield* freeRow(pen, 1, count, 2);
  }
}
