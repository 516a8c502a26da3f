import type { Blocks } from './blocks';
import type { PoolContext } from './context';
import { MAGIC, RED_ZONE, RED_ZONE_BYTES, TAIL_MAGIC0, TAIL_MAGIC1 } from './layout';
import { FIELD, FLAG } from './pool-object';

/** What a dead block (NOREUSE) is filled with, and how many bytes at its start are not. */
export const DEAD_FILL = 0xda;
export const DEAD_FILL_SKIP_BYTES = 8;
/** The walk of the tree takes a free block of 2^30 bytes for corruption. */
const FREE_BLOCK_BYTES_LIMIT = 0x4000_0000;

/**
 * What the pool can say about its own health: of one block, of an arena, of all of it. The pool checks the block at
 * hand in free and realloc, what it joins when it grows, and everything in poolcheck, compaction and under PARANOIA.
 * The same code serves the uncharged observer.
 */
export class Checks {
  constructor(
    private readonly context: PoolContext,
    private readonly blocks: Blocks,
  ) {}

  /** Checks a block, arena header or arena tail by what its magic says it is. */
  block(block: number): void {
    this.context.work(this.context.steps.checkBlock);
    const magic = this.blocks.magicChased(block);
    switch (magic) {
      case MAGIC.free:
      case MAGIC.unallocated:
        this.plainTail(block);
        break;
      case MAGIC.dead:
        this.plainTail(block);
        this.deadData(block);
        break;
      case MAGIC.arena:
        this.arenaHeader(block);
        break;
      case MAGIC.arenaTail:
        this.arenaTail(block);
        break;
      case MAGIC.allocated:
        this.allocated(block);
        break;
      default:
        this.context.corrupt(block, 'bad magic');
    }
  }

  /** Checks the block behind a user's pointer. */
  object(pointer: number): void {
    this.block(this.blocks.resolve(pointer));
  }

  /** Checks an arena's header, every block and the tail. */
  arena(arena: number): void {
    const { blocks } = this;
    const { words, layout } = this.context;
    this.block(arena);
    let block = blocks.following(arena);
    while (blocks.magicChased(block) !== MAGIC.arenaTail) {
      this.block(block);
      block = blocks.following(block);
    }
    this.block(block);
    const bytes = words.load(arena + layout.arenaSize);
    if (block !== arena + bytes - layout.headerBytes) {
      this.context.corrupt(block, 'found wrong tail');
    }
  }

  /** Checks every arena, highest address first, and the tree. */
  pool(): void {
    const { pool, words, layout } = this.context;
    let arena = pool.load(FIELD.arenas);
    while (arena !== 0) {
      this.arena(arena);
      arena = words.loadPointer(arena + layout.arenaDown);
    }
    this.tree(pool.load(FIELD.root));
  }

  private plainTail(block: number): void {
    const { words } = this.context;
    this.blocks.size(block);
    const tail = this.blocks.tail(block);
    if (words.load8(tail) !== TAIL_MAGIC0 || words.load8(tail + 3) !== TAIL_MAGIC1) {
      this.context.corrupt(block, 'corrupt tail magic');
    }
    this.tailLeadsBack(block, tail);
  }

  private tailLeadsBack(block: number, tail: number): void {
    if (this.blocks.blockOfTail(tail) !== block) {
      this.context.corrupt(block, 'corrupt tail ptr');
    }
  }

  private deadData(block: number): void {
    const { blocks, context } = this;
    const data = blocks.data(block);
    const end = data + blocks.dataBytes(block, blocks.size(block));
    for (let byte = data + DEAD_FILL_SKIP_BYTES; byte < end; byte++) {
      context.work(context.steps.deadByteCheck);
      if (context.words.load8(byte) !== DEAD_FILL) {
        context.corrupt(block, 'dangling pointer write');
      }
    }
  }

  /** The header's own tail is not checked: the arena's size lies over it. */
  private arenaHeader(arena: number): void {
    const { context } = this;
    const { words, layout } = context;
    words.load(arena + layout.arenaSize);
    const bytes = words.peekDisplacement(arena + layout.arenaSize);
    const tail = context.address(arena + bytes - layout.headerBytes);
    if (this.blocks.magicChased(tail) !== MAGIC.arenaTail) {
      context.corrupt(arena, 'bad arena size');
    }
    this.arenaTail(tail);
  }

  private arenaTail(tail: number): void {
    if (this.blocks.size(tail) !== 0) {
      this.context.corrupt(tail, 'bad arena tail size');
    }
  }

  private allocated(block: number): void {
    const { blocks, context } = this;
    const { words } = context;
    context.work(context.steps.checkData);
    const size = blocks.size(block);
    const dataBytes = blocks.dataBytes(block, size);
    const tail = blocks.tail(block);
    const dataEnd = context.address(blocks.data(block) + dataBytes);
    const magic0 = words.load8(tail);
    if (magic0 !== TAIL_MAGIC0) {
      if (magic0 !== 0 || dataEnd !== tail || !context.hasFlag(FLAG.tolerance)) {
        context.corrupt(block, 'corrupt tail magic0');
      }
      context.print('mem user overflow (magic0)');
      if (context.manual) {
        // The page promises that a single NUL does no harm; unrepaired, the next check of the freed block panics.
        words.store8(tail, TAIL_MAGIC0);
      }
    }
    if (words.load8(tail + 3) !== TAIL_MAGIC1) {
      context.corrupt(block, 'corrupt tail magic1');
    }
    this.tailLeadsBack(block, tail);
    if (blocks.sizeFor(dataBytes) > size) {
      context.corrupt(block, 'too much block data');
    }
    this.redZone(block, dataEnd, tail);
  }

  private redZone(block: number, dataEnd: number, tail: number): void {
    const { context } = this;
    const end = Math.min(dataEnd + RED_ZONE_BYTES, tail);
    for (let byte = dataEnd; byte < end; byte++) {
      context.work(context.steps.redZoneCheck);
      const value = context.words.load8(byte);
      if (value === RED_ZONE[byte % RED_ZONE_BYTES]) {
        continue;
      }
      if (byte !== dataEnd || value !== 0 || !context.hasFlag(FLAG.tolerance)) {
        context.corrupt(block, 'mem user overflow');
      }
      context.print('mem user overflow');
    }
  }

  /** Order, rings and magics of the tree. The original recurses; a degenerate tree is as deep as it has nodes. */
  private tree(root: number): void {
    const { words, layout } = this.context;
    const pending = root === 0 ? [] : [{ node: root, above: 0, below: FREE_BLOCK_BYTES_LIMIT }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { node, above, below } = next;
      const size = words.load(node + layout.wordBytes);
      this.context.assert(size > above && size < below, node, 'a tree node lies between those above it');
      this.ring(node);
      const left = words.loadPointer(node + layout.left);
      const right = words.loadPointer(node + layout.right);
      if (right !== 0) {
        pending.push({ node: right, above: size, below });
      }
      if (left !== 0) {
        pending.push({ node: left, above, below: size });
      }
    }
  }

  /** Checks the ring of a tree node and returns how many blocks it has; more than `membersMax` is a circle. */
  ring(head: number, membersMax = Infinity): number {
    const { context } = this;
    const { words, layout } = context;
    const size = words.chase(head + layout.wordBytes);
    let member = head;
    let members = 0;
    do {
      members++;
      context.assert(members <= membersMax, head, 'a ring has no more members than there are free blocks');
      context.work(context.steps.checkNode);
      context.assert(words.chase(member) === MAGIC.free, member, 'a tree node is free');
      const bytes = words.load(member + layout.wordBytes);
      context.assert(bytes === size, member, 'ring members are equal in size');
      context.assert(
        bytes > 0 && bytes < FREE_BLOCK_BYTES_LIMIT,
        member,
        'a free block is smaller than 2^30',
      );
      const next = words.loadPointer(member + layout.next);
      context.assert(words.chasePointer(next + layout.previous) === member, member, 'the ring is closed');
      const previous = words.loadPointer(member + layout.previous);
      context.assert(words.chasePointer(previous + layout.next) === member, member, 'the ring is closed');
      member = next;
    } while (member !== head);
    return members;
  }
}
