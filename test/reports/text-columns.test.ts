import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { alignedLines, alignedText, tableLines, type TextColumn } from '../../reports/text-columns';

const test = suite('text columns');

test('a column is as wide as its widest cell, and no line ends in blanks', () => {
  assert.equal(
    alignedLines([
      ['a', 'one', ''],
      ['longer', 'x', 'last'],
    ]),
    ['a       one', 'longer  x    last'],
  );
});

test('a column is aligned right where told, and left without a word', () => {
  assert.equal(
    alignedLines(
      [
        ['1', 'a', '5'],
        ['100', 'bb', '12'],
      ],
      ['right', 'left'],
    ),
    ['  1  a   5', '100  bb  12'],
  );
});

test('a row that is short of columns leaves the others where they are', () => {
  assert.equal(alignedLines([['a title that is long'], ['b', 'c']], ['left', 'right']), [
    'a title that is long',
    'b                     c',
  ]);
});

test('a text ends every line; no rows are no text', () => {
  assert.is(alignedText([['a', 'b'], ['c']]), 'a  b\nc\n');
  assert.is(alignedText([]), '');
});

test('a table begins with its titles', () => {
  const columns: TextColumn<{ name: string; bytes: number }>[] = [
    { title: 'name', align: 'left', cell: ({ name }) => name },
    { title: 'B', align: 'right', cell: ({ bytes }) => String(bytes) },
  ];
  assert.equal(tableLines(columns, [{ name: 'x', bytes: 4096 }]), ['name     B', 'x     4096']);
  assert.equal(tableLines(columns, []), ['name  B']);
});

test.run();
