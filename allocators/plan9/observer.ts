import { Fault, HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import type { BlockState, BlockVisitor } from '../../harness/replay/port';
import { Blocks } from './blocks';
import { Checks } from './checks';
import { PoolContext } from './context';
import { MAGIC, type PoolLayout } from './layout';
import { FIELD } from './pool-object';
import type { PoolSteps } from './steps';

/**
 * Looks at a pool without being charged: the pool's own verbs over memory that is only peeked at. Where the pool
 * follows what it finds, the observer doubts it, so that no corruption can lead it in a circle.
 */
export class PoolObserver {
  private readonly context: PoolContext;
  private readonly blocks: Blocks;
  private readonly checks: Checks;

  constructor(
    private readonly machine: Machine,
    private readonly layout: PoolLayout,
    objectAddress: number,
    steps: PoolSteps,
  ) {
    this.context = new PoolContext(machine, layout, objectAddress, steps, { charged: false, manual: false });
    this.blocks = new Blocks(this.context);
    this.checks = new Checks(this.context, this.blocks);
  }

  /** The block behind a user's pointer, as the pool itself would find it. Throws where the pool would panic. */
  blockOf(pointer: number): number {
    return this.blocks.resolve(pointer);
  }

  /** Total size of a block with header and tail. */
  sizeOf(block: number): number {
    return this.blocks.size(block);
  }

  /** Visits all held memory in address order: blocks, and as metadata arena headers, tails and the source's words. */
  walk(visit: BlockVisitor): void {
    const arenas = this.arenas().reverse();
    this.machine.ledger.runs((run) => {
      const end = run.address + run.bytes;
      let cursor = run.address;
      for (const arena of arenas) {
        if (arena < run.address || arena >= end) {
          continue;
        }
        const first = arena + this.layout.arenaHeaderBytes;
        visit(cursor, first - cursor, 'metadata');
        cursor = first;
        this.arenaBlocks(arena, (block, size, magic) => {
          visit(block, size, stateOf(magic));
          cursor = block + size;
        });
      }
      visit(cursor, end - cursor, 'metadata');
    });
  }

  /** Every check of `poolcheck`, and besides: list and tree in strict order, free blocks and tree the same set. */
  check(): void {
    try {
      const free = { blocks: 0, bytes: 0 };
      for (const arena of this.arenas()) {
        this.checks.block(arena);
        this.arenaBlocks(arena, (block, size, magic) => {
          this.checks.block(block);
          if (magic === MAGIC.free) {
            free.blocks++;
            free.bytes += size;
          }
        });
      }
      const members = this.treeMembers(free.blocks);
      this.expect(members === free.blocks, `${free.blocks} free blocks, but ${members} in the tree`);
      const curfree = this.context.pool.peek(FIELD.curfree);
      this.expect(curfree === free.bytes, `${free.bytes} bytes free, but curfree is ${curfree}`);
      this.checkCursize();
    } catch (failure) {
      if (failure instanceof Fault) {
        throw new HeapCorruption(failure.address, 'metadata leads outside the heap');
      }
      throw failure;
    }
  }

  /** cursize counts what was asked of the source, which adds its bookkeeping to every chunk. */
  private checkCursize(): void {
    const cursize = this.context.pool.peek(FIELD.cursize);
    const arenaCount = this.arenas().length;
    const bookkeepingBytes = 2 * this.layout.wordBytes;
    this.expect(
      cursize >= 0 && cursize + arenaCount * bookkeepingBytes <= this.machine.ledger.heldBytes,
      `cursize is ${cursize} in ${arenaCount} arenas of ${this.machine.ledger.heldBytes} bytes`,
    );
  }

  private expect(holds: boolean, problem: string): void {
    if (!holds) {
      throw new HeapCorruption(this.context.pool.address, problem);
    }
  }

  /** The arenas, highest address first. */
  arenas(): number[] {
    const { words, pool } = this.context;
    const arenas: number[] = [];
    let above = 0;
    for (let arena = pool.peek(FIELD.arenas); arena !== 0;) {
      if (above !== 0 && arena >= above) {
        throw new HeapCorruption(arena, 'the list of arenas is out of order');
      }
      if (words.peekPointer(arena + this.layout.arenaUp) !== above) {
        throw new HeapCorruption(arena, 'an arena does not lead back to the one above it');
      }
      arenas.push(arena);
      above = arena;
      arena = words.peekPointer(arena + this.layout.arenaDown);
    }
    return arenas;
  }

  private arenaBlocks(arena: number, visit: (block: number, size: number, magic: number) => void): void {
    const { words, layout } = this.context;
    const tail = arena + words.peek(arena + layout.arenaSize) - layout.headerBytes;
    let block = arena + layout.arenaHeaderBytes;
    while (block !== tail) {
      const size = words.peek(block + layout.wordBytes);
      if (size < layout.headerBytes + layout.tailBytes || block + size > tail) {
        throw new HeapCorruption(block, 'a block does not end within its arena');
      }
      visit(block, size, words.peek(block));
      block += size;
    }
  }

  /** Blocks in the tree's rings; every node must lie between the sizes of its ancestors. */
  private treeMembers(blocksMax: number): number {
    const { words, layout, pool } = this.context;
    let members = 0;
    const root = pool.peek(FIELD.root);
    const pending = root === 0 ? [] : [{ node: root, above: 0, below: Infinity }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { node, above, below } = next;
      const size = words.peek(node + layout.wordBytes);
      if (!(size > above && size < below)) {
        throw new HeapCorruption(node, 'a tree node is on the wrong side of an ancestor');
      }
      members += this.checks.ring(node, blocksMax);
      const left = words.peekPointer(node + layout.left);
      const right = words.peekPointer(node + layout.right);
      if (right !== 0) {
        pending.push({ node: right, above: size, below });
      }
      if (left !== 0) {
        pending.push({ node: left, above, below: size });
      }
    }
    return members;
  }
}

/** A dead block is nobody's any more: it counts as what the pool keeps for itself. */
function stateOf(magic: number): BlockState {
  switch (magic) {
    case MAGIC.allocated:
      return 'allocated';
    case MAGIC.free:
      return 'free';
    default:
      return 'metadata';
  }
}
