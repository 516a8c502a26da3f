import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LIBXL_VECTOR_HEADER, readLibxlVector } from '../../../allocators/libxl/vectors';
import { tableRows } from './witness';

/** The witness of libxl's tables does in every golden vector as libxl's own code did. */

const text = (file: string) => fs.readFileSync(path.join(__dirname, '../../golden/libxl', file), 'utf8');
const trace = readLibxlVector(text('trace.csv'), 'trace.csv');

for (const generation of [0, 1, 2] as const) {
  test(`the witness reproduces gen${generation}.csv`, () => {
    const rows = [LIBXL_VECTOR_HEADER, ...tableRows(generation, trace)];
    assert.equal(rows, text(`gen${generation}.csv`).trimEnd().split('\n'));
  });
}

test.run();
