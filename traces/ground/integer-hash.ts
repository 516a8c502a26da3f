import { TWO_TO_32 } from './integers';

/** 2^32 divided by the golden ratio. */
const FIBONACCI_FACTOR = 0x9e37_79b1;

const INT32_MAX = 0x7fff_ffff;

/**
 * Fibonacci hashing of a whole number up to 2^53, for tables of a power of two of places: neighbouring numbers spread
 * over the table. Nearly all are small, and the upper half is looked at only where there is one.
 */
export function integerHash(value: number): number {
  const mixed = Math.imul(folded(value), FIBONACCI_FACTOR);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/**
 * The same of a folded number for one table of 2^(32 − `shift`) places: of numbers that follow each other hardly two
 * meet, as long as there are fewer of them than places.
 */
export const tablePlace = (word: number, shift: number): number =>
  Math.imul(word, FIBONACCI_FACTOR) >>> shift;

/** 32 bits of a whole number up to 2^53, of all that it is. */
export function folded(value: number): number {
  return value <= INT32_MAX ? value | 0 : foldedHalves(value);
}

function foldedHalves(value: number): number {
  return (value | 0) ^ Math.imul(Math.floor(value / TWO_TO_32), 0x85eb_ca6b);
}

/** A digest of numbers one after the other, of their lower 32 bits: not against adversaries, and cheap. */
export const mixed = (digest: number, word: number): number =>
  (Math.imul(digest, FIBONACCI_FACTOR) + (word | 0)) | 0;
