import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AddressSpace } from '../../../harness/pricing/address-space';
import { InputError } from '../../../traces/input-error';

/** A program's 64-bit addresses in 32 bits. */

const MIB = 0x10_0000;

test('regions of 2 MiB get places in the order of their first touch; nothing moves within one', () => {
  const space = new AddressSpace();
  const heap = 0x7f12_3460_0000;
  assert.is(space.map(heap + 0x1f_ffff), 0x1f_ffff);
  assert.is(space.map(0x40_0010), 2 * MIB + 0x10);
  assert.is(space.map(heap), 0);
  assert.is(space.map(heap + 2 * MIB), 4 * MIB);
  assert.is(space.map(0x40_0010), 2 * MIB + 0x10);
});

test('the upper half of 64 bits is like the lower, as signed numbers or bigints', () => {
  const space = new AddressSpace();
  const kernel = -(2 ** 31) + 0x40;
  assert.is(space.map(kernel), 0x40);
  assert.is(space.map(BigInt(kernel)), 0x40);
  assert.is(space.map(0xffff_ffff_8000_0041n), 0x41);
  assert.is(space.map(0xfedc_ba98_7654_3210n), 2 * MIB + 0x14_3210);
  assert.is(space.map(-0x0123_4567_89ab_cdf0n), 2 * MIB + 0x14_3210);
});

test('4 GiB of places, and one line about more', () => {
  const space = new AddressSpace();
  for (let region = 0; region < 2048; region++) {
    space.map(region * 64 * MIB);
  }
  assert.is(space.map(2047 * 64 * MIB + 5), 2047 * 2 * MIB + 5);
  assert.throws(
    () => space.map(2048 * 64 * MIB),
    (error: Error) => error instanceof InputError && /more than 2048 regions/.test(error.message),
  );
});

test.run();
