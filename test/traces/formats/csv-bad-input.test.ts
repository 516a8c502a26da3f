import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { InputError } from '../../../traces/input-error';
import { failureOf, readText } from './csv-files';
import { SEED } from './events';

const header = 'op,id,size,align\n';
const whole = 'expected a whole number from 0 to 9007199254740991';

/** Content of a file and the one line that says what is wrong with it. */
const cases: readonly (readonly [title: string, content: string | Buffer, message: string | RegExp])[] = [
  ['empty file', '', 't.csv: the file is empty; expected a trace or a recording'],
  [
    'missing column',
    'op,id,size\n',
    /^t\.csv:1:11: column align is missing; expected a header line with op,id,size,align/,
  ],
  [
    'unknown column',
    'op,id,sice,align\n',
    /^t\.csv:1:7: unknown column "sice"; did you mean "size"\?; expected a header/,
  ],
  [
    'column twice',
    'op,id,size,align,id\n',
    't.csv:1:18: column id stands here again; expected each column once',
  ],
  ['empty header', '\nalloc,1,1,0\n', /^t\.csv:1:1: unknown column ""/],
  [
    'header in two lines',
    'op,"id\n",size\n',
    't.csv:1:4: a quote that is not closed; expected a header of one line',
  ],
  [
    'open quote in the header',
    'op,"id,size\n',
    't.csv:1:4: a quote that is not closed; expected a header of one line',
  ],
  ['negative size', `${header}alloc,1,-5,0\n`, `t.csv:2:9: size is "-5"; ${whole}`],
  ['fractional size', `${header}alloc,1,1.5,0\n`, `t.csv:2:9: size is "1.5"; ${whole}`],
  ['absurd size', `${header}alloc,1,9007199254740992,0\n`, `t.csv:2:9: size is "9007199254740992"; ${whole}`],
  ['more absurd size', `${header}alloc,1,1e300,0\n`, `t.csv:2:9: size is "1e300"; ${whole}`],
  [
    'endless size',
    `${header}alloc,1,${'9'.repeat(300)},0\n`,
    `t.csv:2:9: size is "${'9'.repeat(64)}…"; ${whole}`,
  ],
  ['leading zero', `${header}alloc,01,5,0\n`, `t.csv:2:7: id is "01"; ${whole}`],
  ['empty size', `${header}alloc,1,,0\n`, `t.csv:2:9: size is ""; ${whole}`],
  ['blank in a number', `${header}alloc, 1,5,0\n`, `t.csv:2:7: id is " 1"; ${whole}`],
  ['negative id', `${header}alloc,-1,5,0\n`, `t.csv:2:7: id is "-1"; ${whole}`],
  ['align 3', `${header}alloc,1,5,3\n`, 't.csv:2:11: align is "3"; expected 0 or a power of two'],
  [
    'wide align',
    `${header}alloc,1,5,8589934594\n`,
    /^t\.csv:2:11: align is "8589934594"; expected 0 or a power of two$/,
  ],
  [
    'unknown op',
    `${header}aloc,1,5,0\n`,
    /^t\.csv:2:1: unknown op "aloc"; expected one of alloc free .*; did you mean "alloc"\?$/,
  ],
  ['op in capitals', `${header}FREE,1,0,0\n`, /did you mean "free"\?$/],
  [
    'too few cells',
    `${header}free,1,0,0\nfree,2,0\n`,
    't.csv:3:9: a row of 3 cells; expected 4, as the header says',
  ],
  [
    'too many cells',
    `${header}free,1,0,0,\n`,
    't.csv:2:12: a row of 5 cells; expected 4, as the header says',
  ],
  [
    'too many, some optional',
    'op,id,size,align,cpu\nfree,1,0,0,0,0\n',
    't.csv:2:14: a row of 6 cells; expected 4 to 5, as the header says',
  ],
  ['no cell', `${header}x\n`, 't.csv:2:2: a row of 1 cell; expected 4, as the header says'],
  [
    'unbalanced quote',
    `${header}alloc,1,"5,0\nfree,1,0,0\n`,
    't.csv:2:9: a quote that is never closed; expected a closing quote',
  ],
  [
    'quote inside a cell',
    `${header}al"loc,1,5,0\n`,
    /^t\.csv:2:3: a quote inside a cell; expected a cell in quotes/,
  ],
  ['text after a quote', `${header}"alloc"x,1,5,0\n`, /^t\.csv:2:7: a quote inside a cell/],
  [
    'empty lines in between',
    `${header}alloc,1,5,0\n\r\n\n\nfree,1,0,0\n`,
    't.csv:3:1: an empty line; expected one event a line',
  ],
  [
    'empty line in between',
    `${header}alloc,1,5,0\n\nfree,1,0,0\n`,
    't.csv:3:1: an empty line; expected one event a line',
  ],
  [
    'NUL',
    `${header}alloc,1,5,0\nfree,\0,0,0\n`,
    't.csv:3:6: byte 0x00 is no text; expected UTF-8 text without NUL',
  ],
  ['NUL at once', Buffer.from([0, 1, 2, 3, 10]), /^t\.csv:1:1: byte 0x00 is no text/],
  [
    'no UTF-8',
    Buffer.concat([Buffer.from(`${header}alloc,1,5,0\n`), Buffer.from([0xc3, 0x28, 10])]),
    /^t\.csv:3:1: byte 0xc3 is no text/,
  ],
  [
    'no UTF-8 after a letter',
    Buffer.concat([Buffer.from(`${header}alloc,é`), Buffer.from([0xff, 10])]),
    /^t\.csv:2:8: byte 0xff is no text/,
  ],
  [
    'long line',
    `${header}alloc,1,5,${'0'.repeat(1 << 20)}\n`,
    't.csv:2:1: a line longer than 1048576 bytes; expected one event a line',
  ],
  [
    'long quoted line',
    `${header}alloc,1,5,"${'0'.repeat(1 << 20)}"\n`,
    /^t\.csv:2:1: a line longer than 1048576 bytes/,
  ],
  ['line without end', `${header}${'x'.repeat(3 << 20)}`, /^t\.csv:2:1: a line longer than 1048576 bytes/],
  ['header without end', 'x'.repeat(3 << 20), /^t\.csv:1:1: a line longer than 1048576 bytes/],
  [
    'quote without end',
    `${header}alloc,1,"${'5\n'.repeat(1 << 20)}`,
    /^t\.csv:2:9: a quote that is never closed/,
  ],
  [
    'long text',
    `op,id,size,align,site\nfree,1,0,0,${'x'.repeat(65537)}\n`,
    't.csv:2:12: a text of 65537 bytes; expected at most 65536',
  ],
  [
    'fill of no byte',
    'op,id,size,align,value\nfill,1,0,0,256\n',
    't.csv:2:12: value of fill is "256"; expected a byte, 0 to 255',
  ],
  [
    'fill without value',
    `${header}fill,1,0,0\n`,
    't.csv:2:11: value of fill is ""; expected a byte, 0 to 255',
  ],
  [
    'overrun of no byte',
    'op,value,id,size,align\noverrun,x,1,0,0\n',
    't.csv:2:9: value of overrun is "x"; expected a byte, 0 to 255',
  ],
  [
    'HTML and control characters',
    `${header}<b>\u001b[31m,1,1,0\n`,
    /^t\.csv:2:1: unknown op "<b>\\u\{1b\}\[31m"/,
  ],
  ['a formula', `${header}=1+1,1,1,0\n`, /^t\.csv:2:1: unknown op "=1\+1"/],
];

for (const [title, content, message] of cases) {
  test(title, async () => {
    const failure = await failureOf(content);
    if (typeof message === 'string') {
      assert.is(failure, message);
    } else {
      assert.match(failure, message);
    }
    assert.not.match(failure, '\n');
  });
}

test('whatever is done to the bytes of a file, it is read or refused in one line', async () => {
  const rows = 'alloc,1,100,8,-4,0,3,main,"a,b",x\nfill,1,0,0,0,0,0,,,85\nfree,1,0,0\n'.repeat(3);
  const file = Buffer.from(`op,id,size,align,offset,span,cpu,site,call,value\n${rows}`);
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from(',"\n\r\0-0')));
  const edit = fc.record({
    at: fc.nat(file.length),
    removed: fc.nat(5),
    added: fc.array(byte, { maxLength: 5 }),
  });
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      let bytes = file;
      for (const { at, removed, added } of edits) {
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(added), bytes.subarray(at + removed)]);
      }
      try {
        await readText(bytes, {}, 37);
      } catch (error) {
        assert.instance(error, InputError);
        assert.match((error as Error).message, /^t\.csv:\d+:\d+: [^\n]+$/);
        refused += 1;
      }
    }),
    { seed: SEED, numRuns: 1000 },
  );
  assert.ok(refused > 500 && refused < 1000, `${refused} were refused`);
});

test('a million distinct long texts are refused before they fill the memory', async () => {
  const rows: string[] = [];
  for (let i = 0; i < 1100; i++) {
    rows.push(`free,1,0,0,${String(i).padStart(6, '0')}${'x'.repeat(64_000)}\n`);
  }
  const failure = await failureOf(`op,id,size,align,site\n${rows.join('')}`);
  assert.match(failure, /^t\.csv:10\d\d:12: more distinct texts than a trace may hold/);
});

test.run();
