import { Runaway } from '../../harness/machine/failures';
import { HEAP_BASE } from '../../harness/machine/memory-layout';
import type { PoolContext } from './context';
import type { HeapWords } from './heap-words';
import { FIELD } from './pool-object';
import { TWO_TO_32 } from '../../traces/ground/integers';

/**
 * The state rows of the golden vectors: counters, shapes and two hashes of the whole pool, read without charge. A pool
 * may be corrupt without having noticed: the walks end in a `Fault` outside the region, in a `Runaway` where they turn
 * in a circle.
 */

const FNV_START = 2166136261;
const FNV_PRIME = 16777619;

/** FNV-1a over the eight little-endian bytes of every value. */
class Fnv {
  hash = FNV_START;

  update(value: number): void {
    this.word(value | 0);
    this.word(Math.floor(value / TWO_TO_32) | 0);
  }

  /** The word at an address, by its halves: a corrupted 64-bit size is larger than a number can tell exactly. */
  updateWord(words: HeapWords, address: number, wordBytes: number): void {
    this.word(words.peek32(address));
    this.word(wordBytes === 8 ? words.peek32(address + 4) : 0);
  }

  get hex(): string {
    return (this.hash >>> 0).toString(16).padStart(8, '0');
  }

  private word(word: number): void {
    for (let shift = 0; shift < 32; shift += 8) {
      this.hash = Math.imul(this.hash ^ ((word >>> shift) & 0xff), FNV_PRIME);
    }
  }
}

export interface ArenaExtent {
  readonly offset: number;
  readonly asize: number;
}

/** The arenas, highest address first. */
export function arenaExtents(context: PoolContext): ArenaExtent[] {
  const { words, layout, pool } = context;
  const extents: ArenaExtent[] = [];
  let arena = pool.peek(FIELD.arenas);
  while (arena !== 0) {
    extents.push({ offset: arena - HEAP_BASE, asize: words.peek(arena + layout.arenaSize) });
    arena = words.peekPointer(arena + layout.arenaDown);
  }
  return extents;
}

/** The cell `events` of a state row. */
export function stateText(context: PoolContext): string {
  const { pool } = context;
  const blocks = new Fnv();
  const extents = arenaExtents(context);
  const blockCount = extents.reduce((count, extent) => count + hashBlocks(context, extent, blocks), 0);
  const tree = new TreeState(context);
  tree.visit(pool.peek(FIELD.root), 1);
  const counters = (['cursize', 'curfree', 'curalloc', 'nfree', 'lastcompact'] as const).map(
    (name) => `${name}=${pool.peekText(FIELD[name])}`,
  );
  return [
    ...counters,
    `arenas=${extents.length}`,
    `blocks=${blockCount}`,
    `blockhash=${blocks.hex}`,
    `treenodes=${tree.nodes}`,
    `treeheight=${tree.height}`,
    `treehash=${tree.hash.hex}`,
  ].join(';');
}

/** Hashes an arena and its blocks; returns how many there are. */
function hashBlocks(context: PoolContext, { offset, asize }: ArenaExtent, hash: Fnv): number {
  const { words, layout } = context;
  hash.update(offset);
  hash.update(asize);
  const tail = HEAP_BASE + offset + asize - layout.headerBytes;
  let count = 0;
  // A 64-bit address that corruption made negative lies, as C compares it, above every tail.
  for (let block = HEAP_BASE + offset + layout.arenaHeaderBytes; block >= 0 && block < tail; count++) {
    boundWalk(context, count);
    hash.update(block - HEAP_BASE);
    hash.updateWord(words, block + layout.wordBytes, layout.wordBytes);
    hash.update(words.peek32(block));
    block = context.address(block + words.peekDisplacement(block + layout.wordBytes));
  }
  return count;
}

/** No walk takes more steps than the heap has room for free nodes, unless it turns in a circle. */
function boundWalk({ words, layout }: PoolContext, steps: number): void {
  const stepsMax = (words.heapEnd - HEAP_BASE) / layout.blockBytesMin;
  if (steps > stepsMax) {
    throw new Runaway(stepsMax);
  }
}

/** Preorder over the tree; a missing child hashes as 0. */
class TreeState {
  readonly hash = new Fnv();
  nodes = 0;
  height = 0;
  private members = 0;

  constructor(private readonly context: PoolContext) {}

  visit(root: number, rootDepth: number): void {
    const { words, layout } = this.context;
    const pending = [{ node: root, depth: rootDepth }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { node, depth } = next;
      if (node === 0) {
        this.hash.update(0);
        continue;
      }
      this.nodes++;
      this.height = Math.max(this.height, depth);
      this.ring(node);
      pending.push({ node: words.peekPointer(node + layout.right), depth: depth + 1 });
      pending.push({ node: words.peekPointer(node + layout.left), depth: depth + 1 });
    }
  }

  private ring(head: number): void {
    const { words, layout } = this.context;
    this.hash.updateWord(words, head + layout.wordBytes, layout.wordBytes);
    let member = head;
    do {
      boundWalk(this.context, this.members++);
      this.hash.update(member - HEAP_BASE);
      member = words.peekPointer(member + layout.next);
    } while (member !== head);
  }
}
