/** The frame-table record of today's page allocator, and what its fields hold. */

/** Today's x86. */
export const ORDER_MAX_HEAD = 18;

export const RECORD_BYTES = 32;
/** Page numbers of the neighbours on a free list, 32 bits each. */
export const NEXT = 0;
export const PREVIOUS = 4;
export const COUNT = 8;
/** Type info of a used page; index of the first unscrubbed page of a free block. */
export const TYPE_INFO = 16;
export const FIRST_DIRTY = TYPE_INFO;
/** Order of a free block; owner of a used page. */
export const ORDER = 24;
export const TIMESTAMP = 28;

/** Bits of the count word; the real ones lie at its upper end. */
export const STATE_FREE = 1;
export const NEED_SCRUB = 2;
export const XEN_HEAP = 4;

/** `FIRST_DIRTY` of a block without unscrubbed pages. */
export const NONE_DIRTY = 0x000f_ffff;
/** Neighbour of the last page on a list. */
export const NO_PAGE = 0xffff_ffff;
