import { PAGE, roundUp, type Answer, type Witness } from './answers';
import { orderOf, type Pages } from './pages';

/** Xen's TLSF `xmalloc`: as it came in October 2008, and today's. */

const HEADER = 16;
const ALIGN_MIN = 16;
const REGION_PAYLOAD = PAGE - 2 * HEADER;
const POOL_ORDER = 1;

interface Block {
  readonly start: number;
  payload: number;
  isFree: boolean;
  previous: Block | undefined;
  /** The block that follows in memory; undefined in front of the region's sentinel. */
  next: Block | undefined;
}

/** Class of a free block: first level times 32 and second level. */
function insertClass(payload: number): number {
  if (payload < 128) {
    return Math.floor(payload / 4);
  }
  const log = Math.floor(Math.log2(payload));
  return (log - 6) * 32 + Math.floor(payload / 2 ** (log - 5)) - 32;
}

/** The request, rounded up so that every block of its class and of those above is large enough. */
function searchSize(payload: number): number {
  if (payload < 128) {
    return payload;
  }
  const step = 2 ** (Math.floor(Math.log2(payload)) - 5);
  return Math.floor((payload + step - 1) / step) * step;
}

class Pool {
  private readonly lists: Block[][] = Array.from({ length: 24 * 32 }, () => []);
  private readonly blocks = new Map<number, Block>();

  constructor(private readonly pages: Pages) {}

  allocate(bytes: number): number | undefined {
    const payload = searchSize(Math.max(16, roundUp(bytes, 16)));
    for (;;) {
      const list = this.lists.slice(insertClass(payload)).find(({ length }) => length > 0);
      if (list !== undefined) {
        return this.hand(list.shift()!, payload);
      }
      if (payload > REGION_PAYLOAD || !this.grow()) {
        return undefined;
      }
    }
  }

  free(data: number): void {
    let block = this.blocks.get(data - HEADER)!;
    block.isFree = true;
    if (block.next?.isFree === true) {
      this.join(block, this.unlist(block.next));
    }
    if (block.previous?.isFree === true) {
      const before = this.unlist(block.previous);
      this.join(before, block);
      block = before;
    }
    if (block.previous === undefined && block.next === undefined) {
      this.blocks.delete(block.start);
      this.pages.give(block.start / PAGE, 0);
    } else {
      this.list(block);
    }
  }

  payloadOf(data: number): number {
    return this.blocks.get(data - HEADER)!.payload;
  }

  /** Makes a page the newest region. */
  grow(): boolean {
    const page = this.pages.take(0);
    if (page === undefined) {
      return false;
    }
    this.list(
      this.add({
        start: page * PAGE,
        payload: REGION_PAYLOAD,
        isFree: true,
        previous: undefined,
        next: undefined,
      }),
    );
    return true;
  }

  private hand(block: Block, payload: number): number {
    const rest = block.payload - payload;
    if (rest >= 2 * HEADER) {
      const start = block.start + HEADER + payload;
      const after = this.add({
        start,
        payload: rest - HEADER,
        isFree: true,
        previous: block,
        next: block.next,
      });
      if (after.next !== undefined) {
        after.next.previous = after;
      }
      block.next = after;
      block.payload = payload;
      this.list(after);
    }
    block.isFree = false;
    return block.start + HEADER;
  }

  private add(block: Block): Block {
    this.blocks.set(block.start, block);
    return block;
  }

  private join(block: Block, next: Block): void {
    this.blocks.delete(next.start);
    block.payload += HEADER + next.payload;
    block.next = next.next;
    if (block.next !== undefined) {
      block.next.previous = block;
    }
  }

  private list(block: Block): void {
    this.lists[insertClass(block.payload)]!.unshift(block);
  }

  private unlist(block: Block): Block {
    const list = this.lists[insertClass(block.payload)]!;
    return list.splice(list.indexOf(block), 1)[0]!;
  }
}

abstract class TlsfXmalloc implements Witness {
  private made: Pool | undefined;
  /** Where the data would begin, by the aligned address that was returned instead. */
  private readonly unpadded = new Map<number, number>();

  constructor(
    protected readonly pages: Pages,
    private readonly hasInitialRegion: boolean,
  ) {}

  abstract allocate(sizeBytes: number, align: number): Answer;
  abstract free(object: Answer): void;

  /** Undefined where there is no memory for it, at which the system stops. */
  protected pool(): Pool | undefined {
    if (this.made !== undefined) {
      return this.made;
    }
    const page = this.pages.take(POOL_ORDER);
    if (page === undefined) {
      return undefined;
    }
    const pool = new Pool(this.pages);
    if (this.hasInitialRegion && !pool.grow()) {
      this.pages.give(page, POOL_ORDER);
      return undefined;
    }
    return (this.made = pool);
  }

  protected padded(data: number, align: number): number {
    const address = roundUp(data, align);
    this.unpadded.delete(address);
    if (address !== data) {
      this.unpadded.set(address, data);
    }
    return address;
  }

  protected dataOf(address: number): number {
    return this.unpadded.get(address) ?? address;
  }
}

export class Tlsf2008 extends TlsfXmalloc {
  /** Orders of whole pages, by where the data would begin. */
  private readonly orders = new Map<number, number>();

  constructor(pages: Pages) {
    super(pages, true);
  }

  allocate(sizeBytes: number, wish: number): Answer {
    const align = Math.max(wish, ALIGN_MIN);
    const bytes = sizeBytes + align - ALIGN_MIN;
    const pool = this.pool();
    if (pool === undefined) {
      return 'BUG';
    }
    const data = bytes >= REGION_PAYLOAD ? this.whole(bytes) : pool.allocate(bytes);
    return data === undefined ? 'NULL' : this.padded(data, align);
  }

  free(object: Answer): void {
    const data = this.dataOf(object as number);
    const order = this.orders.get(data);
    this.orders.delete(data);
    if (order === undefined) {
      this.pool()!.free(data);
    } else {
      this.pages.give((data - HEADER) / PAGE, order);
    }
  }

  private whole(bytes: number): number | undefined {
    const order = orderOf(bytes + HEADER);
    const page = this.pages.take(order);
    if (page === undefined) {
      return undefined;
    }
    const data = page * PAGE + HEADER;
    this.orders.set(data, order);
    return data;
  }
}

export class Tlsf extends TlsfXmalloc {
  /** How many pages an object has that is whole pages. */
  private readonly pageCounts = new Map<number, number>();

  constructor(pages: Pages) {
    super(pages, false);
  }

  allocate(sizeBytes: number, wish: number): Answer {
    if (sizeBytes === 0) {
      return 'ZERO';
    }
    const align = Math.max(wish, ALIGN_MIN);
    const bytes = sizeBytes + align - ALIGN_MIN;
    const pool = this.pool();
    if (pool === undefined) {
      return 'BUG';
    }
    const data = bytes < PAGE ? pool.allocate(bytes) : undefined;
    return data === undefined ? this.wholePages(sizeBytes, align) : this.padded(data, align);
  }

  free(object: Answer): void {
    if (typeof object === 'string') {
      return;
    }
    if (object % PAGE !== 0) {
      return this.pool()!.free(this.dataOf(object));
    }
    let count = this.pageCounts.get(object)!;
    for (let order = 0; count > 0; order++) {
      if (Math.floor(count / 2 ** order) % 2 === 0) {
        continue;
      }
      count -= 2 ** order;
      this.pages.give(object / PAGE + count, order);
    }
  }

  reallocate(object: Answer, sizeBytes: number, wish: number): Answer {
    if (sizeBytes === 0) {
      this.free(object);
      return 'ZERO';
    }
    if (typeof object === 'string') {
      return this.allocate(sizeBytes, wish);
    }
    const align = Math.max(wish, ALIGN_MIN);
    if (object % PAGE === 0) {
      if (sizeBytes <= this.pageCounts.get(object)! * PAGE && object % align === 0) {
        return object;
      }
    } else {
      const bytes = sizeBytes + align - ALIGN_MIN;
      const needed = bytes < PAGE ? Math.max(16, roundUp(bytes, 16)) : bytes;
      const data = this.dataOf(object);
      if (needed <= this.pool()!.payloadOf(data)) {
        return this.padded(data, align);
      }
    }
    const moved = this.allocate(sizeBytes, wish);
    if (moved !== 'NULL') {
      this.free(object);
    }
    return moved;
  }

  private wholePages(sizeBytes: number, align: number): Answer {
    const order = orderOf(Math.max(align, sizeBytes));
    const page = this.pages.take(order);
    if (page === undefined) {
      return 'NULL';
    }
    const count = Math.ceil(sizeBytes / PAGE);
    let rest = page + count;
    for (let each = 0; each < order; each++) {
      if (Math.floor(rest / 2 ** each) % 2 === 0) {
        continue;
      }
      this.pages.give(rest, each);
      rest += 2 ** each;
    }
    this.pageCounts.set(page * PAGE, count);
    return page * PAGE;
  }
}
