import { integer, yesOrNo, type ValuesOf } from '../parameters';
import { allocateRow, freeRow, probe, ScriptedGenerator, type Pen, type Script } from '../script';
import { defineSynthesizer } from '../synthesizer';

/**
 * Every other object of a row dies and a slightly smaller one is put in its place: what is left over are slivers that
 * fit nothing, and that first fit meets on every search. With 100 and 97 bytes they have 3 bytes. An engine that
 * rounds sizes up or gives away a rest below its smallest block leaves none: there, let `filling` be `size` less the
 * smallest block (`size=112&filling=96` for blocks of 16 bytes, `size=640&filling=384&request=300` in Xen's first-fit
 * of 2008, where it has 256).
 */
const parameters = {
  count: integer('objects in the row', 'objects', 4000, { from: 2, to: 1e8 }),
  size: integer('size of each', 'bytes', 100, { from: 1, to: 1 << 30 }),
  filling: integer('size of what takes the place of every other', 'bytes', 97, { from: 1, to: 1 << 30 }),
  request: integer('size asked for afterwards', 'bytes', 50, { from: 1, to: 1 << 30 }),
  probes: integer('how often it is allocated and freed', 'pairs', 100, { from: 0, to: 1e9 }),
  drain: yesOrNo('free everything at the end', 'yes'),
};

export const slivers = defineSynthesizer({
  name: 'adversary/slivers',
  summary: 'holes filled but for a sliver each: first fit walks slivers that fit nothing',
  sources: [
    'known-answer pattern; all 2,000 slivers were walked when measured with address-ordered first fit',
  ],
  category: 'adversary',
  adaptive: false,
  parameters,
  refusal: ({ size, filling }) =>
    filling > size ? { problem: `filling=${filling}`, expected: `at most size=${size}` } : undefined,
  generate: (values) => new ScriptedGenerator((pen) => program(pen, values)),
});

function* program(pen: Pen, values: ValuesOf<typeof parameters>): Script {
  const { count, size, filling, request, probes, drain } = values;
  const holes = Math.ceil(count / 2);
  yield* allocateRow(pen, count, size);
  yield* freeRow(pen, 0, holes, 2);
  yield* allocateRow(pen, holes, filling);
  yield* probe(pen, probes, request);
  if (drain === 'no') {
    return;
  }
  yield* freeRow(pen, 1, count - holes, 2);
  yield* freeRow(pen, count, holes);
}
