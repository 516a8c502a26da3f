/**
 * The words at the start of a free block, which are also those of the header where there are headers: the block's
 * bytes, and the address of the next free block or, in an allocated one, `IN_USE`.
 */
export const SIZE = 0;
export const NEXT = 8;

/** Room for both words: no block is smaller, and every granule is a multiple of it. */
export const WORDS_BYTES = 16;

/** Stands in place of the link; no block lies there. */
export const IN_USE = 1;
