import type { Blocks } from './blocks';
import type { PoolContext } from './context';
import { MAGIC, POISON } from './layout';
import { markPattern } from './marks';
import { FIELD, FLAG } from './pool-object';

/**
 * The free blocks: a binary search tree by size, never balanced, one node a size. A node is the head of a ring of
 * equal blocks in the order they were freed; the tree's links live in the head alone. Best fit therefore is exact and
 * first in, first out among equals, and a path can grow as long as there are different sizes.
 *
 * A link is the address of the word that points to a node: the pool's root field, or a child field of a node.
 */
export class FreeTree {
  private readonly rootLink: number;

  constructor(
    private readonly context: PoolContext,
    private readonly blocks: Blocks,
  ) {
    this.rootLink = context.pool.addressOf(FIELD.root);
  }

  /** The oldest of the smallest free blocks that hold `bytes`, or 0. */
  bestFit(bytes: number): number {
    const { pool, words, layout, steps } = this.context;
    let best = 0;
    let visits = 0;
    let node = pool.load(FIELD.root);
    while (node !== 0) {
      visits++;
      const size = words.chase(node + layout.wordBytes);
      if (size === bytes) {
        best = node;
        break;
      }
      if (size > bytes) {
        best = node;
        node = words.loadPointer(node + layout.left);
      } else {
        node = words.loadPointer(node + layout.right);
      }
    }
    this.context.work(steps.fitVisit, visits);
    return best;
  }

  /** Enters a block; its size is set. */
  add(block: number): void {
    const { words, layout, steps, pool } = this.context;
    if (this.context.hasFlag(FLAG.antagonism)) {
      this.markData(block, 0xf7);
    }
    this.blocks.setMagic(block, MAGIC.free);
    const size = this.blocks.size(block);
    const link = this.find(size);
    const head = this.loadLink(link);
    if (head === 0) {
      words.storePointer(block + layout.next, block);
      words.storePointer(block + layout.previous, block);
      words.storePointer(block + layout.left, 0);
      words.storePointer(block + layout.right, 0);
      this.storeLink(link, block);
      this.context.work(steps.nodeInsert);
    } else {
      const last = words.chasePointer(head + layout.previous);
      words.storePointer(block + layout.previous, last);
      words.storePointer(block + layout.next, head);
      words.storePointer(last + layout.next, block);
      words.storePointer(head + layout.previous, block);
      this.context.work(steps.ringInsert);
    }
    pool.add(FIELD.curfree, this.blocks.knownSize(block));
  }

  /** Takes a block out; it is neither free nor allocated afterwards. */
  remove(block: number): void {
    const { words, layout, pool } = this.context;
    const size = this.blocks.size(block);
    const link = this.find(size);
    const head = this.loadLink(link);
    // A damaged block whose size no node has.
    this.context.assert(head !== 0, block, 'olst != nil');
    const next = words.loadPointer(block + layout.next);
    if (next === block) {
      words.storePointer(block + layout.next, POISON);
      words.storePointer(block + layout.previous, POISON);
      this.removeNode(link, head);
    } else {
      this.removeFromRing(link, head, block, next);
    }
    words.storePointer(block + layout.right, POISON);
    words.storePointer(block + layout.left, POISON);
    pool.add(FIELD.curfree, -this.blocks.knownSize(block));
    if (this.context.hasFlag(FLAG.antagonism)) {
      this.markData(block, 0xf9);
    }
    this.blocks.setMagic(block, MAGIC.unallocated);
  }

  /** The link under which a node of this size hangs, or would. */
  private find(bytes: number): number {
    const { words, layout, steps } = this.context;
    let visits = 0;
    let link = this.rootLink;
    let node = this.loadLink(link);
    while (node !== 0) {
      visits++;
      this.context.assert(words.chase(node) === MAGIC.free, node, 'a tree node is free');
      const size = words.load(node + layout.wordBytes);
      if (size === bytes) {
        break;
      }
      link = size < bytes ? node + layout.right : node + layout.left;
      node = words.loadPointer(link);
    }
    this.context.work(steps.findVisit, visits);
    return link;
  }

  /** Removes the node of a ring of one; where it has two children the next larger size takes its place. */
  private removeNode(link: number, node: number): void {
    const { words, layout, steps } = this.context;
    this.blocks.magic(node);
    this.blocks.size(node);
    const left = words.loadPointer(node + layout.left);
    const right = words.loadPointer(node + layout.right);
    let replacement = left === 0 ? right : left;
    if (left !== 0 && right !== 0) {
      replacement = this.takeSuccessor(node, left);
    }
    words.storePointer(node + layout.right, POISON);
    words.storePointer(node + layout.left, POISON);
    this.storeLink(link, replacement);
    this.context.work(steps.nodeRemove);
  }

  /** Unhooks the leftmost node of the right subtree and gives it the removed node's children. */
  private takeSuccessor(node: number, left: number): number {
    const { words, layout, steps } = this.context;
    let hops = 0;
    let link = node + layout.right;
    let successor = words.loadPointer(link);
    let lower = words.chasePointer(successor + layout.left);
    while (lower !== 0) {
      hops++;
      link = successor + layout.left;
      successor = lower;
      lower = words.chasePointer(successor + layout.left);
    }
    this.context.work(steps.successorHop, hops);
    words.storePointer(link, words.loadPointer(successor + layout.right));
    words.storePointer(successor + layout.left, left);
    // Read again: where the successor is the right child itself, the store above has changed it.
    words.storePointer(successor + layout.right, words.loadPointer(node + layout.right));
    return successor;
  }

  private removeFromRing(link: number, head: number, block: number, next: number): void {
    const { words, layout, steps } = this.context;
    const previous = words.loadPointer(block + layout.previous);
    words.storePointer(next + layout.previous, previous);
    words.storePointer(previous + layout.next, next);
    if (head === block) {
      words.storePointer(next + layout.left, words.loadPointer(block + layout.left));
      words.storePointer(next + layout.right, words.loadPointer(block + layout.right));
      this.storeLink(link, next);
      this.context.work(steps.headChange);
    }
    words.storePointer(block + layout.next, POISON);
    words.storePointer(block + layout.previous, POISON);
    this.context.work(steps.ringRemove);
  }

  /** The pool's root field is no heap address. */
  private loadLink(link: number): number {
    const { pool, words } = this.context;
    return link === this.rootLink ? pool.load(FIELD.root) : words.loadPointer(link);
  }

  private storeLink(link: number, node: number): void {
    if (link === this.rootLink) {
      this.context.pool.store(FIELD.root, node);
    } else {
      this.context.words.storePointer(link, node);
    }
  }

  private markData(block: number, signature: number): void {
    const { layout } = this.context;
    const size = this.blocks.size(block);
    const bytes = size - layout.headerBytes - layout.tailBytes;
    markPattern(this.context, this.blocks.data(block), signature, bytes, block);
  }
}
