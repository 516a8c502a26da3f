import type { Arenas } from './arenas';
import { alignedStart, crosses } from './alignment';
import type { Blocks } from './blocks';
import { DEAD_FILL, DEAD_FILL_SKIP_BYTES, type Checks } from './checks';
import type { PoolContext } from './context';
import { isAtLeast, type Fragments } from './fragments';
import type { FreeTree } from './free-tree';
import type { HeldBlock } from './held-block';
import { ALIGNMENT_FILLER, MAGIC } from './layout';
import { markUserData } from './marks';
import { FIELD, FLAG } from './pool-object';

/** Requests of 2 GiB and more fail before anything is looked up. */
const REQUEST_BYTES_LIMIT = 0x8000_0000;

/** The pool's work under its lock: pointers are users' pointers, 0 is nil. */
export class Verbs {
  constructor(
    private readonly context: PoolContext,
    private readonly blocks: Blocks,
    private readonly tree: FreeTree,
    private readonly fragments: Fragments,
    private readonly checks: Checks,
    private readonly arenas: Arenas,
    private readonly held: HeldBlock,
  ) {}

  allocate(bytes: number): number {
    const { context, blocks, tree } = this;
    context.work(context.steps.allocate);
    if (bytes >= REQUEST_BYTES_LIMIT) {
      context.listener?.error?.('invalid allocation size');
      return 0;
    }
    const blockBytes = blocks.sizeFor(bytes);
    let block = tree.bestFit(blockBytes);
    if (block === 0) {
      this.arenas.grow(blockBytes);
      block = tree.bestFit(blockBytes);
      if (block === 0) {
        return 0;
      }
    }
    tree.remove(block);
    this.fragments.trim(block, bytes);
    context.pool.add(FIELD.curalloc, blocks.size(block));
    if (context.hasFlag(FLAG.antagonism)) {
      markUserData(context, blocks.data(block), 0xdf, bytes, blocks.data(block));
    }
    return blocks.data(block);
  }

  free(pointer: number): void {
    if (pointer === 0) {
      return;
    }
    const { context, blocks, checks } = this;
    const { pool } = context;
    context.work(context.steps.free);
    let block = blocks.resolve(pointer);
    checks.block(block);
    if (context.hasFlag(FLAG.noReuse)) {
      this.bury(block, pointer);
      return;
    }
    pool.add(FIELD.nfree, 1);
    const size = blocks.size(block);
    pool.add(FIELD.curalloc, -size);
    const left = blocks.preceding(block);
    if (blocks.magicChased(left) === MAGIC.free) {
      block = this.fragments.merge(left, block);
    }
    const right = blocks.following(block);
    if (blocks.magicChased(right) === MAGIC.free) {
      block = this.fragments.merge(block, right);
    }
    this.tree.add(block);
  }

  /** Returns 0 and leaves the block alone where there is no memory; a size of 0 frees and returns 0. */
  reallocate(pointer: number, bytes: number): number {
    if (pointer === 0) {
      return this.allocate(bytes);
    }
    if (bytes === 0) {
      this.free(pointer);
      return 0;
    }
    const { context, blocks, checks } = this;
    context.work(context.steps.reallocate);
    const block = blocks.resolve(pointer);
    checks.block(block);
    const oldSize = blocks.size(block);
    const oldBytes = blocks.dataBytes(block, oldSize);
    const inPlace = this.joinForRoom(block, oldSize, blocks.sizeFor(bytes));
    if (inPlace !== 0) {
      return this.settle(inPlace, pointer, oldBytes, oldSize, bytes);
    }
    return this.replace(block, pointer, oldBytes, oldSize, bytes);
  }

  allocateAligned(bytes: number, align: number, offset: number, span: number): number {
    const { context } = this;
    context.work(context.steps.allocateAligned);
    const wanted = align === 0 ? offset : offset < 0 ? align - (-offset % align) : offset % align;
    const word = (sum: number) => context.word(sum);
    // Sums of sizes wrap, as in C. What is no word to begin with is beyond every limit.
    let room = context.isWord(bytes) ? word(bytes + align) : bytes;
    let data = this.allocate(room);
    if (data !== 0 && span > 0 && crosses(data, data + room, span)) {
      this.free(data);
      room = word(2 * room);
      data = this.allocate(room);
    }
    if (data === 0) {
      return 0;
    }
    const pointer = alignedStart(data, bytes, align, wanted, span, context);
    if (pointer === undefined) {
      this.free(data);
      context.listener?.error?.(`cannot satisfy dsize ${bytes} span ${span} with align ${align}+${wanted}`);
      return 0;
    }
    this.carve(data, pointer, bytes);
    return pointer;
  }

  /** Grows the user's part of a block over all of it and returns its size. */
  usableSize(pointer: number): number {
    if (pointer === 0) {
      return 0;
    }
    const { context, blocks } = this;
    context.work(context.steps.usableSize);
    const block = blocks.resolve(pointer);
    if (context.manual) {
      this.checks.block(block);
    }
    const size = blocks.size(block);
    const { headerBytes, tailBytes } = context.layout;
    const bytes = context.word(context.roundedDown(size) - headerBytes - tailBytes);
    const dataBytes = blocks.dataBytes(block, size);
    context.assert(dataBytes >= 0 && bytes >= dataBytes, block, 'the usable size holds the data');
    blocks.setData(block, bytes);
    return bytes;
  }

  /** NOREUSE: fills the block with garbage and leaves it to itself. Its first bytes stay, and so do the counters. */
  private bury(block: number, pointer: number): void {
    const { context, blocks } = this;
    const size = blocks.size(block);
    blocks.setMagic(block, MAGIC.dead);
    // An `int`, which takes what is beyond 2^31 for nothing to do.
    const bytes = (blocks.dataBytes(block, size) - DEAD_FILL_SKIP_BYTES) | 0;
    context.words.fill(pointer + DEAD_FILL_SKIP_BYTES, bytes, DEAD_FILL);
    if (context.manual) {
      context.pool.add(FIELD.curalloc, -size);
    }
  }

  /** A block of at least `needed` bytes that contains `block`, joined with free neighbours if it must; 0 if none. */
  private joinForRoom(block: number, size: number, needed: number): number {
    const { blocks, fragments } = this;
    if (needed <= size) {
      return block;
    }
    const own = blocks.knownSize(block);
    const isRoom = (sum: number) => isAtLeast(this.context.word(sum), needed);
    const right = blocks.following(block);
    const rightSize = this.freeSize(right);
    if (rightSize !== undefined && isRoom(own + rightSize)) {
      return fragments.merge(block, right);
    }
    const left = blocks.preceding(block);
    const leftSize = this.freeSize(left);
    if (leftSize !== undefined && isRoom(leftSize + own)) {
      return fragments.merge(left, block);
    }
    if (leftSize !== undefined && rightSize !== undefined && isRoom(leftSize + own + rightSize)) {
      return fragments.merge(fragments.merge(left, block), right);
    }
    return 0;
  }

  /** Size of a neighbour, as pointer arithmetic takes it; undefined where it is not free. */
  private freeSize(neighbour: number): number | undefined {
    const { blocks } = this;
    if (blocks.magicChased(neighbour) !== MAGIC.free) {
      return undefined;
    }
    blocks.size(neighbour);
    return blocks.knownSize(neighbour);
  }

  /** The old block is where it was, or its neighbour became part of it: move the data down and give back the rest. */
  private settle(block: number, pointer: number, oldBytes: number, oldSize: number, bytes: number): number {
    const { context, blocks } = this;
    const data = blocks.data(block);
    if (pointer !== data) {
      context.words.move(data, pointer, oldBytes);
    }
    this.fragments.trim(block, bytes);
    context.pool.add(FIELD.curalloc, blocks.size(block) - oldSize);
    return data;
  }

  /** Takes another block; the arena merge on the way may have put it right beside the old one. */
  private replace(block: number, pointer: number, oldBytes: number, oldSize: number, bytes: number): number {
    const { context, blocks } = this;
    this.held.block = block;
    const replacement = this.allocate(bytes);
    if (replacement === 0) {
      return 0;
    }
    // The code goes on with the addresses from before, whatever a compaction on the way has moved.
    const old = context.manual ? this.held.block : block;
    const from = pointer + old - block;
    const other = replacement - context.layout.headerBytes;
    const left = blocks.preceding(old);
    const right = blocks.following(old);
    if (left === other || right === other) {
      if (context.manual) {
        // What `allocate` charged is part of the joint block, which `settle` charges.
        context.pool.add(FIELD.curalloc, -context.words.peek(other + context.layout.wordBytes));
      }
      const joint = this.absorb(old, left, right, other);
      context.assert(blocks.size(joint) >= blocks.sizeFor(bytes), joint, 'the joint block is large enough');
      return this.settle(joint, from, oldBytes, oldSize, bytes);
    }
    context.words.move(replacement, from, oldBytes);
    if (context.hasFlag(FLAG.antagonism)) {
      markUserData(context, replacement + oldBytes, 0xde, bytes - oldBytes, replacement);
    }
    this.free(from);
    return replacement;
  }

  private absorb(block: number, left: number, right: number, other: number): number {
    const { blocks, fragments } = this;
    let joint = block;
    if (left === other || blocks.magicChased(left) === MAGIC.free) {
      joint = fragments.merge(left, block);
    }
    const following = joint === block ? right : blocks.following(joint);
    if (following === other || blocks.magicChased(following) === MAGIC.free) {
      joint = fragments.merge(joint, following);
    }
    return joint;
  }

  /** Frees what lies in front of an aligned pointer, or fills it so that the pointer finds its block again. */
  private carve(data: number, pointer: number, bytes: number): void {
    const { context, blocks } = this;
    const { words, layout } = context;
    const whole = data - layout.headerBytes;
    const sizeBefore = words.peek(whole + layout.wordBytes);
    const block = this.fragments.freeFront(whole, context.word(pointer - data));
    const start = blocks.data(block);
    for (let word = start; word + layout.wordBytes <= pointer; word += layout.wordBytes) {
      words.store(word, ALIGNMENT_FILLER);
      context.work(context.steps.fillerWord);
    }
    this.fragments.trim(block, context.word(pointer - start + bytes));
    context.assert(blocks.resolve(pointer) === block, block, 'the aligned pointer leads to its block');
    if (context.manual) {
      context.pool.add(FIELD.curalloc, blocks.size(block) - sizeBefore);
    }
    if (context.hasFlag(FLAG.antagonism)) {
      markUserData(context, pointer, 0xdd, bytes, pointer);
    }
  }
}
