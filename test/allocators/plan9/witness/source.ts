import { BASE, REGION_BYTES, type Region } from './region';
import type { Layout, Settings } from './layout';

/** Where arenas come from: the C library's sbrk, or the kernel's chunks. */

const up8 = (bytes: bigint): bigint => (bytes + 7n) & ~7n;
const SBRK_TAG = 0xdeadbeefn;
const KERNEL_TAG = 0x484f4c45n;

export class Source {
  private next: bigint;
  private handedOut = 0n;

  constructor(
    private readonly region: Region,
    private readonly layout: Layout,
    private readonly settings: Settings,
  ) {
    this.next = settings.descending ? BASE + REGION_BYTES : BASE;
  }

  /** Address behind the chunk's two words; undefined where there is no more. */
  take(bytes: bigint): bigint | undefined {
    const { U } = this.layout;
    const { preset, gap, descending, srclimit } = this.settings;
    const words = BigInt(2 * U);
    const isSbrk = preset === 'sbrkmem';
    const chunkBytes = isSbrk ? bytes + words : (bytes + 8n + words) & ~7n;
    const start = descending ? (this.next - chunkBytes) & ~7n : up8(this.next);
    const isOutside = start < BASE || start + chunkBytes > BASE + REGION_BYTES;
    if (isOutside || (srclimit > 0 && this.handedOut + chunkBytes > BigInt(srclimit))) {
      return undefined;
    }
    this.handedOut += chunkBytes;
    this.next = descending ? start - BigInt(gap) : start + chunkBytes + BigInt(gap);
    this.region.setWord(start, U, isSbrk ? up8(chunkBytes) : chunkBytes);
    this.region.setWord(start + BigInt(U), U, isSbrk ? SBRK_TAG : KERNEL_TAG);
    return start + words;
  }

  /** Whether two chunks touch; the first has grown by the second then. */
  merge(first: bigint, second: bigint): boolean {
    const { U } = this.layout;
    const size = (address: bigint): bigint => this.region.word(address - BigInt(2 * U), U);
    if (first + size(first) !== second) {
      return false;
    }
    this.region.setWord(first - BigInt(2 * U), U, size(first) + size(second));
    return true;
  }
}
