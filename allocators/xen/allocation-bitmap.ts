import type { Machine } from '../../harness/machine/machine';

/**
 * The bitmap of the 2008 page allocator, one bit a page, 1 = allocated, in 64-bit words. Blocks are naturally
 * aligned, so one below 64 pages lies in one word and a larger one fills whole words. Pages beyond the heap read as
 * allocated: a page's buddy lies at most one heap further on.
 */

const PAGES_PER_WORD = 64;
const WORD_BYTES = 8;
const ALL_BITS = -1;

export class AllocationBitmap {
  private readonly base: number;
  private readonly bytes: number;

  constructor(private readonly machine: Machine) {
    this.bytes = Math.ceil((2 * machine.heapPages) / PAGES_PER_WORD) * WORD_BYTES;
    this.base = machine.reserve('allocation bitmap', this.bytes);
  }

  start(): void {
    this.machine.fill(this.base, this.bytes, 0xff);
  }

  /** Marks a block allocated; returns the number of words touched. */
  set(page: number, pages: number): number {
    const { machine } = this;
    if (pages < PAGES_PER_WORD) {
      const half = this.half(page);
      machine.store(half, machine.load(half) | bitsOf(page, pages));
      return 1;
    }
    const end = this.half(page + pages);
    for (let word = this.half(page); word < end; word += WORD_BYTES) {
      machine.load(word);
      machine.storeHalves(word, ALL_BITS, ALL_BITS);
    }
    return pages / PAGES_PER_WORD;
  }

  /** Marks a block free; returns the number of words touched. */
  clear(page: number, pages: number): number {
    const { machine } = this;
    if (pages < PAGES_PER_WORD) {
      const half = this.half(page);
      machine.update(half, machine.peek(half) & ~bitsOf(page, pages));
      return 1;
    }
    const end = this.half(page + pages);
    for (let word = this.half(page); word < end; word += WORD_BYTES) {
      machine.updateHalves(word, 0, 0);
    }
    return pages / PAGES_PER_WORD;
  }

  isAllocated(page: number): boolean {
    return (this.machine.load(this.half(page)) & bitsOf(page, 1)) !== 0;
  }

  /** As `isAllocated`, for observers. */
  showsAllocated(page: number): boolean {
    return (this.machine.peek(this.half(page)) & bitsOf(page, 1)) !== 0;
  }

  /** Address of the 32-bit half of the word that holds a page's bit. */
  private half(page: number): number {
    return this.base + (page >>> 5) * 4;
  }
}

/** Mask of the bits of up to 32 aligned pages in their half word. */
function bitsOf(page: number, pages: number): number {
  return (pages >= 32 ? ALL_BITS : (1 << pages) - 1) << (page & 31);
}
