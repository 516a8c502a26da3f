import type { EngineDefinition } from '../../harness/replay/port';
import { createBacking, GC_CAPABILITIES, GC_CONSTANTS, GC_OPTIONS, NESTED_DEMONSTRATION } from './definition';
import { LibxlGc, type Nesting } from './gc-engine';

/**
 * libxl's gc since April 2012, and today: a gc on the stack of every public function whose table grows in place to
 * twice its slots and 25. The copying is gone; the search from the first slot for every temporary is not.
 */
export const libxlGc: EngineDefinition = {
  name: 'libxl-gc',
  version: 1,
  summary: 'libxl’s temporaries since 2012: a pointer table that doubles, still searched from its start',
  lineage: 'Xen tools/libs/light (libxl_internal.c), since b77efdf32a of 11 April 2012; gc memory policy',
  constants: GC_CONSTANTS,
  options: GC_OPTIONS,
  capabilities: GC_CAPABILITIES,
  bounds: [
    {
      verb: 'alloc',
      unit: 'accesses',
      most: undefined,
      statement: 'the k-th temporary of a call looks at k slots: N temporaries cost N(N+1)/2 probes',
      source: 'the code; confirmed by counting',
    },
    {
      verb: 'realloc',
      unit: 'accesses',
      most: undefined,
      statement: 'a temporary that moves is looked for from the first slot',
      source: 'the code',
    },
  ],
  quirks: [
    {
      name: 'quadratic-in-temporaries',
      summary: 'a pointer is entered by looking at every slot before the first empty one',
      source: 'the code',
      demonstration: {
        operations: ['enter,1,0,0', ...temporaries(300)],
        shows: ({ accesses }) => accesses[300]! > accesses[200]! + 80,
      },
    },
    {
      name: 'nested-calls-make-their-own-gc',
      summary: 'the policy lets a nested public call reuse its caller’s context; the code makes a fresh gc',
      source: 'the policy e-mail of 13 August 2010 against the code',
      demonstration: NESTED_DEMONSTRATION,
    },
  ],
  placementsForm: 'libxl',
  create: (machine, options, engineNamed) =>
    new LibxlGc(machine, createBacking(machine, options, engineNamed), 2, options.nested as Nesting),
};

function temporaries(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `temp,${index + 10},32,0`);
}
