import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { Block, BlockVisitor, Engine, EngineDefinition, OptionValues } from '../../harness/replay/port';
import { blockPlacement, isBlock, NULL, type Placement } from '../../traces/trace';
import { PAGE_OPTIONS, PageAccount } from './page-account';
import { giveAccessesMax, ORDER_MAX, takeAccessesMax } from './page-bounds';
import { orderOfBytes, pagesOfOrder } from './page-order';

/**
 * `alloc_xenheap_pages` / `free_xenheap_pages`: the buddy allocator by itself. A request is rounded up to 2^order
 * pages, and the caller has to remember the order. The alignment wish is ignored: a block is aligned to its size.
 * With `side=domheap` it is `alloc_domheap_pages` / `free_domheap_pages`, from which vmalloc draws.
 */
class XenheapPages implements Engine {
  private readonly pages: PageAccount;
  private readonly isDomheap: boolean;

  constructor(machine: Machine, options: OptionValues) {
    this.pages = PageAccount.open(machine, { ...options, 'page-version': options['version']! });
    this.isDomheap = options['side'] === 'domheap';
  }

  start(): void {
    // The page source is all there is, and the machine has started it.
  }

  allocate(sizeBytes: number): Placement {
    const order = orderOfBytes(sizeBytes);
    const address = this.isDomheap ? this.pages.takeZeroed(order) : this.pages.take(order);
    return address === 0 ? NULL : blockPlacement(address);
  }

  free(object: Placement, sizeBytes: number): void {
    if (!isBlock(object)) {
      return;
    }
    const order = orderOfBytes(sizeBytes);
    if (this.isDomheap) {
      this.pages.giveZeroed(object, order);
    } else {
      this.pages.give(object, order);
    }
  }

  blockAt(object: Placement, sizeBytes: number): Block | undefined {
    const bytes = PAGE_BYTES * pagesOfOrder(orderOfBytes(sizeBytes));
    return this.pages.holds(object, bytes) ? { start: object, bytes, headerBytes: 0 } : undefined;
  }

  /** The buddy keeps no bounds of what it handed out: each held page counts as a block. */
  walk(visit: BlockVisitor): void {
    this.pages.runs((first, end) => {
      for (let address = first; address < end; address += PAGE_BYTES) {
        visit(address, PAGE_BYTES, 'allocated');
      }
    });
  }

  check(): void {
    this.pages.allocator.check();
  }
}

export const xenheapPages: EngineDefinition = {
  name: 'xenheap-pages',
  version: 3,
  summary: "Xen's binary buddy page allocator, 2^order pages a request",
  lineage: 'Xen, xen/common/page_alloc.c before commit 9736b76d82 (October 2008), x86_64, release build',
  constants: {
    headerBytes: 0,
    granuleBytes: PAGE_BYTES,
    blockBytesMin: PAGE_BYTES,
    alignBytesMax: PAGE_BYTES,
    requestBytesMax: PAGE_BYTES * pagesOfOrder(ORDER_MAX),
  },
  options: {
    version: PAGE_OPTIONS['page-version'],
    'idle-scrub': PAGE_OPTIONS['idle-scrub'],
    zones: PAGE_OPTIONS.zones,
    side: {
      kind: 'choice',
      summary: 'xenheap never touches the contents of pages, domheap zeroes those that hold old data',
      choices: ['xenheap', 'domheap'],
      byDefault: 'xenheap',
    },
  },
  capabilities: [],
  bounds: [
    {
      verb: 'alloc',
      unit: 'accesses',
      most: takeAccessesMax(ORDER_MAX) + (PAGE_BYTES / 64) * pagesOfOrder(ORDER_MAX),
      statement: `one page at most ${takeAccessesMax(0)}; larger blocks 4 to 7 a page, on the domheap side 64 lines a page to clear`,
      source: 'derived from page_alloc.c, step by step: at most one split an order',
    },
    {
      verb: 'free',
      unit: 'accesses',
      most: giveAccessesMax(ORDER_MAX),
      statement: `one page at most ${giveAccessesMax(0)}; larger blocks 3 to 7 a page`,
      source: 'derived from page_alloc.c, step by step: at most one merge an order',
    },
  ],
  quirks: [
    {
      name: 'size-0-fails',
      summary: 'A request of 0 bytes wraps around to an enormous order and fails.',
      source: 'get_order_from_bytes computes (size - 1) >> PAGE_SHIFT on an unsigned value',
      demonstration: { operations: ['alloc,1,0,0'], shows: ({ placements }) => placements[0] === NULL },
      breaks: { guarantee: 'served', by: ({ sizeBytes }) => sizeBytes === 0 },
    },
  ],
  placementsForm: 'xen',
  isAllInMemory: true,
  create: (machine, options) => new XenheapPages(machine, options),
};
