import { pointerText, type PoolContext } from './context';
import { ALIGNMENT_FILLER, MAGIC, RED_ZONE, RED_ZONE_BYTES, TAIL_MAGIC0, TAIL_MAGIC1 } from './layout';
import { FIELD } from './pool-object';

/** What the tail's 16 bits cannot tell. */
export const GAP_LIMIT_BYTES = 0x10000;

/**
 * Blocks: header, tail, gap and red zone. Verbs on one block only; who its neighbours are follows from sizes, how
 * they join and part is told in `fragments.ts`. The order of the stores is the original's.
 */
export class Blocks {
  constructor(private readonly context: PoolContext) {}

  /** Bytes of the block that a request of `dataBytes` needs. */
  sizeFor(dataBytes: number): number {
    const { layout, pool } = this.context;
    const bytes = this.context.word(dataBytes + layout.headerBytes + layout.tailBytes);
    const minblock = pool.load(FIELD.minblock);
    if (bytes >= 0) {
      return this.context.word(this.context.roundedUp(Math.max(bytes, minblock, layout.blockBytesMin)));
    }
    // A corrupted gap: an unsigned 64-bit sum that rounding may yet wrap.
    const rounded = this.context.roundedUp(bytes);
    return rounded < 0 ? rounded + 2 * 0x8000_0000_0000_0000 : rounded;
  }

  magic(block: number): number {
    return this.context.words.load(block);
  }

  /** The magic of a block whose address was just loaded, or computed from a size that was. */
  magicChased(block: number): number {
    return this.context.words.chase(block);
  }

  setMagic(block: number, magic: number): void {
    this.context.words.store(block, magic);
  }

  size(block: number): number {
    return this.context.words.load(block + this.context.layout.wordBytes);
  }

  /**
   * A size that was just read, as C's pointer arithmetic takes it: an aligned allocation can leave a block smaller than
   * its data needs, and what is then split off is less than nothing. 64-bit words tell that by a negative number.
   */
  knownSize(block: number): number {
    return this.context.words.peekDisplacement(block + this.context.layout.wordBytes);
  }

  /** The block's end, from a size that was just read: C's pointer arithmetic, exact for corrupted sizes too. */
  end(block: number): number {
    const { context } = this;
    return context.address(block + this.knownSize(block));
  }

  tail(block: number): number {
    return this.context.address(this.end(block) - this.context.layout.tailBytes);
  }

  data(block: number): number {
    return block + this.context.layout.headerBytes;
  }

  /** The block on the right: one load of the size. */
  following(block: number): number {
    this.size(block);
    return this.end(block);
  }

  /** The block on the left, through the size in the tail below: one load. */
  preceding(block: number): number {
    return this.blockOfTail(block - this.context.layout.tailBytes);
  }

  /** The block that a tail's size leads to: one load. */
  blockOfTail(tail: number): number {
    const { context } = this;
    const sizeAt = tail + context.layout.tailSize;
    context.words.load(sizeAt);
    return context.address(tail + context.layout.tailBytes - context.words.peekDisplacement(sizeAt));
  }

  /** Header and tail of a block of `bytes`; the gap stays as it was. */
  setSize(block: number, bytes: number): void {
    const { words, layout, steps } = this.context;
    this.context.assert(this.magic(block) !== MAGIC.free, block, 'a free block is resized');
    const size = this.context.word(bytes);
    words.store(block + layout.wordBytes, size);
    const tail = this.context.address(block + size - layout.tailBytes);
    words.store(tail + layout.tailSize, size);
    words.store8(tail, TAIL_MAGIC0);
    words.store8(tail + 3, TAIL_MAGIC1);
    this.context.work(steps.setSize);
  }

  gap(tail: number): number {
    const { words } = this.context;
    const high = words.load8(tail + 1);
    return (high << 8) | words.load8(tail + 2);
  }

  setGap(tail: number, gap: number): void {
    this.context.words.store8(tail + 1, gap >>> 8);
    this.context.words.store8(tail + 2, gap & 0xff);
  }

  /** Bytes that the user asked for: the size, just read, less the gap in the tail. */
  dataBytes(block: number, size: number): number {
    return this.context.word(size - this.gap(this.tail(block)));
  }

  /** Notes that the user asked for `dataBytes` of this block and draws the red zone behind them. */
  setData(block: number, dataBytes: number): void {
    const { context } = this;
    const { words, steps } = context;
    const size = this.size(block);
    const gap = context.word(size - dataBytes);
    const fits = size >= this.sizeFor(dataBytes) && gap >= 0 && gap < GAP_LIMIT_BYTES;
    context.assert(fits, block, 'the block fits its data');
    const tail = this.tail(block);
    this.setGap(tail, gap);
    const from = context.address(this.data(block) + dataBytes);
    const to = Math.min(from + RED_ZONE_BYTES, tail);
    for (let byte = from; byte < to; byte++) {
      words.store8(byte, RED_ZONE[byte % RED_ZONE_BYTES]!);
    }
    context.work(steps.setData);
    context.work(steps.redZoneWrite, to - from);
  }

  /** The allocated block behind a user's pointer, aligned or not; panics where there is none. */
  resolve(pointer: number): number {
    const { words, layout, steps } = this.context;
    const rounded = pointer - (pointer % layout.wordBytes);
    let data = rounded;
    while (words.load(data - layout.wordBytes) === ALIGNMENT_FILLER) {
      data -= layout.wordBytes;
      this.context.work(steps.fillerWord);
    }
    const block = data - layout.headerBytes;
    this.context.work(steps.resolve);
    if (this.magic(block) !== MAGIC.allocated) {
      this.context.panic(block, `D2B called on non-block ${pointerText(rounded)} (double-free?)`);
    }
    return block;
  }
}
