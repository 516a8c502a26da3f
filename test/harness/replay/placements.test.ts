import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import { PAGE_LINES_MAX, PlacementLines, PlacementsWriter } from '../../../harness/replay/placements';
import type { PlacementsForm } from '../../../harness/replay/port';
import {
  BUG,
  NOTHING,
  NULL,
  OP,
  VIRTUAL_BASE,
  ZERO,
  type OpName,
  type Placement,
} from '../../../traces/trace';

type Line = readonly [op: OpName, id: number, result: number, object?: number];

function written(form: PlacementsForm, lines: readonly Line[]): string {
  let text = '';
  const writer = new PlacementsWriter(form, (chunk) => void (text += Buffer.from(chunk).toString('latin1')));
  const placements = new PlacementLines(form, writer);
  lines.forEach(([op, id, result, object]) =>
    placements.line(OP[op], id, result as Placement, (object ?? NULL) as Placement),
  );
  assert.is(placements.finish(), createHash('sha256').update(text).digest('hex'));
  assert.is(writtenAsRows(form, lines), text);
  return text;
}

/** The same as columns, behind so many lines that some of them come to another page. */
function writtenAsRows(form: PlacementsForm, lines: readonly Line[]): string {
  let text = '';
  const writer = new PlacementsWriter(form, (chunk) => void (text += Buffer.from(chunk).toString('latin1')));
  const placements = new PlacementLines(form, writer);
  for (let line = 0; line < PAGE_LINES_MAX - 4; line++) {
    placements.line(OP.compact, 0, NOTHING, NULL);
  }
  const rows = {
    codes: Uint8Array.from(lines, ([op]) => OP[op]),
    ids: Float64Array.from(lines, ([, id]) => id),
    placements: Float64Array.from(lines, ([, , result]) => result),
    objects: Float64Array.from(lines, ([, , , object]) => object ?? NULL),
  };
  placements.rows(rows, 0, 2);
  placements.rows(rows, 2, lines.length);
  void placements.finish();
  const [header, ...all] = text.split('\n');
  const last = all
    .slice(PAGE_LINES_MAX - 4)
    .map((line) => line.replace(/^\d+/, (index) => String(Number(index) - PAGE_LINES_MAX + 4)));
  return [header, ...last].join('\n');
}

const LINES: readonly Line[] = [
  ['alloc', 0, HEAP_BASE],
  ['alloc', 10, HEAP_BASE + 0xabcdef0],
  ['alloc', Number.MAX_SAFE_INTEGER, VIRTUAL_BASE + 0x201000],
  ['alloc', 3, NULL],
  ['alloc', 4, ZERO],
  ['alloc', 5, BUG],
  ['free', 10, NOTHING, HEAP_BASE + 0xabcdef0],
  ['realloc', 0, HEAP_BASE + 4096, HEAP_BASE],
  ['msize', 0, NOTHING, HEAP_BASE + 4096],
  ['compact', 0, NOTHING],
];

test('the form of the Xen goldens is hexadecimal, with words for what is no block', () => {
  assert.is(
    written('xen', LINES),
    `index,op,id,offset
0,alloc,0,0x0
1,alloc,10,0xabcdef0
2,alloc,9007199254740991,v:0x201000
3,alloc,3,NULL
4,alloc,4,ZERO
5,alloc,5,BUG
6,free,10,-
7,realloc,0,0x1000
8,msize,0,-
9,compact,0,-
`,
  );
});

test('an engine in the virtual area alone leaves its mark out', () => {
  assert.match(written('xen-virtual', LINES), '2,alloc,9007199254740991,0x201000\n');
});

test('the form of the Plan 9 goldens is decimal, −1 for nil, a free showing what it freed', () => {
  for (const form of ['plan9', 'libxl'] as const) {
    assert.is(
      written(
        form,
        LINES.filter(([, , result]) => result < VIRTUAL_BASE),
      ),
      `index,op,id,offset
0,alloc,0,0
1,alloc,10,180150000
2,alloc,3,-1
3,alloc,4,-1
4,alloc,5,-1
5,free,10,180150000
6,realloc,0,4096
7,msize,0,4096
8,compact,0,-1
`,
    );
  }
});

test('long texts come in chunks and lose nothing', () => {
  const lines = Array.from({ length: 20_000 }, (_, index): Line => [
    'alloc',
    index * 2 ** 30,
    HEAP_BASE + index * 16,
  ]);
  const rows = written('xen', lines).trimEnd().split('\n').slice(1);
  assert.is(rows.length, lines.length);
  rows.forEach((row, index) =>
    assert.is(row, `${index},alloc,${index * 2 ** 30},0x${(index * 16).toString(16)}`),
  );
});

test.run();
