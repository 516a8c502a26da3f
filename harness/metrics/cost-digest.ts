import { createHash } from 'node:crypto';
import { TWO_TO_32 } from '../../traces/ground/integers';

const COSTS_PER_CHUNK = 4096;

/**
 * The identity of a replay's costs: sha256 over the cycles of every operation, in order, each as an unsigned 64-bit
 * little-endian integer. Two pricings with equal digests agree on every single operation.
 */
export class CostDigest {
  private readonly hash = createHash('sha256');
  /** Two words a cost. The kernel that prices has no host of another order of bytes. */
  private readonly words = new Uint32Array(2 * COSTS_PER_CHUNK);
  private length = 0;

  /** Adds the costs from one to before another. */
  add(cycles: Float64Array, from: number, until: number): void {
    for (let start = from; start < until;) {
      const end = Math.min(until, start + COSTS_PER_CHUNK - this.length);
      this.addChunk(cycles, start, end);
      start = end;
    }
  }

  /** Lowercase hex; nothing may be added afterwards. */
  finish(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private addChunk(cycles: Float64Array, from: number, until: number): void {
    const { words } = this;
    let word = 2 * this.length;
    for (let each = from; each < until; each++) {
      const cost = cycles[each]!;
      words[word] = cost;
      words[word + 1] = cost < TWO_TO_32 ? 0 : Math.floor(cost / TWO_TO_32);
      word += 2;
    }
    this.length += until - from;
    if (this.length === COSTS_PER_CHUNK) {
      this.flush();
    }
  }

  private flush(): void {
    this.hash.update(this.words.subarray(0, 2 * this.length));
    this.length = 0;
  }
}
