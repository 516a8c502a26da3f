import { RandomStream } from '../random';
import { integer, yesOrNo, type ValuesOf } from './parameters';
import { freeEach, ScriptedGenerator, type Pen, type Script } from './script';
import { SHAPES_SOURCE, Temporaries, temporariesParameter } from './shape';
import { drawSize, sizeParameters, sizeRefusal } from './sizes';
import { defineSynthesizer } from './synthesizer';

/** A program that keeps all it makes, such as one that writes a log: memory in use only grows. */
const parameters = {
  objects: integer('objects that stay', 'objects', 20_000, { from: 1, to: 1e7 }),
  temporaries: temporariesParameter(50),
  ...sizeParameters(16, 2048, 'octaves'),
  drain: yesOrNo('free everything at the end, oldest first', 'yes'),
};

type Values = ValuesOf<typeof parameters>;

export const ramp = defineSynthesizer({
  name: 'ramp',
  summary: 'objects that stay accumulate, with short-lived ones between them',
  sources: [SHAPES_SOURCE],
  category: 'shape',
  adaptive: false,
  parameters,
  refusal: sizeRefusal,
  generate: (values, seed) => new ScriptedGenerator((pen) => program(pen, values, seed)),
});

function* program(pen: Pen, values: Values, seed: number): Script {
  const kept: number[] = [];
  const sizes = new RandomStream(seed, 'sizes');
  const chances = new RandomStream(seed, 'temporaries');
  const temporaries = new Temporaries(pen, values, seed);
  for (let born = 0; born < values.objects; born++) {
    pen.allocate(drawSize(sizes, values));
    if (values.drain === 'yes') {
      kept.push(pen.id);
    }
    yield;
    for (let due = values.temporaries; due > 0; due -= 100) {
      if (chances.chance(Math.min(due, 100), 100)) {
        yield* temporaries.come();
      }
    }
  }
  yield* temporaries.allGo();
  yield* freeEach(pen, kept);
}
