import type { SourceLine } from '../../../harness/machine/steps';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import type { EngineDefinition } from '../../../harness/replay/port';
import { toyDefinition } from '../replay/toy-engine';

/** A toy that says of its steps where in a source they stand, as the places of a compiled engine do. */

const at = (functionName: string, line: number, file = 'toy.c'): SourceLine => ({ functionName, file, line });

export const SOURCE = [
  'static block *find(size_t size)',
  '{',
  '\tfor (b = first; b->size < size; b = b->next)',
  '\t\t;',
  '\treturn b; /* <b>&amp; */',
  '}',
  '',
  '',
  '',
  '',
  'void *allocate(size_t size)',
  '{',
  '\tblock *b = find(size);',
  '\tb->used = 1;',
  '\treturn b + 1;',
  '}',
];

const FIND = [at('find', 3), at('allocate', 13)];
const MARK = [at('allocate', 14)];
const RESULT = [at('allocate', 15)];

/** @param hops how many blocks an allocation looks at */
export function sourcedDefinition(hops: number, mark: readonly SourceLine[] = MARK): EngineDefinition {
  return toyDefinition((machine, plain) => {
    const steps = machine.defineSteps('toy', {
      'find at toy.c:3': { instructions: 2, place: FIND },
      'allocate at toy.c:14': { instructions: 1, place: mark },
      'allocate at toy.c:15': { instructions: 1, place: RESULT },
    });
    return {
      allocate(bytes, align) {
        const object = plain.allocate(bytes, align);
        machine.work(steps['allocate at toy.c:15']);
        for (let hop = 0; hop < hops; hop++) {
          machine.chase(HEAP_BASE + 8192 * (hop * hop + 1));
          machine.work(steps['find at toy.c:3']);
        }
        machine.store(object, 1);
        machine.work(steps['allocate at toy.c:14']);
        machine.work(steps['allocate at toy.c:15']);
        return object;
      },
    };
  });
}
