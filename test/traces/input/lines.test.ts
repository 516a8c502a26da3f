import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { LINE_BYTES_MAX, LineReader, wideAddress } from '../../../traces/input/lines';

/** The lines that a reader cuts out of a text handed over in chunks of some sizes, in turn. */
function linesOf(text: string, sizes: readonly number[], endsAtReturn = false): string[] {
  const bytes = Buffer.from(text, 'latin1');
  const reader = new LineReader(endsAtReturn);
  const lines: string[] = [];
  const drain = () => {
    while (reader.next()) {
      lines.push(reader.text() + (reader.truncated ? '…' : ''));
    }
  };
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    reader.append(bytes.subarray(at, at + size));
    at += size;
    drain();
  }
  reader.finish();
  drain();
  assert.is(reader.number, lines.length);
  return lines;
}

function scannerOf(line: string): LineReader {
  const reader = new LineReader();
  reader.append(Buffer.from(line, 'latin1'));
  reader.finish();
  assert.ok(reader.next());
  return reader;
}

test('lines are the same however the bytes arrive', () => {
  const text = fc.stringMatching(/^[ab\r\n\xff]*$/);
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
  fc.assert(
    fc.property(text, sizes, (content, chunkSizes) => {
      const expected = content.split('\n').map((line) => line.replace(/\r$/, ''));
      if (content.endsWith('\n') || content === '') {
        expected.pop();
      }
      assert.equal(linesOf(content, chunkSizes), expected);
    }),
    { seed: 20081121, numRuns: 300 },
  );
});

test('where a carriage return alone ends a line, lines are the same however the bytes arrive', () => {
  const text = fc.stringMatching(/^[ab\r\n\xff]*$/);
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
  fc.assert(
    fc.property(text, sizes, (content, chunkSizes) => {
      const expected = content.split(/\r?\n|\r/);
      if (/[\r\n]$/.test(content) || content === '') {
        expected.pop();
      }
      assert.equal(linesOf(content, chunkSizes, true), expected);
    }),
    { seed: 20081121, numRuns: 300 },
  );
});

test('a line longer than 1 MiB is cut, and what follows is read on', () => {
  const long = 'x'.repeat(LINE_BYTES_MAX);
  assert.equal(linesOf(`a\n${long}\nb`, [70_000]), ['a', long, 'b']);
  assert.equal(linesOf(`a\n${long}y\nb`, [70_000]), ['a', `${long}…`, 'b']);
  assert.equal(linesOf(`a\n${long}${long}${long}\nb\n`, [1 << 18]), ['a', `${long}…`, 'b']);
  assert.equal(linesOf(`${long}y`, [LINE_BYTES_MAX + 1]), [`${long}…`]);
  assert.equal(linesOf(`${long}\rb`, [LINE_BYTES_MAX + 1], true), [long, 'b']);
  for (const ending of ['\r', '\r\n']) {
    const text = `${long}y${ending}b${ending}`;
    assert.equal(linesOf(text, [LINE_BYTES_MAX + 2], true), [`${long}…`, 'b']);
  }
});

test('tokens are taken if they are there and left if not', () => {
  const line = scannerOf('realloc(0x1F,20) \t = end');
  assert.not(line.take('malloc('));
  assert.is(line.column, 1);
  assert.ok(line.take('realloc('));
  assert.is(line.takeDecimal(), 0);
  assert.ok(line.take('x'));
  assert.is(line.takeHexAddress(), 0x1f);
  assert.is(line.takeHex(), undefined);
  assert.ok(line.seek('20)'));
  assert.not(line.seek('20)'));
  assert.ok(line.takeBlanks());
  assert.is(line.byte, '='.charCodeAt(0));
  line.step();
  assert.ok(line.takeBlanks());
  assert.not(line.takeBlanks());
  assert.is(line.takeWord(), 'end');
  assert.ok(line.atEnd);
  assert.is(line.byte, -1);
  line.moveTo(1);
  assert.ok(line.takeIdentifier());
  assert.is(line.text(1, line.column), 'realloc');
});

test('a search does not leave the line', () => {
  const reader = new LineReader();
  reader.append(Buffer.from('one\ntwo three\n'));
  assert.ok(reader.next());
  assert.not(reader.seek('two'));
  assert.ok(reader.next());
  assert.ok(reader.seek('two'));
  assert.ok(reader.take(' three'));
  assert.not(reader.take('\n'));
});

test('numbers have all their digits, and columns begin anew with each line', () => {
  const reader = new LineReader();
  assert.not(reader.truncated);
  reader.append(Buffer.from('1207 x\n98'));
  reader.finish();
  assert.ok(reader.next());
  assert.is(reader.takeDecimal(), 1207);
  assert.is(reader.column, 5);
  assert.ok(reader.next());
  assert.is(reader.column, 1);
  assert.is(reader.takeDecimal(), 98);
  assert.ok(reader.atEnd);
});

test('addresses of up to 64 bits are exact keys, and canonical ones are numbers', () => {
  assert.is(scannerOf('0000000000004d6ecd0').takeHexAddress(), 0x4d6ecd0);
  assert.is(scannerOf('7F53F0000B70').takeHexAddress(), 0x7f53f0000b70);
  assert.is(scannerOf('1fffffffffffff').takeHexAddress(), Number.MAX_SAFE_INTEGER);
  assert.is(scannerOf('20000000000000').takeHexAddress(), 0x20000000000000n);
  assert.is(wideAddress('0000000000000001fffffffffffff'), Number.MAX_SAFE_INTEGER);
  assert.is(wideAddress('ffe0000000000001'), Number.MIN_SAFE_INTEGER);
  assert.is(scannerOf('20000000000001').takeHexAddress(), 0x20000000000001n);
  assert.is(scannerOf('ffff8881009cc000').takeHexAddress(), -0x777eff634000);
  assert.is(scannerOf('000ffff8881009cc000').takeHexAddress(), -0x777eff634000);
  assert.is(scannerOf('10000000000000000').takeHexAddress(), undefined);
  assert.is(wideAddress('8000000000000001'), -0x7fffffffffffffffn);
  assert.not.equal(wideAddress('8000000000000001'), wideAddress('8000000000000000'));
});

test.run();
