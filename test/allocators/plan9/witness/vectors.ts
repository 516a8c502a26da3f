import { BASE, Stop } from './region';
import { Pool } from './pool';
import type { Settings } from './layout';

/** Plays a vector trace on the witness: the rows of a golden, but for what a failed assertion says. */

export interface VectorOperation {
  readonly op: string;
  readonly id: number;
  readonly size: number;
  readonly align: number;
  readonly offset: number;
  readonly span: number;
  /** Name of the case that a reset begins. */
  readonly label: string;
}

interface Held {
  pointer: bigint;
  /** Where the block's data begins. */
  data: bigint;
  requested: bigint;
  isLive: boolean;
}

interface Row {
  readonly offset: bigint;
  readonly value?: bigint | string;
}

const PEEK_BYTES_MAX = 128;

export class Testimony {
  private settings: Settings;
  private events: string[] = [];
  private held = new Map<number, Held>();
  private pool: Pool;

  constructor(settings: Settings) {
    this.settings = settings;
    this.pool = this.freshPool();
  }

  *rows(operations: Iterable<VectorOperation>, stateEvery: number): Generator<string> {
    let hasStopped = false;
    let index = -1;
    for (const operation of operations) {
      index++;
      if (operation.op === 'reset') {
        hasStopped = false;
      }
      if (hasStopped) {
        continue;
      }
      this.events = [];
      const { row, stopped } = this.attempt(operation);
      hasStopped = stopped;
      yield [index, operation.op, operation.id, row.offset, row.value ?? '', this.events.join(';')].join();
      if (!hasStopped && (index + 1) % stateEvery === 0) {
        yield this.state(index);
      }
    }
    if (index >= 0) {
      yield hasStopped ? `${index},stopped,-1,-1,,` : this.state(index);
    }
  }

  private attempt(operation: VectorOperation): { row: Row; stopped: boolean } {
    const held = this.held.get(operation.id);
    this.pool.region.accesses = 0;
    try {
      return { row: this.perform(operation), stopped: false };
    } catch (error) {
      if (!(error instanceof Stop)) {
        throw error;
      }
      if (error.message !== '') {
        this.events.push(error.message);
      }
      const isAboutPointer = ['free', 'overrun', 'fill', 'peek'].includes(operation.op) && held !== undefined;
      return { row: { offset: isAboutPointer ? this.used(operation, held) : -1n }, stopped: true };
    }
  }

  private used({ op, offset }: VectorOperation, { pointer, requested }: Held): bigint {
    if (pointer === 0n) {
      return -1n;
    }
    return pointer - BASE + (op === 'fill' ? 0n : BigInt(offset)) + (op === 'overrun' ? requested : 0n);
  }

  private perform(operation: VectorOperation): Row {
    const { op, id, size, align, offset, span } = operation;
    const { pool } = this;
    const held = this.held.get(id) ?? { pointer: 0n, data: 0n, requested: 0n, isLive: false };
    const bytes = BigInt(size);
    switch (op) {
      case 'reset':
        this.settings = { ...this.settings, flags: id };
        this.pool = this.freshPool();
        this.events.push(`case:${operation.label}`);
        return { offset: -1n };
      case 'alloc':
        return this.settled(id, pool.alloc(bytes), bytes);
      case 'alignedalloc':
        return this.settled(id, pool.allocAligned(bytes, BigInt(align), BigInt(offset), BigInt(span)), bytes);
      case 'realloc': {
        const resized = pool.realloc(held.pointer, bytes);
        if (resized !== 0n) {
          return this.settled(id, resized, bytes);
        }
        // What failed keeps its pointer, and so does what is gone.
        if (bytes === 0n) {
          held.isLive = false;
        }
        return { offset: -1n };
      }
      case 'compact':
        return { offset: -1n, value: pool.compact() ? 1n : 0n };
      case 'check':
        if (id === -1) {
          pool.check();
        } else {
          pool.checkObject(held.pointer);
        }
        return { offset: -1n, value: 'ok' };
      default:
        return this.performOn(operation, held);
    }
  }

  private performOn(operation: VectorOperation, held: Held): Row {
    const { pool } = this;
    const used = this.used(operation, held);
    const { pointer } = held;
    if (operation.op === 'msize') {
      const bytes = pool.msize(pointer);
      held.requested = bytes - (pointer - held.data);
      return { offset: pointer === 0n ? -1n : pointer - BASE, value: bytes };
    }
    if (operation.op === 'free') {
      held.isLive = false;
      pool.free(pointer === 0n ? 0n : pointer + BigInt(operation.offset));
    } else if (pointer === 0n) {
      return { offset: -1n };
    } else if (operation.op === 'fill') {
      pool.region.fill(pointer, held.requested, operation.align);
    } else if (operation.op === 'overrun') {
      pool.region.fill(used + BASE, BigInt(operation.size), operation.align);
    } else {
      const bytes = pool.region.copy(used + BASE, BigInt(Math.min(operation.size, PEEK_BYTES_MAX)));
      this.events.push(`bytes:${Buffer.from(bytes).toString('hex')}`);
    }
    return { offset: used };
  }

  private settled(id: number, pointer: bigint, requested: bigint): Row {
    if (pointer === 0n) {
      this.held.set(id, { pointer, data: 0n, requested: 0n, isLive: false });
      return { offset: -1n };
    }
    const block = this.blockBehind(pointer);
    this.held.set(id, { pointer, data: block + this.pool.blocks.layout.BH, requested, isLive: true });
    return { offset: pointer - BASE, value: this.pool.blocks.size(block) };
  }

  /** As the driver finds it, which says nothing where it cannot. */
  private blockBehind(pointer: bigint): bigint {
    try {
      return this.pool.resolve(pointer);
    } catch (error) {
      throw error instanceof Stop ? new Stop('') : error;
    }
  }

  private freshPool(): Pool {
    this.held = new Map();
    return new Pool(this.settings, {
      event: (text) => this.events.push(text),
      moved: (from, to) => {
        this.events.push(`move:${from - BASE}>${to - BASE}`);
        const moved = [...this.held.values()].find((each) => each.isLive && each.data === from);
        if (moved !== undefined) {
          moved.pointer += to - from;
          moved.data = to;
        }
      },
    });
  }

  private state(index: number): string {
    this.pool.region.accesses = 0;
    try {
      return `${index},state,-1,-1,,${stateOf(this.pool)}`;
    } catch (error) {
      if (!(error instanceof Stop)) {
        throw error;
      }
      return `${index},state,-1,-1,,${error.message}`;
    }
  }
}

/** Counters, and what hashes of all blocks and of the tree come to. */
function stateOf(pool: Pool): string {
  const { blocks, checks } = pool;
  const blockHash = new Fnv();
  let blockCount = 0;
  for (const arena of pool.arenas.list) {
    blockHash.add(arena - BASE).add(checks.arenaSize(arena));
    const tail = checks.arenaTail(arena);
    for (let block = arena + blocks.layout.AR; block < tail; block = blocks.next(block)) {
      blockHash
        .add(block - BASE)
        .add(blocks.size(block))
        .add(BigInt.asUintN(32, blocks.magic(block)));
      blockCount++;
    }
  }
  const tree = new Fnv();
  const { nodes, height } = hashTree(pool, blocks.root, tree);
  const figures = {
    cursize: pool.arenas.cursize,
    curfree: blocks.curfree,
    curalloc: pool.curalloc,
    nfree: pool.nfree,
    lastcompact: pool.arenas.lastcompact,
    arenas: pool.arenas.list.length,
    blocks: blockCount,
    blockhash: blockHash.text,
    treenodes: nodes,
    treeheight: height,
    treehash: tree.text,
  };
  return Object.entries(figures)
    .map(([name, value]) => `${name}=${value}`)
    .join(';');
}

function hashTree(pool: Pool, node: bigint, hash: Fnv): { nodes: number; height: number } {
  if (node === 0n) {
    hash.add(0n);
    return { nodes: 0, height: 0 };
  }
  const { blocks } = pool;
  hash.add(blocks.size(node));
  let member = node;
  do {
    hash.add(member - BASE);
    member = blocks.get(blocks.field(member, 2));
  } while (member !== node);
  const left = hashTree(pool, blocks.get(blocks.field(node, 0)), hash);
  const right = hashTree(pool, blocks.get(blocks.field(node, 1)), hash);
  return { nodes: 1 + left.nodes + right.nodes, height: 1 + Math.max(left.height, right.height) };
}

/** FNV-1a of 32 bits over the eight bytes of each value. */
class Fnv {
  private hash = 2_166_136_261;

  add(value: bigint): this {
    let rest = BigInt.asUintN(64, value);
    for (let index = 0; index < 8; index++) {
      this.hash = Math.imul(this.hash ^ Number(rest & 0xffn), 16_777_619) >>> 0;
      rest >>= 8n;
    }
    return this;
  }

  get text(): string {
    return this.hash.toString(16).padStart(8, '0');
  }
}

/** A row without texts that no description knows: of assertions that fail, and of a pool that is too large. */
export function asDescribed(row: string): string {
  return row.replace(/assert:[^;]*/g, 'assert:').replace(/pool too big[^;]*/g, 'pool too big');
}
