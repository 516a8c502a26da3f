import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import { FIRST_LEVELS, SECOND_LEVELS } from './tlsf-classes';

/**
 * Where things lie in a TLSF pool of Xen: the block, the region, the pool object.
 *
 * A block is a 16-byte header (address of the block before it in memory; a size word whose two low bits say that
 * this block and the one before it are free) and its payload, whose first two words link it to its list while it is
 * free. A region is one page that ends in a header without payload, the sentinel.
 */

/** Header in front of the payload; also the granule of payloads. */
export const HEADER_BYTES = 16;
export const GRANULE_BYTES = 16;
export const PREVIOUS_BLOCK = 0;
export const SIZE = 8;
export const LIST_PREVIOUS = 16;
export const LIST_NEXT = 24;

/** Low bits of the size word. */
export const FREE = 1;
export const PREVIOUS_FREE = 2;
export const FLAGS = 3;

/** Payload of a fresh region's one block: a page without its header and the sentinel's. */
export const REGION_PAYLOAD = PAGE_BYTES - 2 * HEADER_BYTES;
export const SENTINEL_OFFSET = PAGE_BYTES - HEADER_BYTES;
/** A leftover must hold a header and a free block's links. */
export const SPLIT_BYTES_MIN = 32;

/** The pool object takes two pages: bitmaps, list heads, lock, and counters where each version has them. */
export const POOL_ORDER = 1;
export const POOL_BYTES = PAGE_BYTES << POOL_ORDER;
export const FIRST_LEVEL_MAP = 0;
export const SECOND_LEVEL_MAPS = 4;
/** Pointers are aligned to 8 bytes behind the 25 words of bitmaps. */
export const LIST_HEADS = SECOND_LEVEL_MAPS + 4 * FIRST_LEVELS + 4;
export const POOL_LOCK = LIST_HEADS + 8 * FIRST_LEVELS * SECOND_LEVELS;

/** Where the versions of the pool object differ. */
export interface PoolLayout {
  readonly structBytes: number;
  readonly usedBytesOffset: number;
  readonly regionCountOffset: number;
}
