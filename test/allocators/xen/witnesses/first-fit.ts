import { Crash, PAGE, roundUp, type Answer, type Witness } from './answers';
import { orderOf, type Pages } from './pages';

/** Xen's first-fit `xmalloc` until October 2008. */

const HEADER = 128;
const SPLIT_MIN = 2 * HEADER;
/** From here on the size word is negative, and its free goes astray. */
const SIZE_WRAPS = 2 ** 31;

export class FirstFit implements Witness {
  private readonly sizes = new Map<number, number>();
  /** Addresses of the free blocks' headers, head first. */
  private readonly freeList: number[] = [];

  constructor(private readonly pages: Pages) {}

  allocate(sizeBytes: number, align: number): Answer {
    if (align > HEADER) {
      return 'BUG';
    }
    const total = roundUp(sizeBytes + HEADER, HEADER);
    if (total >= PAGE) {
      return this.whole(total);
    }
    const index = this.freeList.findIndex((header) => this.sizes.get(header)! >= total);
    if (index >= 0) {
      const [header] = this.freeList.splice(index, 1);
      return this.split(header!, total, this.sizes.get(header!)!);
    }
    const page = this.pages.take(0);
    return page === undefined ? 'NULL' : this.split(page * PAGE, total, PAGE);
  }

  free(object: Answer): void {
    let header = (object as number) - HEADER;
    const size = this.sizes.get(header)!;
    if (size >= SIZE_WRAPS) {
      throw new Crash();
    }
    if (size >= PAGE) {
      return this.pages.give(header / PAGE, orderOf(size));
    }
    for (const other of [...this.freeList]) {
      if (Math.floor(other / PAGE) !== Math.floor(header / PAGE)) {
        continue;
      }
      const before = other + this.sizes.get(other)! === header;
      const behind = header + this.sizes.get(header)! === other;
      if (!before && !behind) {
        continue;
      }
      this.freeList.splice(this.freeList.indexOf(other), 1);
      const [first, second] = before ? [other, header] : [header, other];
      this.sizes.set(first, this.sizes.get(first)! + this.sizes.get(second)!);
      header = first;
    }
    if (this.sizes.get(header) === PAGE) {
      this.pages.give(header / PAGE, 0);
    } else {
      this.freeList.unshift(header);
    }
  }

  private split(header: number, total: number, block: number): number {
    const left = block - total;
    if (left >= SPLIT_MIN) {
      this.sizes.set(header + total, left);
      this.freeList.unshift(header + total);
    }
    this.sizes.set(header, left >= SPLIT_MIN ? total : block);
    return header + HEADER;
  }

  private whole(total: number): Answer {
    const order = orderOf(total);
    const page = this.pages.take(order);
    if (page === undefined) {
      return 'NULL';
    }
    this.sizes.set(page * PAGE, PAGE * 2 ** order);
    return page * PAGE + HEADER;
  }
}
