import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { barText, logarithmicSparkline, sparkline } from '../../reports/sparkline';
import {
  alignedLines,
  alignedText,
  fittedTableLines,
  tableLines,
  wrappedText,
  type TextColumn,
} from '../../reports/text-columns';

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

test('in parts words lose their ends beyond half the width, and what flows or is a figure does not', () => {
  const row = { name: 'n', words: 'w'.repeat(30), flowing: 'f '.repeat(15), figure: '1'.repeat(30) };
  const columns: TextColumn<typeof row>[] = [
    { title: 'name', align: 'left', isKey: true, cell: ({ name }) => name },
    { title: 'words', align: 'left', cell: ({ words }) => words },
    { title: 'figure', align: 'right', cell: ({ figure }) => figure },
    { title: 'flowing', align: 'left', flows: true, cell: ({ flowing }) => flowing },
  ];
  const text = fittedTableLines(columns, [row, { ...row, name: 'm' }], { columns: 40 }).join('\n');
  assert.match(text, ` ${'w'.repeat(19)}…`);
  assert.match(text, row.figure);
  assert.is(text.match(/\bf\b/g)!.length, 30);
});

test('a line that fits is left as it is', () => {
  assert.is(wrappedText('one two', 7), 'one two');
  assert.is(wrappedText('one two', 6), 'one\ntwo');
});

test('a table begins with its titles', () => {
  const columns: TextColumn<{ name: string; bytes: number }>[] = [
    { title: 'name', align: 'left', cell: ({ name }) => name },
    { title: 'B', align: 'right', cell: ({ bytes }) => String(bytes) },
  ];
  assert.equal(tableLines(columns, [{ name: 'x', bytes: 4096 }]), ['name     B', 'x     4096']);
  assert.equal(tableLines(columns, []), ['name  B']);
});

interface Engine {
  readonly engine: string;
  readonly pricing: string;
  readonly figures: readonly number[];
}

const KINDS = ['alloc', 'free', 'realloc'];
const WIDE: readonly TextColumn<Engine>[] = [
  { title: 'engine', align: 'left', isKey: true, cell: ({ engine }) => engine },
  { title: 'pricing', align: 'left', isKey: true, cell: ({ pricing }) => pricing },
  ...KINDS.flatMap((kind, index) =>
    ['worst', 'p99.9', 'median'].map((title, statistic): TextColumn<Engine> => ({
      title: statistic === 0 ? `${kind} ${title}` : title,
      align: 'right',
      group: kind,
      cell: ({ figures }) => String(figures[index * 3 + statistic]),
      isMarked: ({ figures }) => figures[index * 3 + statistic] === 9_000_000,
    })),
  ),
];
const engineOf = (engine: string, most: number): Engine => ({
  ...{ engine, pricing: 'zen4-2022@cold', figures: KINDS.flatMap(() => [most, 123_456, 789]) },
});
const ENGINES = [
  engineOf('xmalloc-first-fit', 9_000_000),
  engineOf('a-rather-long-name-of-an-engine', 4_553),
];

test('a table that fits, or is for no terminal, stays as it is', () => {
  const whole = tableLines(WIDE, ENGINES);
  assert.equal(fittedTableLines(WIDE, ENGINES, {}), whole);
  assert.equal(fittedTableLines(WIDE, ENGINES, { columns: whole[0]!.length + 20 }), whole);
});

test('a table too wide is cut in parts by kind, what is the same in every row told once above', () => {
  const lines = fittedTableLines(WIDE, ENGINES, { columns: 80 });
  assert.is(lines[0], 'pricing: zen4-2022@cold');
  assert.equal(
    lines.filter((line) => line.startsWith('engine')).map((line) => line.replace(/ +/g, ' ')),
    [
      'engine alloc worst p99.9 median',
      'engine free worst p99.9 median',
      'engine realloc worst p99.9 median',
    ],
  );
});

test('no line is wider than the terminal, and no figure is broken', () => {
  for (const columns of [40, 60, 80, 100, 120, 160]) {
    const lines = fittedTableLines(WIDE, ENGINES, { columns });
    assert.ok(
      lines.every(({ length }) => length <= columns),
      `${columns}`,
    );
    const figures = lines.join(' ').match(/\d{3,}/g)!;
    assert.is(figures.filter((figure) => figure === '123456').length, 6, `${columns}`);
  }
});

test('marked cells are bold where there are colours, and nothing moves', () => {
  const plain = fittedTableLines(WIDE, ENGINES, { columns: 80 });
  const coloured = fittedTableLines(WIDE, ENGINES, { columns: 80, hasColours: true });
  assert.match(coloured.join(), '\u001b[1;31m9000000\u001b[0m');
  assert.equal(
    coloured.map((line) => line.replace(/\u001b\[[\d;]*m/g, '')),
    plain,
  );
});

test('prose is broken between words and keeps its indent', () => {
  assert.is(wrappedText('one two three\n  four five', 9), 'one two\nthree\n  four\n  five');
  assert.is(wrappedText('one two three', undefined), 'one two three');
});

test('a line with columns goes on under its last one, unless that is too far to the right', () => {
  assert.is(wrappedText('name  one two three', 13), 'name  one two\n      three');
  assert.is(wrappedText('a-very-long-name  one two', 20), 'a-very-long-name\n    one two');
});

test('a word that is wider than the line stays whole', () => {
  assert.is(wrappedText('see /a/path/of/many/letters now', 12), 'see\n/a/path/of/many/letters\nnow');
});

test('a last column of words takes the room that there is, in as many lines as it needs', () => {
  const columns: TextColumn<string>[] = [
    { title: 'engine', align: 'left', isKey: true, cell: () => 'xmalloc-first-fit' },
    { title: 'pages', align: 'right', cell: () => '1,000' },
    { title: 'remark', align: 'left', flows: true, cell: (remark) => remark },
  ];
  const remark = 'words that go on and on until they reach the end of the line';
  const lines = fittedTableLines(columns, [remark], { columns: 60 });
  assert.equal(lines, [
    'engine             pages  remark',
    'xmalloc-first-fit  1,000  words that go on and on until they',
    '                          reach the end of the line',
  ]);
  assert.is(fittedTableLines(columns, [remark], {}).length, 2);
});

test('a curve by magnitude tells 1 from 632, and the same from the same', () => {
  const scale = { least: 1, most: 1000 };
  assert.is(logarithmicSparkline([1, 10, 100, 632, 1000], scale), '▁▃▆██');
  assert.is(logarithmicSparkline([5, 5], { least: 5, most: 5 }), '██');
  assert.is(sparkline([0, 1, 4, 8]), ' ▁▄█');
});

test('a bar has eight parts a letter, and one part at least for what is not nothing', () => {
  assert.equal(
    [0, 1, 316, 632].map((count) => barText(count, 632, 4)),
    ['', '▏', '██', '████'],
  );
});

test.run();
