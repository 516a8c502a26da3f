import { RandomStream } from '../random';
import { integer, yesOrNo, type ValuesOf } from './parameters';
import { freeRow, ScriptedGenerator, type Pen, type Script } from './script';
import { SHAPES_SOURCE, Temporaries } from './shape';
import { drawSize, sizeParameters, sizeRefusal } from './sizes';
import { defineSynthesizer } from './synthesizer';

/** A program that builds its data quickly and then works on it for long: only short-lived objects come and go. */
const parameters = {
  objects: integer('objects built at the start', 'objects', 10_000, { from: 1, to: 1e9 }),
  temporaries: integer('short-lived objects that come and go on the plateau', 'objects', 40_000, {
    from: 0,
    to: 1e12,
  }),
  ...sizeParameters(16, 2048, 'octaves'),
  drain: yesOrNo('free everything at the end, oldest first', 'yes'),
};

export const plateau = defineSynthesizer({
  name: 'plateau',
  summary: 'data built at once and kept, while short-lived objects come and go',
  sources: [SHAPES_SOURCE],
  category: 'shape',
  adaptive: false,
  parameters,
  refusal: sizeRefusal,
  generate: (values, seed) => new ScriptedGenerator((pen) => program(pen, values, seed)),
});

function* program(pen: Pen, values: ValuesOf<typeof parameters>, seed: number): Script {
  const sizes = new RandomStream(seed, 'sizes');
  const temporaries = new Temporaries(pen, values, seed);
  for (let built = 0; built < values.objects; built++) {
    pen.allocate(drawSize(sizes, values));
    yield;
  }
  for (let come = 0; come < values.temporaries; come++) {
    yield* temporaries.come();
  }
  yield* temporaries.allGo();
  if (values.drain === 'yes') {
    yield* freeRow(pen, 0, values.objects);
  }
}
