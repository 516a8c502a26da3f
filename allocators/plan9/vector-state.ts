import { HEAP_BASE } from '../../harness/machine/memory-layout';
import type { PoolContext } from './context';
import { FIELD } from './pool-object';

/** The state rows of the golden vectors: counters, shapes and two hashes of the whole pool, read without charge. */

const FNV_START = 2166136261;
const FNV_PRIME = 16777619;
const TWO_TO_32 = 0x1_0000_0000;

/** FNV-1a over the eight little-endian bytes of every value. */
class Fnv {
  hash = FNV_START;

  update(value: number): void {
    this.word(value | 0);
    this.word(Math.floor(value / TWO_TO_32) | 0);
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
  for (let block = HEAP_BASE + offset + layout.arenaHeaderBytes; block < tail; count++) {
    const size = words.peek(block + layout.wordBytes);
    hash.update(block - HEAP_BASE);
    hash.update(size);
    hash.update(words.peek(block) % TWO_TO_32);
    block += size;
  }
  return count;
}

/** Preorder over the tree; a missing child hashes as 0. */
class TreeState {
  readonly hash = new Fnv();
  nodes = 0;
  height = 0;

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
    this.hash.update(words.peek(head + layout.wordBytes));
    let member = head;
    do {
      this.hash.update(member - HEAP_BASE);
      member = words.peekPointer(member + layout.next);
    } while (member !== head);
  }
}
