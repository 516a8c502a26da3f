import { integer, yesOrNo } from './parameters';
import { drawSize, sizeParameters, sizeRefusal } from './sizes';
import { deathOrder, StormGenerator } from './storm';
import { defineSynthesizer } from './synthesizer';

/** Objects of all sizes up to a page, of which one dies and another is born, over and over: no size stands out. */
const parameters = {
  live: integer('objects that live at once', 'objects', 10_000, { from: 1, to: 1e7 }),
  ops: integer('pairs of a free and an allocation after the build', 'pairs', 50_000, { from: 0, to: 1e12 }),
  order: deathOrder,
  ...sizeParameters(16, 4000, 'uniform'),
  drain: yesOrNo('free everything at the end', 'yes'),
};

export const churn = defineSynthesizer({
  name: 'churn',
  summary: 'objects of 16 to 4000 bytes that die and are replaced',
  sources: ['the churn of the measurements on prototypes: 10,000 live objects of 16 to 4000 bytes'],
  category: 'shape',
  adaptive: false,
  parameters,
  refusal: sizeRefusal,
  generate: (values, seed) => new StormGenerator(values, 0, (stream) => drawSize(stream, values), seed),
});
