import type { EngineDefinition } from '../../harness/replay/port';
import { TEXTBOOK, TEXTBOOK_FREE_BOUND, TextbookHeap } from './textbook-heap';

/** Best fit, the lowest among equals: of the classic policies the one that keeps large blocks whole the longest. */
export const textbookBestFit: EngineDefinition = {
  ...TEXTBOOK,
  name: 'textbook-best-fit',
  version: 1,
  summary:
    'the smallest free block that is large enough; free list in address order, neighbours joined at once',
  bounds: [
    {
      verb: 'alloc',
      unit: 'accesses',
      most: undefined,
      statement: 'unbounded: every request visits every free block',
      source: 'Knuth, 2.5, the best-fit method',
    },
    TEXTBOOK_FREE_BOUND,
  ],
  create: (machine, options) => new TextbookHeap(machine, 'best', options),
};
