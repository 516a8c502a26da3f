import { assertC, type Blocks } from './blocks';
import { FLAG, MAGIC, RED_ZONE, TAIL_MAGIC } from './layout';
import { Stop } from './region';

/** What the pool can say about its health. */

export class Checks {
  constructor(private readonly blocks: Blocks) {}

  private fail(message: string): never {
    this.blocks.print(message);
    throw new Stop('panic:pool panic');
  }

  block(block: bigint): void {
    switch (this.blocks.magic(block)) {
      case MAGIC.free:
      case MAGIC.inTransit:
        return this.plainTail(block);
      case MAGIC.dead:
        this.plainTail(block);
        return this.deadData(block);
      case MAGIC.arena:
        return this.arenaHeader(block);
      case MAGIC.arenaTail:
        return this.isSizeZero(block);
      case MAGIC.allocated:
        return this.allocated(block);
      default:
        this.fail('bad magic');
    }
  }

  /** Header, every block and tail of an arena. */
  arena(arena: bigint): void {
    const { blocks } = this;
    let block = arena;
    for (; blocks.magic(block) !== MAGIC.arenaTail; block = blocks.next(block)) {
      this.block(block);
    }
    this.block(block);
    if (block !== this.arenaTail(arena)) {
      this.fail('found wrong tail');
    }
  }

  /** The tree's order and the links of its rings. */
  tree(node = this.blocks.root, above = 0n, below = 1n << 30n): void {
    const { blocks } = this;
    if (node === 0n) {
      return;
    }
    const size = blocks.size(node);
    assertC(above < size && size < below);
    let each = node;
    do {
      assertC(blocks.magic(each) === MAGIC.free && blocks.size(each) === size);
      const next = blocks.get(blocks.field(each, 2));
      assertC(blocks.get(blocks.field(next, 3)) === each);
      each = next;
    } while (each !== node);
    this.tree(blocks.get(blocks.field(node, 0)), above, size);
    this.tree(blocks.get(blocks.field(node, 1)), size, below);
  }

  arenaSize(arena: bigint): bigint {
    const { BH, P, U } = this.blocks.layout;
    return this.blocks.region.word(arena + BH + BigInt(2 * P), U);
  }

  arenaTail(arena: bigint): bigint {
    return this.blocks.pointer(arena + this.arenaSize(arena) - this.blocks.layout.BH);
  }

  private hasTailMagic(tail: bigint, index: 0 | 1): boolean {
    return this.blocks.region.byte(this.blocks.pointer(tail + (index === 0 ? 0n : 3n))) === TAIL_MAGIC[index];
  }

  private leadsTo(tail: bigint, block: bigint): boolean {
    const { blocks } = this;
    return blocks.pointer(tail + blocks.layout.BT - blocks.tailSize(tail)) === block;
  }

  private plainTail(block: bigint): void {
    const tail = this.blocks.tail(block);
    if (!this.hasTailMagic(tail, 0) || !this.hasTailMagic(tail, 1)) {
      this.fail('corrupt tail magic');
    }
    if (!this.leadsTo(tail, block)) {
      this.fail('corrupt tail ptr');
    }
  }

  private deadData(block: bigint): void {
    const data = block + this.blocks.layout.BH;
    const end = data + this.blocks.dataSize(block);
    for (let address = data + 8n; address < end; address++) {
      if (this.blocks.region.byte(address) !== 0xda) {
        this.fail('dangling pointer write');
      }
    }
  }

  private arenaHeader(arena: bigint): void {
    const tail = this.arenaTail(arena);
    if (this.blocks.magic(tail) !== MAGIC.arenaTail) {
      this.fail('bad arena size');
    }
    this.isSizeZero(tail);
  }

  private isSizeZero(tail: bigint): void {
    if (this.blocks.size(tail) !== 0n) {
      this.fail('bad arena tail size');
    }
  }

  private allocated(block: bigint): void {
    const { blocks } = this;
    const tolerates = blocks.has(FLAG.tolerance);
    const tail = blocks.tail(block);
    if (!this.hasTailMagic(tail, 0)) {
      const end = blocks.pointer(block + blocks.layout.BH + blocks.dataSize(block));
      if (!tolerates || end !== tail || blocks.region.byte(tail) !== 0) {
        this.fail('corrupt tail magic0');
      }
      blocks.print('mem user overflow (magic0)');
    }
    if (!this.hasTailMagic(tail, 1)) {
      this.fail('corrupt tail magic1');
    }
    if (!this.leadsTo(tail, block)) {
      this.fail('corrupt tail ptr');
    }
    const data = blocks.dataSize(block);
    if (blocks.blockSize(data) > blocks.size(block)) {
      this.fail('too much block data');
    }
    let isFirst = true;
    for (const address of blocks.redZone(block, data)) {
      const byte = blocks.region.byte(address);
      if (byte !== RED_ZONE[Number(address % 4n)]) {
        if (!tolerates || !isFirst || byte !== 0) {
          this.fail('mem user overflow');
        }
        blocks.print('mem user overflow');
      }
      isFirst = false;
    }
  }
}
