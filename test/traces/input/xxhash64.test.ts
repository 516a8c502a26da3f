import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { XxHash64 } from '../../../traces/input/xxhash64';

function hashOf(...pieces: readonly Uint8Array[]): string {
  const hash = new XxHash64();
  for (const piece of pieces) {
    hash.update(piece);
  }
  return hash.digest().toString(16).padStart(16, '0');
}

/** The specification's test buffer: the upper bytes of a sequence of squared products. */
function sanityBuffer(length: number): Uint8Array {
  let generator = 2654435761n;
  return Uint8Array.from({ length }, () => {
    const byte = Number(generator >> 56n);
    generator = BigInt.asUintN(64, generator * 11400714785074694797n);
    return byte;
  });
}

test('known hashes', () => {
  const text = (characters: string) => hashOf(Buffer.from(characters));
  assert.is(text(''), 'ef46db3751d8e999');
  assert.is(text('a'), 'd24ec4f1a98c6e5b');
  assert.is(text('abc'), '44bc2cf5ad770999');
  assert.is(hashOf(sanityBuffer(0)), 'ef46db3751d8e999');
  assert.is(hashOf(sanityBuffer(1)), 'e934a84adb052768');
  assert.is(hashOf(sanityBuffer(14)), '8282dcc4994e35c8');
  assert.is(hashOf(sanityBuffer(222)), 'b641ae8cb691c174');
});

test('the hash does not depend on how the bytes arrive, and the lanes are exact', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(300), (bytes, one, other) => {
      const [first, second] = [Math.min(one, other), Math.max(one, other)];
      const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
      assert.is(hashOf(...pieces), hashOf(bytes));
      assert.is(hashOf(bytes), plainHash(bytes).toString(16).padStart(16, '0'));
    }),
    { seed: 20081121, numRuns: 300 },
  );
});

/** XXH64 written down from its specification, on bigints throughout. */
function plainHash(bytes: Uint8Array): bigint {
  const wrap = (value: bigint) => BigInt.asUintN(64, value);
  const rotate = (value: bigint, bits: bigint) => wrap((value << bits) | (value >> (64n - bits)));
  const p1 = 11400714785074694791n;
  const p2 = 14029467366897019727n;
  const p3 = 1609587929392839161n;
  const p4 = 9650029242287828579n;
  const p5 = 2870177450012600261n;
  const round = (lane: bigint, input: bigint) => wrap(rotate(wrap(lane + input * p2), 31n) * p1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const lanes: bigint[] = [wrap(p1 + p2), p2, 0n, wrap(-p1)];
  let at = 0;
  for (; at + 32 <= bytes.length; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      lanes[lane] = round(lanes[lane]!, view.getBigUint64(at + lane * 8, true));
    }
  }
  let hash: bigint = p5;
  if (bytes.length >= 32) {
    hash = [1n, 7n, 12n, 18n].reduce((sum, bits, lane) => wrap(sum + rotate(lanes[lane]!, bits)), 0n);
    for (const lane of lanes) {
      hash = wrap((hash ^ round(0n, lane)) * p1 + p4);
    }
  }
  hash = wrap(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash = wrap(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4);
  }
  if (at + 4 <= bytes.length) {
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint32(at, true)) * p1), 23n) * p2 + p3);
    at += 4;
  }
  for (; at < bytes.length; at++) {
    hash = wrap(rotate(hash ^ wrap(BigInt(bytes[at]!) * p5), 11n) * p1);
  }
  hash = wrap((hash ^ (hash >> 33n)) * p2);
  hash = wrap((hash ^ (hash >> 29n)) * p3);
  return hash ^ (hash >> 32n);
}

test.run();
