import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { decompress } from 'fzstd';
import { openBytes } from '../../../traces/input/bytes';
import { InputError } from '../../../traces/input-error';
import { SequenceLengths } from '../../../traces/input/zstd-sequences';

/** Raw literals, none or `literals` bytes of them; then `count` sequences whose three codes are always the same. */
function block(
  literals: Buffer,
  count: number,
  codes: readonly [number, number, number],
  bits: readonly number[],
): Buffer {
  const counted = [255, (count - 0x7f00) & 255, (count - 0x7f00) >> 8];
  const sequences = count < 128 ? [count] : counted;
  return Buffer.from([literals.length << 3, ...literals, ...sequences, 0x54, ...codes, ...bits]);
}

/** A frame of one compressed block, with a window of 256 KiB. */
function frame(content: Buffer): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x40, 0, 0, 0]);
  header.writeUIntLE((content.length << 3) | 5, 6, 3);
  return Buffer.concat([header, content]);
}

const isSound = (content: Buffer) => new SequenceLengths().isSound(content);

test('lengths are codes and the bits that follow', () => {
  // One literal, then matches of 3: offset code 0 takes no bits, and a lone 1 ends the stream.
  assert.ok(isSound(block(Buffer.from('a'), 1, [1, 0, 0], [0b1])));
  // Code 52 is 65,539 and sixteen bits more.
  assert.ok(isSound(block(Buffer.from('a'), 1, [1, 0, 52], [0, 0, 0b1])));
  assert.ok(isSound(block(Buffer.from('a'), 1, [1, 0, 52], [0xfc, 0xff, 0b1])), '1 + 65,539 + 65,532 = 2^17');
  assert.not(isSound(block(Buffer.from('a'), 1, [1, 0, 52], [0xfd, 0xff, 0b1])), 'one more');
});

test('the bits must end with the sequences', () => {
  assert.not(isSound(block(Buffer.from('a'), 1, [1, 0, 0], [0b10])), 'a bit left');
  assert.not(isSound(block(Buffer.from('a'), 1, [1, 0, 32], [0b1])), 'a bit missing');
  assert.not(isSound(block(Buffer.from('a'), 1, [1, 0, 0], [0])), 'no end');
  assert.not(isSound(block(Buffer.from('a'), 1, [1, 0, 0], [])), 'no bits');
});

test('there must be as many literals as the sequences copy', () => {
  assert.not(isSound(block(Buffer.from('a'), 2, [1, 0, 0], [0b1])));
  assert.not(isSound(block(Buffer.from('a'), 1, [2, 0, 0], [0b1])));
});

test('codes and tables that do not exist are damage', () => {
  assert.not(isSound(block(Buffer.from('a'), 1, [36, 0, 0], [0b1])));
  assert.not(isSound(block(Buffer.from('a'), 1, [1, 32, 0], [0b1])));
  assert.not(isSound(block(Buffer.from('a'), 1, [1, 0, 53], [0b1])));
  assert.not(isSound(Buffer.from([0x08, 0x61, 1, 0xfc, 0b1])), 'tables of a block before the first');
  assert.not(isSound(Buffer.from([])));
  assert.not(isSound(Buffer.from([0xff, 0xff, 0xff, 0xff])), 'literals that are not there');
});

test('the bytes that would copy billions are refused at once', async () => {
  const bomb = frame(block(Buffer.alloc(0), 0x7f00, [35, 1, 52], [1]));
  assert.is(bomb.length, 18);
  try {
    const bytes = await openBytes(Readable.from([bomb]), 'bomb');
    await bytes.read();
    assert.unreachable('was decompressed');
  } catch (error) {
    assert.instance(error, InputError);
    assert.is(
      (error as Error).message,
      'bomb: the zstd data is corrupt in the block at byte 6; expected sequences that make at most 131072 bytes',
    );
  }
});

test('what the zstd program wrote is sound, in all blocks', async () => {
  const folder = path.join(__dirname, '../../recordings/heaptrack');
  for (const name of fs.readdirSync(folder)) {
    const stored = fs.readFileSync(path.join(folder, name));
    const pieces: Buffer[] = [];
    for await (const piece of await openBytes(path.join(folder, name))) {
      pieces.push(piece);
    }
    assert.ok(Buffer.concat(pieces).equals(decompress(stored)), name);
  }
});

test.run();
