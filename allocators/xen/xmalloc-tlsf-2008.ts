import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { Block, BlockVisitor, Engine, EngineDefinition } from '../../harness/replay/port';
import { blockPlacement, BUG, isBlock, NULL, type Placement } from '../../traces/trace';
import { PageAllocator } from './page-allocator';
import { orderOfBytes } from './page-order';
import { FLAGS, FREE, GRANULE_BYTES, HEADER_BYTES, REGION_PAYLOAD, SIZE, TlsfPool } from './tlsf-pool';
import { checkPool, walkRegion } from './tlsf-walk';

/**
 * Xen's `xmalloc` / `xfree` on TLSF as it arrived with commit 9736b76d82 (October 2008), x86_64, release build.
 *
 * What fits a region (a page less two headers) comes from the pool, everything else from the page allocator behind a
 * 16-byte header. A larger alignment inflates the request and leaves a word before the object that says how far back
 * its block begins.
 */

/** Used bytes and region count lie behind lock, initial, largest and growth size. */
const LAYOUT = { structBytes: 6352, usedBytesOffset: 6280, regionCountOffset: 6288 } as const;

/** Bit 0 of the word before an object: padding, not a size. */
const PADDED = 1;

const STEPS = {
  xmalloc: { instructions: 20 },
  xfree: { instructions: 12 },
  pad: { instructions: 8 },
  unpad: { instructions: 4 },
  wholePages: { instructions: 12 },
} as const;

class XmallocTlsf2008 implements Engine {
  private readonly pages: PageAllocator;
  private readonly pool: TlsfPool;
  private readonly step;

  constructor(private readonly machine: Machine) {
    this.pages = PageAllocator.on(machine);
    this.pool = new TlsfPool(machine, this.pages, LAYOUT);
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
    const object =
      wanted >= REGION_PAYLOAD ? this.wholePagesTake(wanted) : this.pool.allocate(roundedRequest(wanted));
    return object === 0 ? NULL : blockPlacement(this.objectPad(object, alignBytes));
  }

  free(object: Placement): void {
    if (!isBlock(object)) {
      return;
    }
    const { machine } = this;
    machine.work(this.step.xfree);
    const payload = this.objectUnpad(object);
    const size = machine.load(payload - HEADER_BYTES + SIZE);
    if (size >= REGION_PAYLOAD) {
      machine.work(this.step.wholePages);
      this.pages.give(payload - HEADER_BYTES, orderOfBytes(size));
    } else {
      this.pool.free(payload);
    }
  }

  blockAt(object: Placement): Block | undefined {
    const { machine } = this;
    if (!machine.ledger.holds(object - HEADER_BYTES, HEADER_BYTES)) {
      return undefined;
    }
    const padding = machine.peek(object - HEADER_BYTES + SIZE);
    const start =
      (padding & PADDED) !== 0 ? object - (padding - PADDED) - HEADER_BYTES : object - HEADER_BYTES;
    if (!machine.ledger.holds(start, HEADER_BYTES)) {
      return undefined;
    }
    const size = machine.peek(start + SIZE);
    if ((size & FREE) !== 0) {
      return undefined;
    }
    const bytes = size >= REGION_PAYLOAD ? size : HEADER_BYTES + (size & ~FLAGS);
    return { start, bytes, headerBytes: object - start };
  }

  walk(visit: BlockVisitor): void {
    const { machine } = this;
    const poolObject = this.pool.object;
    machine.ledger.runs((run) => {
      for (let page = run.address; page < run.address + run.bytes;) {
        if (page === poolObject) {
          visit(page, 2 * PAGE_BYTES, 'metadata');
          page += 2 * PAGE_BYTES;
        } else if (machine.peek(page + SIZE) >= PAGE_BYTES) {
          const bytes = this.wholePagesBytes(page);
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
    checkPool(this.machine, this.pool, (visit) => this.walk(visit));
    this.pages.check();
  }

  /** The first xmalloc makes the pool, two pages, and at once its first region. */
  private poolCreate(): boolean {
    if (!this.pool.create()) {
      return false;
    }
    if (!this.pool.regionTakeFirst()) {
      this.pool.discard();
      return false;
    }
    return true;
  }

  /** Moves an object up to its alignment and notes the distance in the word before it. */
  private objectPad(object: number, alignBytes: number): number {
    const padding = (alignBytes - (object % alignBytes)) % alignBytes;
    if (padding === 0) {
      return object;
    }
    this.machine.store(object + padding - HEADER_BYTES + SIZE, padding | PADDED);
    this.machine.work(this.step.pad);
    return object + padding;
  }

  private objectUnpad(object: number): number {
    const { machine } = this;
    const padding = machine.load(object - HEADER_BYTES + SIZE);
    if ((padding & PADDED) === 0) {
      return object;
    }
    machine.work(this.step.unpad);
    return object - (padding - PADDED);
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

  /** The size word of whole pages, verified to be one that a walk can step over. */
  private wholePagesBytes(page: number): number {
    const bytes = this.machine.peek(page + SIZE);
    if (bytes % PAGE_BYTES !== 0 || !this.machine.ledger.holds(page, bytes)) {
      throw new HeapCorruption(page, `whole pages of ${bytes} bytes`);
    }
    return bytes;
  }
}

function roundedRequest(bytes: number): number {
  return Math.max(Math.ceil(bytes / GRANULE_BYTES) * GRANULE_BYTES, GRANULE_BYTES);
}

export const xmallocTlsf2008: EngineDefinition = {
  name: 'xmalloc-tlsf-2008',
  version: 1,
  summary: "Xen's xmalloc on TLSF as first adopted, constant-time whatever is live",
  lineage: 'Xen, xen/common/xmalloc_tlsf.c at commit 9736b76d82 (October 2008), x86_64, release build',
  constants: {
    headerBytes: HEADER_BYTES,
    granuleBytes: GRANULE_BYTES,
    blockBytesMin: HEADER_BYTES + GRANULE_BYTES,
    requestBytesMax: undefined,
  },
  options: {},
  capabilities: [],
  bounds: [],
  quirks: [
    {
      name: 'null-near-page',
      summary:
        'Requests of 4033 to 4063 bytes return NULL although memory is free: they round to a class above a region.',
      source: 'commit ba0d6cfc6b (October 2009), which added the fall back to whole pages',
    },
  ],
  placementsForm: 'xen',
  create: (machine) => new XmallocTlsf2008(machine),
};
