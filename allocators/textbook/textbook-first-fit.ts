import type { EngineDefinition } from '../../harness/replay/port';
import { TEXTBOOK, TEXTBOOK_FREE_BOUND, TextbookHeap } from './textbook-heap';

/** Address-ordered first fit, the allocator that most of the theory of fragmentation is about. */
export const textbookFirstFit: EngineDefinition = {
  ...TEXTBOOK,
  name: 'textbook-first-fit',
  version: 1,
  summary:
    'the lowest free block that is large enough; free list in address order, neighbours joined at once',
  bounds: [
    {
      verb: 'alloc',
      unit: 'accesses',
      most: undefined,
      statement: 'unbounded: a request that nothing satisfies visits every free block',
      source: 'Knuth, 2.5, Algorithm A',
    },
    TEXTBOOK_FREE_BOUND,
  ],
  create: (machine, options) => new TextbookHeap(machine, 'first', options),
};
