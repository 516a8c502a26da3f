import * as fc from 'fast-check';
import { formatLibxlVectorRow, LibxlVectorRun } from '../../../allocators/libxl/vectors';
import { engineNamed } from '../../../allocators/registry';
import { tableRows, type TableOperation } from '../libxl/witness';
import type { FuzzFigures } from './xen';

/** libxl's tables against their witness: slots, lengths and events, over every heap below. */

interface Step {
  readonly op: TableOperation['op'] | 'burst';
  readonly pick: number;
  readonly size: number;
}

const step = (op: Step['op'], size: fc.Arbitrary<number>) =>
  fc.record({ op: fc.constant(op), pick: fc.nat(1000), size });

const STEPS = fc.oneof(
  { weight: 6, arbitrary: step('add', fc.integer({ min: 1, max: 300 })) },
  { weight: 5, arbitrary: step('free', fc.constant(0)) },
  { weight: 3, arbitrary: step('realloc', fc.integer({ min: 1, max: 3000 })) },
  { weight: 1, arbitrary: step('freeall', fc.constant(0)) },
  { weight: 2, arbitrary: step('burst', fc.integer({ min: 1, max: 120 })) },
);

/** Rejects with the shortest trace found in which table and witness differ. */
export function fuzzLibxl(seed: number, cases: number): FuzzFigures {
  let operations = 0;
  const generations = fc.constantFrom(0 as const, 1 as const, 2 as const);
  const backings = fc.constantFrom('plan9-pool', 'xmalloc-tlsf', 'xmalloc-first-fit');
  const told = fc.array(STEPS, { maxLength: 150, size: 'max' });
  const property = fc.property(generations, backings, told, (generation, backing, steps) => {
    const trace = traceOf(steps);
    operations += trace.length;
    const theirs = [...tableRows(generation, trace)];
    const ours = [...new LibxlVectorRun(generation, backing, engineNamed).rows(trace)].map(
      formatLibxlVectorRow,
    );
    const index = theirs.findIndex((row, at) => row !== ours[at]);
    if (index < 0) {
      return;
    }
    const rows = trace.map(({ op, id, size }) => `${op},${id},${size}`);
    throw new Error(
      `gc ${ours[index]}, witness ${theirs[index]}\ngeneration ${generation} over ${backing}\n${['op,id,size', ...rows].join('\n')}`,
    );
  });
  fc.assert(property, { seed, numRuns: cases, includeErrorInReport: true });
  return { cases, operations };
}

/** Frees and reallocs of what is live, as far as the program knows. */
function traceOf(steps: readonly Step[]): TableOperation[] {
  const operations: TableOperation[] = [];
  let live: number[] = [];
  let nextId = 0;
  const add = (size: number): void => {
    live.push(nextId);
    operations.push({ op: 'add', id: nextId++, size });
  };
  for (const { op, pick, size } of steps) {
    if (op === 'add') {
      add(size);
    } else if (op === 'burst') {
      for (let each = 0; each < size; each++) {
        add(1 + (pick % 300));
      }
    } else if (op === 'freeall') {
      operations.push({ op, id: -1, size: 0 });
      live = [];
    } else if (live.length > 0) {
      const id = live[pick % live.length]!;
      operations.push({ op, id, size });
      if (op === 'free') {
        live = live.filter((each) => each !== id);
      }
    }
  }
  return operations;
}
