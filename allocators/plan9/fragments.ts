import { GAP_LIMIT_BYTES, type Blocks } from './blocks';
import type { PoolContext } from './context';
import type { FreeTree } from './free-tree';
import { MAGIC, POISON } from './layout';
import { markPattern } from './marks';
import { FIELD, FLAG } from './pool-object';

/** An aligned block gives back its front from this many bytes on, however large it is itself. */
const FRONT_LIMIT_BYTES = 0x1000;
/** What the tail between two merged blocks becomes. */
const DESTROYED_TAIL = { magic0: 0x11, magic1: 0x11, gap: 0xfa11 } as const;
/** The gap of a merged block, which nobody reads before `setData` writes it. */
const MERGED_GAP = 0xffff;

/** How blocks join with their right neighbour and part from what is not needed of them. */
export class Fragments {
  constructor(
    private readonly context: PoolContext,
    private readonly blocks: Blocks,
    private readonly tree: FreeTree,
  ) {}

  /** Joins a block with the one on its right; whichever is free leaves the tree first. Returns the joint block. */
  merge(block: number, right: number): number {
    const { blocks } = this;
    const { words, layout, steps } = this.context;
    this.context.assert(blocks.following(block) === right, block, 'merged blocks are neighbours');
    if (blocks.magic(block) === MAGIC.free) {
      this.tree.remove(block);
    }
    if (blocks.magicChased(right) === MAGIC.free) {
      this.tree.remove(right);
    }
    const oldTail = blocks.tail(block);
    words.store(oldTail + layout.tailSize, POISON);
    words.store8(oldTail, DESTROYED_TAIL.magic0);
    words.store8(oldTail + 3, DESTROYED_TAIL.magic1);
    blocks.setGap(oldTail, DESTROYED_TAIL.gap);
    blocks.size(block);
    blocks.size(right);
    const size = this.context.word(blocks.knownSize(block) + blocks.knownSize(right));
    words.store(block + layout.wordBytes, size);
    const tail = blocks.tail(block);
    words.store(tail + layout.tailSize, size);
    blocks.setGap(tail, MERGED_GAP);
    words.store(right + layout.wordBytes, MAGIC.destroyed);
    blocks.setMagic(right, MAGIC.destroyed);
    blocks.setMagic(block, MAGIC.unallocated);
    this.context.work(steps.merge);
    return block;
  }

  /**
   * Makes a block that is in nobody's hands an allocated one of `dataBytes`, splitting off what is too much. Nobody
   * asks whether it is large enough: from one too small the unsigned surplus is split off all the same.
   */
  trim(block: number, dataBytes: number): void {
    const { blocks } = this;
    const { steps } = this.context;
    this.context.work(steps.trim);
    const needed = blocks.sizeFor(dataBytes);
    blocks.size(block);
    const size = blocks.knownSize(block);
    const surplus = this.context.word(size - needed);
    // A gap that does not fit the tail's 16 bits is split off, whatever its share of the block.
    if (
      isAtLeast(this.context.word(size - dataBytes), GAP_LIMIT_BYTES) ||
      (isAtLeast(surplus, Math.floor(needed / 4)) && this.canStand(surplus))
    ) {
      blocks.setSize(block, needed);
      const fragment = block + needed;
      if (this.context.hasFlag(FLAG.antagonism)) {
        markPattern(this.context, fragment, 0xf1, surplus, fragment);
      }
      blocks.setMagic(fragment, MAGIC.unallocated);
      blocks.setSize(fragment, surplus);
      this.tree.add(fragment);
      this.context.work(steps.split);
    }
    blocks.setMagic(block, MAGIC.allocated);
    blocks.setData(block, dataBytes);
  }

  /**
   * Gives back up to `skipBytes` at the front of a block in nobody's hands, in whole quanta. Returns the block that
   * is left, which is the same one where the front is not worth it.
   */
  freeFront(block: number, skipBytes: number): number {
    const { blocks } = this;
    const skip = this.context.roundedDown(skipBytes);
    const size = blocks.size(block);
    if (!(skip >= FRONT_LIMIT_BYTES || (skip >= Math.floor(size / 4) && this.canStand(skip)))) {
      return block;
    }
    const rest = block + skip;
    blocks.setSize(rest, this.context.word(size - skip));
    blocks.setMagic(rest, MAGIC.unallocated);
    blocks.setSize(block, skip);
    blocks.setMagic(block, MAGIC.unallocated);
    this.tree.add(block);
    this.context.work(this.context.steps.split);
    return rest;
  }

  /** Whether a fragment of that size may be a block of its own. */
  private canStand(bytes: number): boolean {
    const { layout, pool } = this.context;
    return isAtLeast(bytes, layout.blockBytesMin) && isAtLeast(bytes, pool.load(FIELD.minblock));
  }
}

/** C's comparison of unsigned words; a negative number stands for a 64-bit difference that wrapped. */
export function isAtLeast(word: number, bytes: number): boolean {
  return word < 0 || word >= bytes;
}
