import type { EngineDefinition } from '../../harness/replay/port';
import { createBacking, GC_CAPABILITIES, GC_CONSTANTS, GC_OPTIONS, NESTED_DEMONSTRATION } from './definition';
import { LibxlGc, type Nesting } from './gc-engine';

/**
 * libxl's gc of 2010. Generation 0: a table of 256 slots in the context of the application, in which every temporary
 * stays until the context is destroyed. Generation 1, since 12 August 2010: a gc on the stack of every public
 * function, its table longer by 25 slots whenever it is full, each time copied to a new array.
 */
export const libxlGc2010: EngineDefinition = {
  name: 'libxl-gc-2010',
  version: 1,
  summary: 'libxl’s temporaries in 2010: a pointer table that grows by 25 and is searched from its start',
  lineage:
    'Xen tools/libxl: generation 0 until f94a432a98, generation 1 from 94413e51b0 (12 August 2010) to April 2012; gc memory policy of August 2010',
  constants: GC_CONSTANTS,
  options: {
    generation: {
      kind: 'integer',
      summary: '0: one table in the context, nothing dies with a call; 1: a gc for each public function',
      smallest: 0,
      largest: 1,
      byDefault: 1,
    },
    ...GC_OPTIONS,
  },
  capabilities: GC_CAPABILITIES,
  bounds: [
    {
      verb: 'alloc',
      unit: 'accesses',
      most: undefined,
      statement:
        'the k-th temporary of a call looks at k slots, and every 25th copies the table: N temporaries cost N(N+1)/2 probes and N²/50 copied slots',
      source: 'the code; confirmed by counting',
    },
  ],
  quirks: [
    {
      name: 'quadratic-in-temporaries',
      summary: 'a pointer is entered by looking at every slot before the first empty one',
      source: 'the code',
      demonstration: {
        operations: ['enter,1,0,0', ...temporaries(200)],
        shows: ({ accesses }) => accesses[200]! > accesses[100]! + 80,
      },
    },
    {
      name: 'temporaries-live-as-long-as-the-context',
      summary: 'generation 0 releases nothing when a public function returns',
      source: 'the leak that 94413e51b0 cured',
      demonstration: {
        options: { generation: '0' },
        operations: ['enter,1,0,0', 'temp,10,60000,0', 'leave,1,0,0', 'enter,1,0,0', 'temp,11,60000,0'],
        shows: ({ placements }) => placements[4] !== placements[1],
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
    new LibxlGc(
      machine,
      createBacking(machine, options, engineNamed),
      options.generation === 0 ? 0 : 1,
      options.nested as Nesting,
    ),
};

function temporaries(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `temp,${index + 10},32,0`);
}
