import type { Blocks } from './blocks';
import type { Checks } from './checks';
import type { PoolContext } from './context';
import type { FreeTree } from './free-tree';
import { MAGIC } from './layout';
import type { HeldBlock } from './held-block';
import { FIELD } from './pool-object';

/**
 * Slides the allocated blocks of every arena down to its start, telling the move callback of each; one free block
 * remains at the arena's end. Alignment is lost, and space of dead blocks is reclaimed.
 */
export class Compaction {
  constructor(
    private readonly context: PoolContext,
    private readonly blocks: Blocks,
    private readonly tree: FreeTree,
    private readonly checks: Checks,
    private readonly held: HeldBlock,
  ) {}

  /** Returns whether any block moved. Without a move callback, or twice after the same free, nothing happens. */
  run(): boolean {
    const { pool, words, layout } = this.context;
    if (pool.load(FIELD.move) === 0) {
      return false;
    }
    const nfree = pool.load(FIELD.nfree);
    if (pool.load(FIELD.lastcompact) === nfree) {
      return false;
    }
    pool.store(FIELD.lastcompact, nfree);
    let moved = false;
    let arena = pool.load(FIELD.arenas);
    while (arena !== 0) {
      moved = this.arena(arena) || moved;
      arena = words.loadPointer(arena + layout.arenaDown);
    }
    return moved;
  }

  private arena(arena: number): boolean {
    const { context, blocks } = this;
    const { words, layout } = context;
    this.checks.arena(arena);
    const tail = arena + words.load(arena + layout.arenaSize) - layout.headerBytes;
    let moved = false;
    let block = blocks.following(arena);
    let target = block;
    while (block < tail) {
      context.work(context.steps.compactBlock);
      const next = blocks.following(block);
      const magic = blocks.magic(block);
      if (magic === MAGIC.free) {
        this.tree.remove(block);
        blocks.setMagic(block, MAGIC.floating);
      } else if (magic === MAGIC.allocated) {
        if (target !== block) {
          this.move(block, target, next - block);
          moved = true;
        }
        target = blocks.following(target);
      }
      block = next;
    }
    if (target < tail) {
      blocks.setMagic(target, MAGIC.unallocated);
      blocks.setSize(target, tail - target);
      this.tree.add(target);
    }
    return moved;
  }

  private move(block: number, target: number, bytes: number): void {
    const { context, blocks } = this;
    context.words.move(target, block, bytes);
    context.work(context.steps.moveBlock);
    context.listener?.moved?.(blocks.data(block), blocks.data(target));
    this.held.moved(block, target);
  }
}
