import { PAGE, type Answer, type Witness } from './answers';

/** Xen's binary buddy allocator of pages, of 2008 and of today, with today's idle scrubbing. */

export interface PageSettings {
  readonly version: '2008' | 'head';
  /** Whether a request for several pages looks for scrubbed ones first. */
  readonly side: 'xenheap' | 'domheap';
  /** Pages that idle CPUs scrub before each request. */
  readonly idleScrub: number;
}

interface FreeBlock {
  readonly page: number;
  /** Index of the first page that may need scrubbing. */
  firstDirty: number;
}

const ALL_CLEAN = Infinity;

/** Smallest order of at least so many bytes: 0 bytes wrap around to an enormous one. */
export function orderOf(bytes: number): number {
  if (bytes === 0) {
    return 52;
  }
  let order = 0;
  while (2 ** order * PAGE < bytes) {
    order++;
  }
  return order;
}

export class Pages {
  available = 0;
  private readonly orderMax: number;
  /** Free blocks of each order, head first. */
  private readonly lists: FreeBlock[][];
  private readonly orders = new Map<number, number>();
  /** Free pages that hold old data. */
  private readonly dirty = new Set<number>();

  constructor(
    count: number,
    private readonly settings: PageSettings,
  ) {
    this.orderMax = settings.version === 'head' ? 18 : 20;
    this.lists = Array.from({ length: this.orderMax + 1 }, () => []);
    for (let page = 0; page < count; page++) {
      this.insert(page, 0, ALL_CLEAN);
    }
    // Today's allocator is handed large chunks; both versions begin with the lowest at the head.
    for (const list of this.lists) {
      list.sort((one, other) => one.page - other.page);
    }
  }

  /** The first page of 2^order of them. */
  take(order: number): number | undefined {
    if (order > this.orderMax) {
      return undefined;
    }
    this.scrub(this.settings.idleScrub);
    if (this.available < 2 ** order) {
      return undefined;
    }
    const found = this.pick(order);
    if (found === undefined) {
      return undefined;
    }
    let { firstDirty } = found.block;
    let { page } = found.block;
    for (let half = found.order - 1; half >= order; half--) {
      // The lower half stays free; what is not known of the upper half is taken for dirty.
      this.list(page, half, firstDirty < 2 ** half ? firstDirty : ALL_CLEAN);
      page += 2 ** half;
      if (firstDirty !== ALL_CLEAN) {
        firstDirty = Math.max(0, firstDirty - 2 ** half);
      }
    }
    for (let each = page; each < page + 2 ** order; each++) {
      this.dirty.delete(each);
    }
    this.available -= 2 ** order;
    return page;
  }

  /** Gives back; today everything given back needs scrubbing. */
  give(page: number, order: number): void {
    const needsScrub = this.settings.version === 'head';
    for (let each = page; needsScrub && each < page + 2 ** order; each++) {
      this.dirty.add(each);
    }
    this.insert(page, order, needsScrub ? 0 : ALL_CLEAN);
  }

  private insert(page: number, order: number, firstDirty: number): void {
    this.available += 2 ** order;
    while (order < this.orderMax) {
      const size = 2 ** order;
      const isUpper = Math.floor(page / size) % 2 === 1;
      const buddyPage = isUpper ? page - size : page + size;
      if (this.orders.get(buddyPage) !== order) {
        break;
      }
      const buddy = this.unlist(buddyPage, order);
      const [lower, upper] = isUpper ? [buddy.firstDirty, firstDirty] : [firstDirty, buddy.firstDirty];
      firstDirty = lower === ALL_CLEAN ? upper + size : lower;
      page = Math.min(page, buddyPage);
      order++;
    }
    this.list(page, order, firstDirty);
  }

  private list(page: number, order: number, firstDirty: number): void {
    this.orders.set(page, order);
    const block = { page, firstDirty };
    if (this.settings.version === 'head' && firstDirty === ALL_CLEAN) {
      this.lists[order]!.unshift(block);
    } else {
      this.lists[order]!.push(block);
    }
  }

  private unlist(page: number, order: number): FreeBlock {
    this.orders.delete(page);
    const list = this.lists[order]!;
    return list.splice(
      list.findIndex((block) => block.page === page),
      1,
    )[0]!;
  }

  private pick(order: number): { block: FreeBlock; order: number } | undefined {
    const wantsClean = this.settings.version === 'head' && this.settings.side === 'domheap' && order > 0;
    return (wantsClean ? this.pickHead(order, true) : undefined) ?? this.pickHead(order, false);
  }

  /** The head of the first list that has one; one that is not clean goes to its list's tail where that is wanted. */
  private pickHead(order: number, clean: boolean): { block: FreeBlock; order: number } | undefined {
    for (let each = order; each <= this.orderMax; each++) {
      const block = this.lists[each]!.shift();
      if (block === undefined) {
        continue;
      }
      if (!clean || block.firstDirty === ALL_CLEAN) {
        this.orders.delete(block.page);
        return { block, order: each };
      }
      this.lists[each]!.push(block);
    }
    return undefined;
  }

  /** Scrubs from the tails of the lists, largest order first, until `budget` pages are done or none is dirty. */
  private scrub(budget: number): void {
    for (let order = this.orderMax; order >= 0; order--) {
      const list = this.lists[order]!;
      for (
        let block = list.at(-1);
        block !== undefined && block.firstDirty !== ALL_CLEAN;
        block = list.at(-1)
      ) {
        if (budget === 0 || this.dirty.size === 0) {
          return;
        }
        let index = block.firstDirty;
        for (; index < 2 ** order; index++) {
          if (this.dirty.delete(block.page + index) && --budget === 0) {
            break;
          }
        }
        block.firstDirty = index >= 2 ** order - 1 ? ALL_CLEAN : index + 1;
        if (block.firstDirty === ALL_CLEAN) {
          list.unshift(list.pop()!);
        }
      }
    }
  }
}

/** `alloc_xenheap_pages` and `free_xenheap_pages` by bytes. */
export class XenheapPages implements Witness {
  private readonly orders = new Map<Answer, number>();

  constructor(private readonly pages: Pages) {}

  allocate(sizeBytes: number): Answer {
    const order = orderOf(sizeBytes);
    const page = this.pages.take(order);
    if (page === undefined) {
      return 'NULL';
    }
    this.orders.set(page * PAGE, order);
    return page * PAGE;
  }

  free(object: Answer): void {
    this.pages.give((object as number) / PAGE, this.orders.get(object)!);
  }
}
