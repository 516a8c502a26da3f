import type { Machine } from '../../harness/machine/machine';

/**
 * The two-level size classes of Xen's TLSF: one first level a power of two, each cut into 32 second-level lists;
 * payloads below 128 bytes share the first level 0 in steps of 4. A class is one number, first level times 32 plus
 * second level. Masmano, Ripoll, Crespo, Real: "TLSF: a new dynamic memory allocator for real-time systems" (2004).
 */

export const FIRST_LEVELS = 24;
export const SECOND_LEVELS = 32;
export const SECOND_LEVEL_SHIFT = 5;

/** Payloads below this are told apart linearly. */
const LINEAR_BYTES = 128;
const LINEAR_STEP_SHIFT = 2;
/** The first first level beyond the linear one starts at 2^7. */
const FIRST_LEVEL_OFFSET = 6;

/** The class in which a free block of that payload is kept. */
export function classOf(payloadBytes: number): number {
  if (payloadBytes < LINEAR_BYTES) {
    return payloadBytes >>> LINEAR_STEP_SHIFT;
  }
  const power = 31 - Math.clz32(payloadBytes);
  const first = power - FIRST_LEVEL_OFFSET;
  return first * SECOND_LEVELS + (payloadBytes >>> (power - SECOND_LEVEL_SHIFT)) - SECOND_LEVELS;
}

/**
 * The payload a request is served with: rounded up to the next class boundary, so that any block of its class or a
 * higher one fits without a search along the list. Rounding twice changes nothing.
 */
export function servedPayload(payloadBytes: number): number {
  if (payloadBytes < LINEAR_BYTES) {
    return payloadBytes;
  }
  const step = 1 << (31 - Math.clz32(payloadBytes) - SECOND_LEVEL_SHIFT);
  return (payloadBytes + step - 1) & -step;
}

/** The bit-scan instructions of `classOf`: none for linear classes. */
export function countClassScans(machine: Machine, payloadBytes: number): void {
  if (payloadBytes >= LINEAR_BYTES) {
    machine.bitScan();
  }
}
