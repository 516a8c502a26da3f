/** Size classes: a first level for each power of two, cut into 32 lists; below 128 bytes steps of 4. */

export const SECOND_LEVELS: u32 = 32;
export const SECOND_LEVELS_LOG2: u32 = 5;
export const LINEAR_BYTES: u32 = 128;
export const LINEAR_STEP_LOG2: u32 = 2;
export const FIRST_LEVEL_OFFSET: u32 = 6;

/** Index of a class: the first level times 32, plus the second. */
export type Class = u32;

@inline
export function log2Floor(word: u32): u32 {
  return 31 - clz(word);
}

/** The class in which a free block of that size is kept. */
@inline
export function classOf(bytes: u32): Class {
  if (bytes < LINEAR_BYTES) return bytes >> LINEAR_STEP_LOG2;
  const power = log2Floor(bytes);
  return ((power - FIRST_LEVEL_OFFSET) << SECOND_LEVELS_LOG2) + (bytes >> (power - SECOND_LEVELS_LOG2)) - SECOND_LEVELS;
}

@inline
export function belowStep(bytes: u32): u32 {
  return bytes < LINEAR_BYTES ? 0 : (1 << (log2Floor(bytes) - SECOND_LEVELS_LOG2)) - 1;
}
