import { integer, yesOrNo, type ValuesOf } from '../parameters';
import { allocateRow, freeRow, ScriptedGenerator, type Pen, type Script } from '../script';
import { defineSynthesizer } from '../synthesizer';
import { PAGE_BYTES } from '../../ground/integers';

/**
 * A row of pages of which every other one is freed: half of them are free, yet no two are buddies, so that a binary
 * buddy system has nothing of the next order. With as many pages as the heap holds every request for two fails, and
 * Linux's unusable-free-space index of order 1 is 1.000.
 */

const parameters = {
  count: integer('blocks in the row', 'objects', 1024, { from: 2, to: 1e8 }),
  order: integer('order of each: 2^order pages', 'orders', 0, { from: 0, to: 10 }),
  requests: integer('blocks of the next order asked for afterwards', 'objects', 16, { from: 0, to: 1e6 }),
  drain: yesOrNo('free everything at the end', 'yes'),
};

export const alternatingBuddies = defineSynthesizer({
  name: 'adversary/alternating-buddies',
  summary: 'every other page of a row freed: a buddy system finds no two together',
  sources: [
    'known-answer pattern for binary buddy systems; their worst case: Lloyd and Loui, "On the worst case performance ' +
      'of buddy systems", Acta Informatica 22, 1985',
  ],
  category: 'adversary',
  adaptive: false,
  parameters,
  generate: (values) => new ScriptedGenerator((pen) => program(pen, values)),
});

function* program(pen: Pen, { count, order, requests, drain }: ValuesOf<typeof parameters>): Script {
  const bytes = PAGE_BYTES << order;
  const freed = Math.ceil(count / 2);
  yield* allocateRow(pen, count, bytes);
  yield* freeRow(pen, 0, freed, 2);
  yield* allocateRow(pen, requests, 2 * bytes);
  if (drain === 'no') {
    return;
  }
  yield* freeRow(pen, 1, count - freed, 2);
  yield* freeRow(pen, count, requests);
}
