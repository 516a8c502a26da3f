import { HEAP_BASE, HELD, HELD_GRANULE_SHIFT, HELD_GRANULES } from './memory-map';

/** What of the heap is held: `heldFrom` and `heldUntil` of the machine's ledger, which keeps its bytes here. */

const EIGHT_HELD: u64 = 0x0101_0101_0101_0101;

/** The first granule from one on that is held (1) or is not (0), or how many there are. */
function granuleFrom(first: i32, value: u8): i32 {
  const granules = load<i32>(HELD_GRANULES);
  const eightOthers: u64 = value == 1 ? 0 : EIGHT_HELD;
  let granule = first;
  while (granule + 8 <= granules && load<u64>(HELD + granule) == eightOthers) {
    granule += 8;
  }
  while (granule < granules && load<u8>(HELD + granule) != value) {
    granule++;
  }
  return granule;
}

/** The first byte at or behind an address whose granule is held or is not; the heap's end where there is none. */
function byteFrom(address: f64, value: u8): f64 {
  const within = <i64>max(address, <f64>HEAP_BASE);
  const shift = <i64>load<i32>(HELD_GRANULE_SHIFT);
  const granules = load<i32>(HELD_GRANULES);
  const first = <i32>min((within - <i64>HEAP_BASE) >> shift, <i64>granules);
  // Most that ask stand where they hoped to.
  if (first < granules && load<u8>(HELD + first) == value) {
    return <f64>within;
  }
  return <f64>(<i64>HEAP_BASE + ((<i64>granuleFrom(first, value)) << shift));
}

/** 0 where nothing is. */
export function heldFrom(address: f64): f64 {
  const found = byteFrom(address, 1);
  const end = HEAP_BASE + ((<i64>load<i32>(HELD_GRANULES)) << (<i64>load<i32>(HELD_GRANULE_SHIFT)));
  return found == <f64>end ? 0 : found;
}

export function heldUntil(address: f64): f64 {
  return byteFrom(address, 0);
}
