/**
 * How a pool's blocks lie in memory: the same C structures under three data models.
 *
 * A block is a header (magic, size), the data, and a tail (magic0, a big-endian 16-bit gap, magic1, the size again).
 * A free block's links overlay its data. An arena begins with a header that is itself a block without data, whose
 * tail bytes the arena's size overlays, and ends with a bare header of size 0.
 */

export const LAYOUT_NAMES = ['ilp32', 'llp64', 'lp64'] as const;
export type LayoutName = (typeof LAYOUT_NAMES)[number];

/** Offsets and sizes in bytes; a word is C's `ulong`. */
export interface PoolLayout {
  readonly name: LayoutName;
  readonly wordBytes: 4 | 8;
  readonly pointerBytes: 4 | 8;
  /** Magic and size; user data begins this far into the block. */
  readonly headerBytes: number;
  readonly tailBytes: number;
  /** Of the size copy within the tail. */
  readonly tailSize: number;
  /** Links of a free block, from the block's start. */
  readonly left: number;
  readonly right: number;
  readonly next: number;
  readonly previous: number;
  /** Header, links and tail: no smaller block can ever be freed. */
  readonly blockBytesMin: number;
  readonly arenaHeaderBytes: number;
  /** Fields of the arena header, from the arena's start: the next arena above, the next below, the arena's size. */
  readonly arenaUp: number;
  readonly arenaDown: number;
  readonly arenaSize: number;
}

function layoutOf(name: LayoutName, wordBytes: 4 | 8, pointerBytes: 4 | 8): PoolLayout {
  const headerBytes = 2 * wordBytes;
  // Four bytes of magics and gap, padded to a word, and the size.
  const tailBytes = 2 * wordBytes;
  return {
    name,
    wordBytes,
    pointerBytes,
    headerBytes,
    tailBytes,
    tailSize: wordBytes,
    left: headerBytes,
    right: headerBytes + pointerBytes,
    next: headerBytes + 2 * pointerBytes,
    previous: headerBytes + 3 * pointerBytes,
    blockBytesMin: headerBytes + 4 * pointerBytes + tailBytes,
    arenaHeaderBytes: headerBytes + 2 * pointerBytes + tailBytes,
    arenaUp: headerBytes,
    arenaDown: headerBytes + pointerBytes,
    arenaSize: headerBytes + 2 * pointerBytes,
  };
}

export const LAYOUTS: Readonly<Record<LayoutName, PoolLayout>> = {
  /** Plan 9 on 386 and arm. */
  ilp32: layoutOf('ilp32', 4, 4),
  /** Plan 9's amd64 compilers: `long` has 32 bits. */
  llp64: layoutOf('llp64', 4, 8),
  /** A natural 64-bit build by other compilers. */
  lp64: layoutOf('lp64', 8, 8),
};

/** What the first word of a block says it is. Zero-extended to a word. */
export const MAGIC = {
  free: 0xba5e_ba11,
  allocated: 0x0a11_0c09,
  /** Taken out of the tree, not yet anything else. */
  unallocated: 0xcab0_0d1f,
  arena: 0xc0a1_e5cf,
  arenaTail: 0xec5e_1a0d,
  /** Swallowed by a merge. */
  destroyed: 0xdead_fa11,
  /** Freed under NOREUSE. */
  dead: 0xdead_dead,
  /** Taken out of the tree by a compaction. */
  floating: 0xcbcb_cbcb,
} as const;

/** Fills the words between a block's data start and an aligned pointer into it. */
export const ALIGNMENT_FILLER = 0xa1f1_d1c1;
export const TAIL_MAGIC0 = 0xbe;
export const TAIL_MAGIC1 = 0xef;
/** The bytes just behind the user's data, by address modulo 4. */
export const RED_ZONE = [0xfe, 0xf1, 0xf0, 0xfa] as const;
export const RED_ZONE_BYTES = 4;
/** What links and sizes that must not be used any more are set to. */
export const POISON = 0xcafe_babe;

/** Rounds up to a multiple of `unit`, which need not be a power of two. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

export function roundDown(value: number, unit: number): number {
  return Math.floor(value / unit) * unit;
}
