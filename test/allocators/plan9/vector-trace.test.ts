import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatPlan9VectorRow, Plan9VectorRun, readPlan9Vector } from '../../../allocators/plan9/vectors';
import { InputError } from '../../../traces/input-error';

/** Vector traces as text: what is read, and what is refused with its place. */

const HEADER = 'op,id,size,align,offset,span';

test('missing trailing cells are 0, a reset keeps the name of its case', () => {
  const operations = readPlan9Vector(`${HEADER}\nalloc,1,5\nfree,-1\nreset,32,two NULs\r\n`, 'x.csv');
  assert.equal(operations[0], { op: 'alloc', id: 1, size: 5, align: 0, offset: 0, span: 0, label: '5' });
  assert.is(operations[1]!.id, -1);
  assert.is(operations[2]!.label, 'two NULs');
});

for (const [name, text, message] of [
  ['no header', 'alloc,1,5\n', 'x.csv:1:1: no header of a vector trace'],
  ['an empty file', '', 'x.csv:1:1: no header'],
  [
    'an unknown operation',
    `${HEADER}\naloc,1,5\n`,
    'x.csv:2:1: unknown operation "aloc"; did you mean "alloc"?',
  ],
  ['a size that is no number', `${HEADER}\nalloc,1,5\nalloc,2,5x\n`, 'x.csv:3:9: "5x" in column size'],
  ['a size beyond 2^53', `${HEADER}\nalloc,1,9007199254740993\n`, 'x.csv:2:9: "9007199254740993"'],
  ['too many cells', `${HEADER}\nalloc,1,5,0,0,0,7\n`, 'x.csv:2:17: 7 cells; expected at most 6'],
] as const) {
  test(`${name} is refused with its place`, () => {
    assert.throws(
      () => readPlan9Vector(text, 'x.csv'),
      (error: Error) => error instanceof InputError && error.message.startsWith(message),
    );
  });
}

test('objects that nobody allocated are nil, and doing something with them does nothing', () => {
  const rows = ['free,7', 'msize,7', 'peek,7,8', 'fill,7,0,65', 'overrun,7,4,65', 'realloc,7,100', 'free,7'];
  const run = new Plan9VectorRun({ engine: {} });
  const text = [HEADER, ...rows].join('\n');
  assert.equal([...run.rows(readPlan9Vector(text, 'x.csv'))].map(formatPlan9VectorRow).slice(0, 7), [
    '0,free,7,-1,,',
    '1,msize,7,-1,0,',
    '2,peek,7,-1,,',
    '3,fill,7,-1,,',
    '4,overrun,7,-1,,',
    '5,realloc,7,40,128,arena:8:4128',
    '6,free,7,40,,',
  ]);
});

test.run();
