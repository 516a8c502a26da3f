import { createHash } from 'node:crypto';
import { TWO_TO_32 } from '../../traces/ground/integers';

const COSTS_PER_CHUNK = 4096;
const COST_BYTES = 8;

/**
 * The identity of a replay's costs: sha256 over the cycles of every operation, in order, each as an unsigned 64-bit
 * little-endian integer. Two pricings with equal digests agree on every single operation.
 */
export class CostDigest {
  private readonly hash = createHash('sha256');
  private readonly chunk = new DataView(new ArrayBuffer(COSTS_PER_CHUNK * COST_BYTES));
  private length = 0;

  add(cycles: number): void {
    this.chunk.setUint32(this.length, cycles, true);
    this.chunk.setUint32(this.length + 4, cycles < TWO_TO_32 ? 0 : Math.floor(cycles / TWO_TO_32), true);
    this.length += COST_BYTES;
    if (this.length === this.chunk.byteLength) {
      this.flush();
    }
  }

  /** Lowercase hex; nothing may be added afterwards. */
  finish(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private flush(): void {
    this.hash.update(new Uint8Array(this.chunk.buffer, 0, this.length));
    this.length = 0;
  }
}
