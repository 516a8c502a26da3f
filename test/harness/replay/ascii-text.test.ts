import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AsciiText, AsciiWord } from '../../../harness/replay/ascii-text';

const read = (text: AsciiText): string => Buffer.from(text.take()).toString('latin1');

/** Numbers of every length as often, and the ends of the lengths. */
const anyNumber = fc.oneof(
  fc.integer({ min: 0, max: 53 }).chain((bits) => fc.maxSafeNat().map((value) => value % 2 ** bits)),
  fc.constantFrom(0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 99_999_999, 100_000_000, 2 ** 31 - 1, 2 ** 31),
  fc.constantFrom(15, 16, 0xffff, 0x1_0000, 0xfff_ffff, 0x1000_0000, 2 ** 32, Number.MAX_SAFE_INTEGER),
);

test('numbers are written as anybody writes them, one behind the other', () => {
  fc.assert(
    fc.property(fc.array(anyNumber, { maxLength: 20 }), (numbers) => {
      const text = new AsciiText(1000);
      const space = new AsciiWord(' ');
      for (const number of numbers) {
        text.decimal(number);
        text.word(space);
        text.hexadecimal(number);
        text.word(space);
      }
      assert.is(read(text), numbers.map((number) => `${number} ${number.toString(16)} `).join(''));
    }),
    { seed: 20081121, numRuns: 2000 },
  );
});

test('words of up to sixteen characters are written whole', () => {
  const text = new AsciiText(1000);
  const words = Array.from({ length: 17 }, (_, length) => '0123456789abcdef'.slice(0, length));
  words.forEach((word) => text.word(new AsciiWord(word)));
  assert.is(read(text), words.join(''));
});

test('what was taken is not written again', () => {
  const text = new AsciiText(10);
  text.decimal(12345);
  assert.is(read(text), '12345');
  text.decimal(7);
  assert.is(read(text), '7');
});

test.run();
