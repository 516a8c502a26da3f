import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { Block, BlockVisitor, Engine, EngineDefinition } from '../../harness/replay/port';
import { blockPlacement, isBlock, NULL, type Placement } from '../../traces/trace';
import { ORDER_MAX, PageAllocator } from './page-allocator';
import { orderOfBytes } from './page-order';

/**
 * `alloc_xenheap_pages` / `free_xenheap_pages`: the buddy allocator by itself. A request is rounded up to 2^order
 * pages, and the caller has to remember the order. The alignment wish is ignored: a block is aligned to its size.
 */
class XenheapPages implements Engine {
  private readonly pages: PageAllocator;

  constructor(private readonly machine: Machine) {
    this.pages = PageAllocator.on(machine);
  }

  start(): void {
    // The page source is all there is, and the machine has started it.
  }

  allocate(sizeBytes: number): Placement {
    const address = this.pages.take(orderOfBytes(sizeBytes));
    return address === 0 ? NULL : blockPlacement(address);
  }

  free(object: Placement, sizeBytes: number): void {
    if (isBlock(object)) {
      this.pages.give(object, orderOfBytes(sizeBytes));
    }
  }

  blockAt(object: Placement, sizeBytes: number): Block | undefined {
    const bytes = PAGE_BYTES << orderOfBytes(sizeBytes);
    return this.machine.ledger.holds(object, bytes) ? { start: object, bytes, headerBytes: 0 } : undefined;
  }

  /** The buddy keeps no bounds of what it handed out: each held page counts as a block. */
  walk(visit: BlockVisitor): void {
    this.machine.ledger.runs((run) => {
      for (let address = run.address; address < run.address + run.bytes; address += PAGE_BYTES) {
        visit(address, PAGE_BYTES, 'allocated');
      }
    });
  }

  check(): void {
    this.pages.check();
  }
}

export const xenheapPages: EngineDefinition = {
  name: 'xenheap-pages',
  version: 1,
  summary: "Xen's binary buddy page allocator, 2^order pages a request",
  lineage: 'Xen, xen/common/page_alloc.c before commit 9736b76d82 (October 2008), x86_64, release build',
  constants: {
    headerBytes: 0,
    granuleBytes: PAGE_BYTES,
    blockBytesMin: PAGE_BYTES,
    requestBytesMax: PAGE_BYTES * (1 << ORDER_MAX),
  },
  options: {},
  capabilities: [],
  bounds: [],
  quirks: [
    {
      name: 'size-0-fails',
      summary: 'A request of 0 bytes wraps around to an enormous order and fails.',
      source: 'get_order_from_bytes computes (size - 1) >> PAGE_SHIFT on an unsigned value',
    },
  ],
  placementsForm: 'xen',
  create: (machine) => new XenheapPages(machine),
};
