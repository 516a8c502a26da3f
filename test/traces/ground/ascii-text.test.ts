import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AsciiText, AsciiWords } from '../../../traces/ground/ascii-text';

const upTo = (text: AsciiText, at: number): string => Buffer.from(text.upTo(at)).toString('latin1');

/** Numbers of every length as often, and the ends of the lengths. */
const anyNumber = fc.oneof(
  fc.integer({ min: 0, max: 53 }).chain((bits) => fc.maxSafeNat().map((value) => value % 2 ** bits)),
  fc.constantFrom(0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 99_999_999, 100_000_000, 2 ** 31 - 1, 2 ** 31),
  fc.constantFrom(15, 16, 0xffff, 0x1_0000, 0xfff_ffff, 0x1000_0000, 2 ** 32, Number.MAX_SAFE_INTEGER),
);

test('numbers are written as anybody writes them, one behind the other', () => {
  const text = new AsciiText(1000);
  const space = new AsciiWords([' ']);
  fc.assert(
    fc.property(fc.array(anyNumber, { maxLength: 10 }), (numbers) => {
      let at = 0;
      for (const number of numbers) {
        at = text.word(text.decimal(at, number), space, 0);
        at = text.word(text.decimal(at, -number), space, 0);
        at = text.word(text.hexadecimal(at, number), space, 0);
      }
      const expected = numbers.map((number) => `${number} ${String(-number)} ${number.toString(16)} `);
      assert.is(upTo(text, at), expected.join(''));
    }),
    { seed: 20081121, numRuns: 2000 },
  );
});

test('words of up to sixteen characters are written whole, and octets and characters behind them', () => {
  const text = new AsciiText(1000);
  const words = Array.from({ length: 17 }, (_, length) => '0123456789abcdef'.slice(0, length));
  const written = new AsciiWords(words);
  let at = 0;
  for (const [index, word] of words.entries()) {
    at = text.word(at, written, index);
    at = text.character(at, 0x2c);
    at = text.copy(at, Buffer.from(word));
  }
  assert.is(upTo(text, at), words.map((word) => `${word},${word}`).join(''));
});

test('room that is made keeps what is written, and a word at its very end fits', () => {
  const text = new AsciiText(4);
  const word = new AsciiWords(['abc']);
  let at = text.word(0, word, 0);
  for (let count = 0; count < 100; count++) {
    text.makeRoom(at, 3);
    at = text.word(at, word, 0);
  }
  assert.is(upTo(text, at), 'abc'.repeat(101));
});

test.run();
