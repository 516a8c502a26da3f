import type { ArenaSource } from './arena-source';
import type { Blocks } from './blocks';
import type { Checks } from './checks';
import type { Compaction } from './compaction';
import type { PoolContext } from './context';
import type { Fragments } from './fragments';
import type { FreeTree } from './free-tree';
import { MAGIC } from './layout';
import { FIELD, FLAG } from './pool-object';

/**
 * How a pool grows: an arena from the source becomes one free block, enters the list of arenas (highest address
 * first) and joins the arenas that touch it where the merge callback agrees.
 */
export class Arenas {
  constructor(
    private readonly context: PoolContext,
    private readonly blocks: Blocks,
    private readonly tree: FreeTree,
    private readonly fragments: Fragments,
    private readonly checks: Checks,
    private readonly compaction: Compaction,
    private readonly source: ArenaSource,
  ) {}

  /** Grows the pool for a block of `blockBytes`, or compacts it where it may not grow; the caller looks again. */
  grow(blockBytes: number): void {
    const { context } = this;
    const { pool } = context;
    const bytes = this.sizeFor(blockBytes);
    const logging = context.hasFlag(FLAG.logging);
    if (logging) {
      context.print(`newarena ${bytes}`);
    }
    const cursize = pool.load(FIELD.cursize);
    const maxsize = pool.load(FIELD.maxsize);
    if (context.word(cursize + bytes) > maxsize) {
      if (!this.compaction.run()) {
        if (logging) {
          context.print(`pool too big: ${cursize}+${bytes} > ${maxsize}`);
        }
        context.listener?.error?.('memory pool too large');
      }
      return;
    }
    const arena = this.source.take(bytes);
    if (arena === 0) {
      if (context.manual) {
        // "… either because alloc has returned nil or because …": the code compacts in the second case alone.
        this.compaction.run();
      }
      return;
    }
    pool.store(FIELD.cursize, cursize + bytes);
    this.enter(arena, bytes);
  }

  /** The code always adds one to `quantum` bytes, also to an exact multiple; the page knows nothing of it. */
  private sizeFor(blockBytes: number): number {
    const { context } = this;
    const { layout, pool, manual } = context;
    const needed = context.word(blockBytes + layout.arenaHeaderBytes + layout.tailBytes);
    const bytes = Math.max(needed, pool.load(FIELD.minarena));
    return context.word(
      manual ? context.roundedUp(bytes) : context.roundedDown(bytes + pool.load(FIELD.quantum)),
    );
  }

  private enter(arena: number, bytes: number): void {
    const { blocks, checks } = this;
    const { words, layout, steps } = this.context;
    blocks.setMagic(arena, MAGIC.arena);
    blocks.setSize(arena, layout.arenaHeaderBytes);
    words.store(arena + layout.arenaSize, bytes);
    this.writeTail(arena, bytes);
    checks.block(arena);

    const block = arena + layout.arenaHeaderBytes;
    blocks.setMagic(block, MAGIC.unallocated);
    blocks.setSize(block, bytes - layout.arenaHeaderBytes - layout.headerBytes);
    checks.block(block);
    this.tree.add(block);
    checks.block(block);

    this.link(arena);
    this.context.work(steps.newArena);
    const above = words.loadPointer(arena + layout.arenaUp);
    if (above !== 0) {
      this.merge(arena, above);
    }
    const below = words.loadPointer(arena + layout.arenaDown);
    if (below !== 0) {
      this.merge(below, arena);
    }
  }

  private writeTail(arena: number, bytes: number): void {
    const { words, layout } = this.context;
    const tail = arena + bytes - layout.headerBytes;
    words.store(tail, MAGIC.arenaTail);
    words.store(tail + layout.wordBytes, 0);
  }

  /** Enters an arena in the list: a walk over all arenas above it. */
  private link(arena: number): void {
    const { words, layout, pool, steps } = this.context;
    let above = 0;
    let below = pool.load(FIELD.arenas);
    let hops = 0;
    while (below > arena) {
      hops++;
      above = below;
      below = words.chasePointer(below + layout.arenaDown);
    }
    this.context.work(steps.arenaHop, hops);
    words.storePointer(arena + layout.arenaDown, below);
    if (below !== 0) {
      words.storePointer(below + layout.arenaUp, arena);
    }
    words.storePointer(arena + layout.arenaUp, above);
    if (above !== 0) {
      words.storePointer(above + layout.arenaDown, arena);
    } else {
      pool.store(FIELD.arenas, arena);
    }
  }

  /** Joins two neighbours in the list, where the callback says that they touch. */
  private merge(lower: number, upper: number): void {
    const { context, blocks, checks } = this;
    const { words, layout, pool, steps } = context;
    checks.block(lower);
    checks.block(upper);
    words.loadPointer(lower + layout.arenaUp);
    if (pool.load(FIELD.merge) === 0 || !this.source.merge(lower, upper)) {
      return;
    }
    this.unlink(lower, upper);
    const lowerBytes = words.load(lower + layout.arenaSize);
    const last = blocks.blockOfTail(lower + lowerBytes - layout.headerBytes - layout.tailBytes);
    const first = blocks.following(upper);
    checks.block(last);
    checks.block(first);
    const bytes = words.load(upper + layout.arenaSize) + (upper - lower);
    words.store(lower + layout.arenaSize, bytes);
    this.writeTail(lower, bytes);
    context.work(steps.arenaMerge);
    this.bridge(last, first);
  }

  private unlink(lower: number, upper: number): void {
    const { words, layout, pool } = this.context;
    const above = words.loadPointer(upper + layout.arenaUp);
    words.storePointer(lower + layout.arenaUp, above);
    if (above !== 0) {
      words.storePointer(above + layout.arenaDown, lower);
    } else {
      pool.store(FIELD.arenas, lower);
    }
  }

  /** Lets the lower arena's last block grow over what lay between the arenas, up to the upper one's first block. */
  private bridge(last: number, first: number): void {
    const { blocks, checks, context } = this;
    const bytes = first - last;
    if (blocks.magic(last) !== MAGIC.free) {
      const oldSize = blocks.size(last);
      const dataBytes = blocks.dataBytes(last, oldSize);
      blocks.setSize(last, bytes);
      this.fragments.trim(last, dataBytes);
      if (context.manual) {
        context.pool.add(FIELD.curalloc, context.words.peek(last + context.layout.wordBytes) - oldSize);
      }
      return;
    }
    this.tree.remove(last);
    checks.block(last);
    blocks.setSize(last, bytes);
    checks.block(last);
    const right = blocks.following(last);
    if (blocks.magicChased(right) === MAGIC.free) {
      this.fragments.merge(last, right);
    }
    checks.block(last);
    this.tree.add(last);
    checks.block(last);
  }
}
