import { FLAG, MAGIC, POISON, RED_ZONE, TAIL_MAGIC, type Layout, type Settings } from './layout';
import { Stop, type Region } from './region';

/** Blocks with their tags, and the tree of free ones. Words and pointers wrap as their C types do. */

/** A place that holds a pointer: a field, or the tree's root. */
export type Link = bigint | 'root';

export const assertC = (holds: boolean): void => {
  if (!holds) {
    throw new Stop('assert:');
  }
};

export class Blocks {
  root = 0n;
  curfree = 0n;

  constructor(
    readonly region: Region,
    readonly layout: Layout,
    readonly settings: Settings,
    readonly print: (line: string) => void,
  ) {}

  readonly word = (value: bigint): bigint => BigInt.asUintN(8 * this.layout.U, value);
  readonly pointer = (value: bigint): bigint => BigInt.asUintN(8 * this.layout.P, value);
  readonly has = (flag: number): boolean => (this.settings.flags & flag) !== 0;

  // Fields.
  magic(block: bigint): bigint {
    return this.region.word(block, this.layout.U);
  }
  setMagic(block: bigint, magic: bigint): void {
    this.region.setWord(block, this.layout.U, magic);
  }
  size(block: bigint): bigint {
    return this.region.word(this.pointer(block + BigInt(this.layout.U)), this.layout.U);
  }
  setSizeWord(block: bigint, size: bigint): void {
    this.region.setWord(this.pointer(block + BigInt(this.layout.U)), this.layout.U, this.word(size));
  }
  /** Left, right, next, prev are fields 0 to 3 of a free block's data. */
  field(block: bigint, index: number): bigint {
    return this.pointer(block + this.layout.BH + BigInt(index * this.layout.P));
  }
  get(link: Link): bigint {
    return link === 'root' ? this.root : this.region.word(link, this.layout.P);
  }
  set(link: Link, value: bigint): void {
    if (link === 'root') {
      this.root = value;
    } else {
      this.region.setWord(link, this.layout.P, value);
    }
  }

  // Neighbours and tails.
  tail(block: bigint): bigint {
    return this.pointer(block + this.size(block) - this.layout.BT);
  }
  next(block: bigint): bigint {
    return this.pointer(block + this.size(block));
  }
  /** The block that the tail below leads to. */
  previous(block: bigint): bigint {
    return this.pointer(block - this.tailSize(this.pointer(block - this.layout.BT)));
  }
  tailSize(tail: bigint): bigint {
    return this.region.word(this.pointer(tail + BigInt(this.layout.U)), this.layout.U);
  }
  gap(block: bigint): bigint {
    const tail = this.tail(block);
    return BigInt(this.region.byte(tail + 1n) * 256 + this.region.byte(tail + 2n));
  }
  setGap(tail: bigint, gap: bigint): void {
    this.region.setByte(tail + 1n, Number(gap >> 8n) & 0xff);
    this.region.setByte(tail + 2n, Number(gap) & 0xff);
  }
  dataSize(block: bigint): bigint {
    return this.word(this.size(block) - this.gap(block));
  }

  // Sizes: the quantum is a mask, whatever it is.
  up(bytes: bigint): bigint {
    return this.down(this.word(bytes + BigInt(this.settings.quantum) - 1n));
  }
  down(bytes: bigint): bigint {
    return this.word(bytes & ~(BigInt(this.settings.quantum) - 1n));
  }
  blockSize(data: bigint): bigint {
    const { BH, BT, MINBLOCK } = this.layout;
    const bytes = this.word(data + BH + BT);
    return this.up([bytes, BigInt(this.settings.minblock), MINBLOCK].reduce((a, b) => (a > b ? a : b)));
  }

  setSize(block: bigint, size: bigint): void {
    assertC(this.magic(block) !== MAGIC.free);
    this.setSizeWord(block, size);
    const tail = this.tail(block);
    this.region.setWord(this.pointer(tail + BigInt(this.layout.U)), this.layout.U, this.word(size));
    this.region.setByte(tail, TAIL_MAGIC[0]);
    this.region.setByte(this.pointer(tail + 3n), TAIL_MAGIC[1]);
  }

  setData(block: bigint, data: bigint): void {
    const size = this.size(block);
    assertC(size >= this.blockSize(data));
    assertC(this.word(size - data) < 0x10000n);
    this.setGap(this.tail(block), this.word(size - data));
    for (const address of this.redZone(block, data)) {
      this.region.setByte(address, RED_ZONE[Number(address % 4n)]!);
    }
  }

  *redZone(block: bigint, data: bigint): Generator<bigint> {
    const tail = this.tail(block);
    const end = this.pointer(block + this.layout.BH + data);
    for (let address = end; address < end + 4n && address < tail; address++) {
      yield address;
    }
  }

  /** What ANTAGONISM writes: words that tell how far they are from the start. */
  mark(start: bigint, signature: bigint, bytes: bigint): void {
    if (!this.has(FLAG.antagonism)) {
      return;
    }
    const words = bytes / 4n;
    for (let index = 0n; index < words; index++) {
      const distance = index * BigInt(this.layout.U);
      this.region.setWord(start + distance, this.layout.U, (signature << 24n) ^ distance);
    }
    this.region.fill(start + words * BigInt(this.layout.U), bytes % 4n, Number(signature));
  }
  private markData(block: bigint, signature: bigint): void {
    const { BH, BT } = this.layout;
    if (this.has(FLAG.antagonism)) {
      this.mark(block + BH, signature, this.word(this.size(block) - BH - BT));
    }
  }

  // The tree: one node a size, each the head of a ring, oldest first.
  private find(size: bigint): Link {
    let link: Link = 'root';
    for (let node = this.root; node !== 0n; node = this.get(link)) {
      assertC(this.magic(node) === MAGIC.free);
      if (this.size(node) === size) {
        break;
      }
      link = this.field(node, size < this.size(node) ? 0 : 1);
    }
    return link;
  }

  bestFit(size: bigint): bigint {
    let best = 0n;
    for (let node = this.root; node !== 0n;) {
      const bytes = this.size(node);
      if (bytes === size) {
        return node;
      }
      if (bytes > size) {
        best = node;
      }
      node = this.get(this.field(node, bytes > size ? 0 : 1));
    }
    return best;
  }

  add(block: bigint): void {
    this.markData(block, 0xf7n);
    this.setMagic(block, MAGIC.free);
    const link = this.find(this.size(block));
    const head = this.get(link);
    if (head === 0n) {
      for (const [index, value] of [
        [2, block],
        [3, block],
        [0, 0n],
        [1, 0n],
      ] as const) {
        this.set(this.field(block, index), value);
      }
      this.set(link, block);
    } else {
      const last = this.get(this.field(head, 3));
      this.set(this.field(block, 3), last);
      this.set(this.field(block, 2), head);
      this.set(this.field(last, 2), block);
      this.set(this.field(head, 3), block);
    }
    this.curfree = this.word(this.curfree + this.size(block));
  }

  del(block: bigint): void {
    const link = this.find(this.size(block));
    const head = this.get(link);
    assertC(head !== 0n);
    const next = this.get(this.field(head, 2));
    if (next === head) {
      assertC(head === block);
      this.poison(block, 2, 3);
      const replacement = this.replacementOf(head);
      this.poison(head, 1, 0);
      this.set(link, replacement);
    } else {
      const [after, before] = [this.get(this.field(block, 2)), this.get(this.field(block, 3))];
      this.set(this.field(after, 3), before);
      this.set(this.field(before, 2), after);
      if (block === head) {
        this.set(this.field(after, 0), this.get(this.field(block, 0)));
        this.set(this.field(after, 1), this.get(this.field(block, 1)));
        this.set(link, after);
      }
      this.poison(block, 2, 3);
    }
    this.poison(block, 1, 0);
    this.curfree = this.word(this.curfree - this.size(block));
    this.markData(block, 0xf9n);
    this.setMagic(block, MAGIC.inTransit);
  }

  private poison(block: bigint, ...fields: readonly number[]): void {
    for (const index of fields) {
      this.set(this.field(block, index), POISON);
    }
  }

  /** What takes a node's place in the tree. */
  private replacementOf(node: bigint): bigint {
    const [left, right] = [this.get(this.field(node, 0)), this.get(this.field(node, 1))];
    if (left === 0n) {
      return right;
    }
    if (right === 0n) {
      return left;
    }
    let link: Link = this.field(node, 1);
    for (let below = this.field(right, 0); this.get(below) !== 0n; below = this.field(this.get(link), 0)) {
      link = below;
    }
    const leftmost = this.get(link);
    this.set(link, this.get(this.field(leftmost, 1)));
    this.set(this.field(leftmost, 0), this.get(this.field(node, 0)));
    this.set(this.field(leftmost, 1), this.get(this.field(node, 1)));
    return leftmost;
  }

  // Joining and splitting.
  isFree(block: bigint): boolean {
    return this.magic(block) === MAGIC.free;
  }

  merge(first: bigint, second: bigint): bigint {
    assertC(this.next(first) === second);
    if (this.isFree(first)) {
      this.del(first);
    }
    if (this.isFree(second)) {
      this.del(second);
    }
    const { U } = this.layout;
    const oldTail = this.tail(first);
    this.region.setWord(this.pointer(oldTail + BigInt(U)), U, POISON);
    this.region.setByte(oldTail, 0x11);
    this.region.setByte(this.pointer(oldTail + 3n), 0x11);
    this.setGap(oldTail, 0xfa11n);
    this.setSizeWord(first, this.size(first) + this.size(second));
    const tail = this.tail(first);
    this.region.setWord(this.pointer(tail + BigInt(U)), U, this.size(first));
    this.setGap(tail, 0xffffn);
    this.setSizeWord(second, MAGIC.destroyed);
    this.setMagic(second, MAGIC.destroyed);
    this.setMagic(first, MAGIC.inTransit);
    return first;
  }

  private isWorthSplitting(rest: bigint, least: bigint): boolean {
    return rest >= least && rest >= this.layout.MINBLOCK && rest >= BigInt(this.settings.minblock);
  }

  trim(block: bigint, data: bigint): void {
    const [size, bytes] = [this.size(block), this.blockSize(data)];
    const rest = this.word(size - bytes);
    if (this.word(size - data) >= 0x10000n || this.isWorthSplitting(rest, bytes >> 2n)) {
      this.setSize(block, bytes);
      const fragment = this.pointer(block + bytes);
      this.mark(fragment, 0xf1n, rest);
      this.setMagic(fragment, MAGIC.inTransit);
      this.setSize(fragment, rest);
      this.add(fragment);
    }
    this.setMagic(block, MAGIC.allocated);
    this.setData(block, data);
  }

  freeFront(block: bigint, bytes: bigint): bigint {
    const skip = this.down(bytes);
    const size = this.size(block);
    if (skip < 0x1000n && !this.isWorthSplitting(skip, size >> 2n)) {
      return block;
    }
    const rest = this.pointer(block + skip);
    // The size before the magic: where an old FREE lies there the assertion fails.
    this.setSize(rest, this.word(size - skip));
    this.setMagic(rest, MAGIC.inTransit);
    this.setSize(block, skip);
    this.setMagic(block, MAGIC.inTransit);
    this.add(block);
    return rest;
  }
}
