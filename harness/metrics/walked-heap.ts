import { HEAP_BASE } from '../machine/memory-layout';
import { VISIT_NUMBERS } from '../replay/port';

const BLOCKS_INITIAL = 1 << 10;

/** The blocks that one walk saw, as columns: a walk sees many, and most of them as the walk before. */
export class WalkedHeap {
  count = 0;
  offsets = new Float64Array(BLOCKS_INITIAL);
  bytes = new Float64Array(BLOCKS_INITIAL);
  madeBy = new Float64Array(BLOCKS_INITIAL);
  /** Places in `BLOCK_STATES`. */
  states = new Uint8Array(BLOCKS_INITIAL);

  add(rows: Float64Array, count: number): void {
    while (this.count + count > this.offsets.length) {
      this.grow();
    }
    const { offsets, bytes, states } = this;
    let block = this.count;
    for (let at = 0; at < count * VISIT_NUMBERS; at += VISIT_NUMBERS) {
      offsets[block] = rows[at]! - HEAP_BASE;
      bytes[block] = rows[at + 1]!;
      states[block] = rows[at + 2]!;
      block++;
    }
    this.count = block;
  }

  /** Whether a block is as large and in the same state as a block of another walk. */
  isLike(block: number, { bytes, states }: WalkedHeap, other: number): boolean {
    return this.bytes[block] === bytes[other] && this.states[block] === states[other];
  }

  /** By offset; most engines walk so. */
  sort(): void {
    const { offsets, bytes, states } = this;
    let sorted = 1;
    while (sorted < this.count && offsets[sorted]! >= offsets[sorted - 1]!) {
      sorted++;
    }
    if (sorted >= this.count) {
      return;
    }
    const order = Array.from({ length: this.count }, (_, block) => block);
    order.sort((a, b) => offsets[a]! - offsets[b]!);
    const columns = [offsets, bytes, states].map((column) => column.slice(0, this.count));
    order.forEach((from, to) => {
      offsets[to] = columns[0]![from]!;
      bytes[to] = columns[1]![from]!;
      states[to] = columns[2]![from]!;
    });
  }

  private grow(): void {
    const grown = <A extends Float64Array | Uint8Array>(from: A, to: A): A => {
      to.set(from);
      return to;
    };
    const length = 2 * this.offsets.length;
    this.offsets = grown(this.offsets, new Float64Array(length));
    this.bytes = grown(this.bytes, new Float64Array(length));
    this.madeBy = grown(this.madeBy, new Float64Array(length));
    this.states = grown(this.states, new Uint8Array(length));
  }
}
