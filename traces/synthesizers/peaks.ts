import { RandomStream } from '../random';
import { choice, integer, yesOrNo, type ValuesOf } from './parameters';
import { freeEach, ScriptedGenerator, type Pen, type Script } from './script';
import { SHAPES_SOURCE } from './shape';
import { drawSize, sizeParameters, sizeRefusal } from './sizes';
import { defineSynthesizer } from './synthesizer';

/**
 * A program that works in phases: each builds its data and throws nearly all of it away. From phase to phase sizes
 * grow by a tenth, so that the holes of one phase are just too small for the next.
 */
const parameters = {
  peaks: integer('phases', 'phases', 5, { from: 1, to: 10_000 }),
  objects: integer('objects of each phase', 'objects', 4000, { from: 1, to: 1e7 }),
  kept: integer('how many of a thousand outlive their phase', 'objects', 20, { from: 0, to: 1000 }),
  growth: integer('by how much sizes grow from one phase to the next', 'thousandths', 100, {
    from: 0,
    to: 1000,
  }),
  order: choice('in which order a phase frees', 'fifo', ['fifo', 'lifo', 'random']),
  ...sizeParameters(16, 2048, 'octaves'),
  drain: yesOrNo('free what outlived its phase at the end', 'yes'),
};

type Values = ValuesOf<typeof parameters>;

export const peaks = defineSynthesizer({
  name: 'peaks',
  summary: 'phases that build data and free nearly all of it, each with slightly larger sizes',
  sources: [SHAPES_SOURCE],
  category: 'shape',
  adaptive: false,
  parameters,
  refusal: sizeRefusal,
  generate: (values, seed) => new ScriptedGenerator((pen) => program(pen, values, seed)),
});

function* program(pen: Pen, values: Values, seed: number): Script {
  const sizes = new RandomStream(seed, 'sizes');
  const survival = new RandomStream(seed, 'survival');
  const order = new RandomStream(seed, 'order');
  const survivors: number[] = [];
  for (let phase = 0, scale = ONE; phase < values.peaks; phase++, scale = scaleAfter(scale, values.growth)) {
    const dying: number[] = [];
    for (let born = 0; born < values.objects; born++) {
      pen.allocate(grown(drawSize(sizes, values), scale));
      (survival.chance(values.kept, 1000) ? survivors : dying).push(pen.id);
      yield;
    }
    if (values.order === 'lifo') {
      dying.reverse();
    }
    if (values.order === 'random') {
      order.shuffle(dying);
    }
    yield* freeEach(pen, dying);
  }
  if (values.drain === 'yes') {
    yield* freeEach(pen, survivors);
  }
}

/** Growth is counted in millionths, so that small sizes grow too. */
const ONE = 1_000_000;
/** Beyond it sizes stop growing: no phase asks for more than any machine here has. */
const SIZE_MAX = 1 << 30;

function grown(size: number, scale: number): number {
  return size >= Math.floor((SIZE_MAX * ONE) / scale) ? SIZE_MAX : Math.floor((size * scale) / ONE);
}

function scaleAfter(scale: number, growth: number): number {
  return Math.min(SIZE_MAX * ONE, scale + Math.floor(scale / 1000) * growth);
}
