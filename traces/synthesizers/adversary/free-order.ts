import { integer, type ValuesOf } from '../parameters';
import { allocateRow, ScriptedGenerator, type Pen, type Script } from '../script';
import { defineSynthesizer, type Synthesizer } from '../synthesizer';

/**
 * A row of equal objects, all freed again in one order or another: three traces of the same bytes and blocks, whose
 * cost differs only by how freed blocks meet free neighbours and where they belong in an ordered list. The order is
 * that of allocation, which on a fresh heap is the order of addresses in every engine that takes them upwards.
 */
const parameters = {
  count: integer('objects in the row', 'objects', 4000, { from: 1, to: 1e8 }),
  size: integer('size of each', 'bytes', 256, { from: 1, to: 1 << 30 }),
};

const freeOrderSource =
  'known-answer pattern: a list kept in address order by walking costs 0 + 1 + 2 … in one order of frees only';

/** The synthesizer of one order; `frees` tells it for objects 0 … count − 1. */
export const freeOrderAdversary = (
  name: string,
  summary: string,
  frees: (pen: Pen, count: number) => Script,
): Synthesizer =>
  defineSynthesizer({
    name,
    summary,
    sources: [freeOrderSource],
    category: 'adversary',
    adaptive: false,
    parameters,
    generate: (values) => new ScriptedGenerator((pen) => program(pen, values, frees)),
  });

function* program(
  pen: Pen,
  { count, size }: ValuesOf<typeof parameters>,
  frees: (pen: Pen, count: number) => Script,
): Script {
  yield* allocateRow(pen, count, size);
  yield* frees(pen, count);
}
