import { integer, yesOrNo, type ValuesOf } from '../parameters';
import { allocateRow, freeRow, probe, ScriptedGenerator, type Pen, type Script } from '../script';
import { defineSynthesizer } from '../synthesizer';

/**
 * Every other object of a row dies, and what is asked for next is one byte too large for the holes: address-ordered
 * first fit looks at all of them before it goes on, for 64 and 65 bytes at 2,000 holes of 4,000 objects. Engines that
 * round sizes up need a `request` beyond what `size` is rounded to.
 */
const parameters = {
  count: integer('objects in the row', 'objects', 4000, { from: 2, to: 1e8 }),
  size: integer('size of each', 'bytes', 64, { from: 1, to: 1 << 30 }),
  request: integer('size asked for afterwards', 'bytes', 65, { from: 1, to: 1 << 30 }),
  probes: integer('how often it is allocated and freed', 'pairs', 100, { from: 0, to: 1e9 }),
  drain: yesOrNo('free everything at the end', 'yes'),
};

export const comb = defineSynthesizer({
  name: 'adversary/comb',
  summary: 'every other object freed, then requests that fit no hole: first fit walks all holes',
  sources: ['known-answer pattern; 2,000 of 4,000 were walked when measured with address-ordered first fit'],
  category: 'adversary',
  adaptive: false,
  parameters,
  generate: (values) => new ScriptedGenerator((pen) => program(pen, values)),
});

function* program(pen: Pen, { count, size, request, probes, drain }: ValuesOf<typeof parameters>): Script {
  yield* allocateRow(pen, count, size);
  yield* freeRow(pen, 0, Math.ceil(count / 2), 2);
  yield* probe(pen, probes, request);
  if (drain === 'yes') {
    yield* freeRow(pen, 1, Math.floor(count / 2), 2);
  }
}
