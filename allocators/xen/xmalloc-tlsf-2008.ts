import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { Block, BlockVisitor, Engine, EngineDefinition, OptionValues } from '../../harness/replay/port';
import { blockPlacement, BUG, isBlock, NULL, type Placement } from '../../traces/trace';
import { PAGE_OPTIONS, PageAccount } from './page-account';
import { ObjectPadding } from './object-padding';
import { orderOfBytes } from './page-order';
import { GRANULE_BYTES, HEADER_BYTES, POOL_BYTES, REGION_PAYLOAD, SIZE } from './tlsf-layout';
import { TLSF_2008_BOUNDS } from './tlsf-bounds';
import { TlsfPool } from './tlsf-pool';
import { NULL_NEAR_PAGE, STOPS_WITHOUT_POOL } from './tlsf-quirks';
import { checkPool, usedPayloadAt, walkRegion } from './tlsf-walk';

/**
 * Xen's `xmalloc` / `xfree` on TLSF as it arrived with commit 9736b76d82 (October 2008), x86_64, release build.
 *
 * What fits a region (a page less two headers) comes from the pool, everything else from the page allocator behind a
 * 16-byte header. A larger alignment inflates the request and leaves a word before the object that says how far back
 * its block begins.
 */

/** Used bytes and region count lie behind lock, initial, largest and growth size. */
const LAYOUT = { structBytes: 6352, usedBytesOffset: 6280, regionCountOffset: 6288 } as const;

const STEPS = {
  xmalloc: { instructions: 14 },
  xfree: { instructions: 5 },
  wholePages: { instructions: 2 },
} as const;

class XmallocTlsf2008 implements Engine {
  readonly pool: TlsfPool;
  private readonly pages: PageAccount;
  private readonly padding: ObjectPadding;
  private readonly step;

  constructor(
    private readonly machine: Machine,
    options: OptionValues,
  ) {
    this.pages = PageAccount.open(machine, options);
    this.pool = new TlsfPool(machine, this.pages, LAYOUT);
    this.padding = new ObjectPadding(machine);
    this.step = machine.defineSteps('xmalloc-tlsf-2008', STEPS);
  }

  start(): void {
    // The pool is made by the first xmalloc.
  }

  allocate(sizeBytes: number, align: number): Placement {
    const { machine } = this;
    const alignBytes = Math.max(align, GRANULE_BYTES);
    const wanted = sizeBytes + alignBytes - GRANULE_BYTES;
    machine.work(this.step.xmalloc);
    if (!this.pool.exists() && !this.poolCreate()) {
      return BUG;
    }
    const object = wanted >= REGION_PAYLOAD ? this.wholePagesTake(wanted) : this.pool.allocate(wanted);
    return object === 0 ? NULL : blockPlacement(this.padding.add(object, alignBytes));
  }

  free(object: Placement): void {
    if (!isBlock(object)) {
      return;
    }
    const { machine } = this;
    machine.work(this.step.xfree);
    const payload = this.padding.strip(object);
    const size = machine.load(payload - HEADER_BYTES + SIZE);
    if (size >= REGION_PAYLOAD) {
      machine.work(this.step.wholePages);
      this.pages.give(payload - HEADER_BYTES, orderOfBytes(size));
    } else {
      this.pool.free(payload);
    }
  }

  blockAt(object: Placement, sizeBytes: number): Block | undefined {
    const { machine } = this;
    if (!this.pages.holds(object - HEADER_BYTES, HEADER_BYTES)) {
      return undefined;
    }
    const start = this.padding.strip(object, machine.uncharged) - HEADER_BYTES;
    if (!this.pages.holds(start, HEADER_BYTES)) {
      return undefined;
    }
    const wholeBytes = start % PAGE_BYTES === 0 ? this.wholePagesBytes(start) : 0;
    const payload = wholeBytes > 0 ? wholeBytes - HEADER_BYTES : usedPayloadAt(machine, start);
    const end = start + HEADER_BYTES + payload;
    return payload > 0 && object + sizeBytes <= end
      ? { start, bytes: end - start, headerBytes: object - start }
      : undefined;
  }

  walk(visit: BlockVisitor): void {
    const { machine } = this;
    const poolObject = this.pool.object;
    this.pages.runs((first, end) => {
      for (let page = first; page < end;) {
        if (page === poolObject) {
          visit(page, POOL_BYTES, 'metadata');
          page += POOL_BYTES;
        } else if (machine.peek(page + SIZE) >= PAGE_BYTES) {
          const bytes = this.wholePagesBytes(page);
          if (bytes === 0) {
            throw new HeapCorruption(page, `whole pages of ${machine.peek(page + SIZE)} bytes`);
          }
          visit(page, bytes, 'allocated');
          page += bytes;
        } else {
          walkRegion(machine, page, visit);
          page += PAGE_BYTES;
        }
      }
    });
  }

  check(): void {
    checkPool(this.machine, this.pool, this.pages, (visit) => this.walk(visit));
    this.pages.allocator.check();
  }

  /** The first xmalloc makes the pool, two pages, and at once its first region. */
  private poolCreate(): boolean {
    return this.pool.create() && this.pool.createRegion();
  }

  /** Size and header in pages of their own; the size word is computed in 32 bits. */
  private wholePagesTake(wanted: number): number {
    const { machine } = this;
    machine.work(this.step.wholePages);
    const order = orderOfBytes(wanted + HEADER_BYTES);
    const block = this.pages.take(order);
    if (block === 0) {
      return 0;
    }
    machine.store(block + SIZE, PAGE_BYTES << order);
    return block + HEADER_BYTES;
  }

  /** Bytes of the whole pages that start at a page, 0 where its size word says no such thing. */
  private wholePagesBytes(page: number): number {
    const bytes = this.machine.peek(page + SIZE);
    return bytes >= PAGE_BYTES && bytes % PAGE_BYTES === 0 && this.pages.holds(page, bytes) ? bytes : 0;
  }
}

export const xmallocTlsf2008: EngineDefinition = {
  name: 'xmalloc-tlsf-2008',
  version: 3,
  summary: "Xen's xmalloc on TLSF as first adopted, constant-time whatever is live",
  lineage: 'Xen, xen/common/xmalloc_tlsf.c at commit 9736b76d82 (October 2008), x86_64, release build',
  constants: {
    headerBytes: HEADER_BYTES,
    granuleBytes: GRANULE_BYTES,
    blockBytesMin: HEADER_BYTES + GRANULE_BYTES,
    requestBytesMax: undefined,
  },
  options: PAGE_OPTIONS,
  capabilities: [],
  bounds: TLSF_2008_BOUNDS,
  quirks: [
    NULL_NEAR_PAGE,
    {
      name: 'page-takes-two',
      summary:
        'Requests of 4081 to 4096 bytes take two pages because of the header, and so do those of the last 16 bytes below every larger power of two of pages take twice as many.',
      source: 'RFC "Replacing Xen\'s xmalloc engine and(?) API", xen-devel, October 2008; gone in 2013',
      demonstration: {
        operations: ['alloc,1,16,0', 'alloc,2,4096,0'],
        shows: ({ heldBytes }) => heldBytes[1]! - heldBytes[0]! === 2 * PAGE_BYTES,
      },
    },
    STOPS_WITHOUT_POOL,
  ],
  placementsForm: 'xen',
  isAllInMemory: true,
  create: (machine, options) => new XmallocTlsf2008(machine, options),
};
