import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  formatLibxlVectorRow,
  LIBXL_VECTOR_HEADER,
  LibxlVectorRun,
  readLibxlVector,
} from '../../../allocators/libxl/vectors';
import { engineNamed } from '../../../allocators/registry';
import { InputError } from '../../../traces/input-error';

/** The goldens of libxl's own code, extracted and run: slots, table lengths and events of every operation. */

const folder = path.join(__dirname, '..', '..', 'golden', 'libxl');
const text = (file: string) => fs.readFileSync(path.join(folder, file), 'utf8');
const trace = readLibxlVector(text('trace.csv'), 'trace.csv');

for (const generation of [0, 1, 2] as const) {
  for (const backing of ['plan9-pool', 'xmalloc-tlsf', 'xmalloc-first-fit']) {
    test(`gen${generation}.csv is reproduced over ${backing}`, () => {
      const run = new LibxlVectorRun(generation, backing, engineNamed);
      const rows = [...run.rows(trace)].map(formatLibxlVectorRow);
      assert.equal([LIBXL_VECTOR_HEADER, ...rows], text(`gen${generation}.csv`).trimEnd().split('\n'));
    });
  }

  test(`generation ${generation}: an add looks at slot + 1 slots, or at all of a full table`, () => {
    const run = new LibxlVectorRun(generation, 'plan9-pool', engineNamed);
    for (const { op, slot, tableBefore } of run.rows(trace)) {
      if (op === 'add') {
        assert.is(run.probes, slot < tableBefore ? slot + 1 : tableBefore);
      }
    }
  });
}

/** The table of measured costs, by N: probes of generation 1, growths and copied slots of 1, growths of 2. */
const MEASURED = [
  [26, 349, 2, 25, 2],
  [100, 5_046, 4, 150, 3],
  [1_000, 500_460, 40, 19_500, 6],
] as const;

for (const [count, probes, growths, copied, growthsDoubled] of MEASURED) {
  test(`${count} temporaries cost as many probes, growths and copies as were counted`, () => {
    const operations = Array.from({ length: count }, (_, id) => ({ op: 'add', id, size: 32 }) as const);
    const totals = (generation: 1 | 2) => {
      const run = new LibxlVectorRun(generation, 'plan9-pool', engineNamed);
      const rows = [...run.rows(operations)].map((row) => ({ ...row, probes: run.probes }));
      const grown = rows.filter(({ tableBefore, tableAfter }) => tableAfter > tableBefore);
      return { rows, grown, copied: grown.reduce((sum, { tableBefore }) => sum + tableBefore, 0) };
    };
    const first = totals(1);
    assert.is(first.grown.length, growths);
    assert.is(first.copied, copied);
    assert.is(totals(2).grown.length, growthsDoubled);
    const run = new LibxlVectorRun(1, 'plan9-pool', engineNamed);
    let total = 0;
    for (const _ of run.rows(operations)) {
      total += run.probes;
    }
    assert.is(total, probes);
  });
}

for (const [name, bad, message] of [
  ['no header', 'add,1,2\n', 'x.csv:1:1: no header'],
  ['an unknown operation', 'op,id,size\nad,1,2\n', 'x.csv:2:1: unknown operation "ad"; did you mean "add"?'],
  ['an id that is no number', 'op,id,size\nadd,x,2\n', 'x.csv:2:5: "add,x,2"'],
] as const) {
  test(`${name} is refused with its place`, () => {
    assert.throws(
      () => readLibxlVector(bad, 'x.csv'),
      (error: Error) => error instanceof InputError && error.message.startsWith(message),
    );
  });
}

test.run();
