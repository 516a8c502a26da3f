import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { Block, BlockVisitor, Engine, EngineDefinition, OptionValues } from '../../harness/replay/port';
import { BUG, isBlock, isVirtual, NULL, type Placement } from '../../traces/trace';
import { REALIGNING_LOSES_CONTENTS, STOPS_WITHOUT_POOL } from './tlsf-quirks';
import { Vmalloc, VMALLOC_BOUNDS, VMALLOC_OPTIONS } from './vmalloc';
import { isZeroingCall } from './zeroing-calls';

/**
 * Xen's `xvmalloc` family (2021; commit c447b7308b, August 2026), x86_64; not compcache's allocator of the same name.
 * Up to a page it is xmalloc, beyond that vmalloc; a free finds out by the address which of them.
 */

/** Instructions of the compiled reference (gcc 12 -O2), solved from the callgrind totals per operation. */
const STEPS = {
  xvmalloc: { instructions: 3 },
  xvrealloc: { instructions: 20 },
} as const;

class Xvmalloc implements Engine {
  readonly mappings: Vmalloc;
  private readonly step;
  /** Whether the next verb is a zeroing form. */
  private zeroing = false;

  constructor(
    private readonly machine: Machine,
    options: OptionValues,
  ) {
    this.mappings = new Vmalloc(machine, options);
    this.step = machine.defineSteps('xvmalloc', STEPS);
  }

  start(): void {
    this.mappings.start();
  }

  allocate(sizeBytes: number, align: number): Placement {
    if (this.isAsserted(align)) {
      return BUG;
    }
    this.machine.work(this.step.xvmalloc);
    if (sizeBytes > PAGE_BYTES) {
      return this.mappings.allocate(sizeBytes);
    }
    const placement = this.mappings.heap.allocate(sizeBytes, align);
    if (this.zeroing && isBlock(placement)) {
      this.machine.clear(placement, sizeBytes);
    }
    return placement;
  }

  free(object: Placement): void {
    if (!isBlock(object)) {
      return;
    }
    if (this.mappings.isMapping(object)) {
      this.mappings.free(object);
    } else {
      this.mappings.heap.free(object);
    }
  }

  reallocate(object: Placement, sizeBytes: number, align: number): Placement {
    if (this.isAsserted(align)) {
      return BUG;
    }
    this.machine.work(this.step.xvrealloc);
    const pages = isBlock(object) ? this.mappings.mappedPages(object) : 0;
    if (pages > 0) {
      return this.mappingResize(object, pages, sizeBytes, align);
    }
    return sizeBytes <= PAGE_BYTES
      ? this.mappings.heap.reallocate(object, sizeBytes, align)
      : this.objectOutgrow(object, sizeBytes);
  }

  /** The arrays that vmalloc takes from the heap are not zeroed, hence the heap is not told. */
  callSite(site: string, call: string): void {
    this.zeroing = isZeroingCall(call);
    this.mappings.callSite(site, call);
  }

  blockAt(object: Placement, sizeBytes: number): Block | undefined {
    return isVirtual(object) ? this.mappings.blockAt(object) : this.mappings.heap.blockAt(object, sizeBytes);
  }

  translate(address: number): number {
    return this.mappings.translate(address);
  }

  walk(visit: BlockVisitor): void {
    this.mappings.walk(visit);
  }

  check(): void {
    this.mappings.check();
  }

  /** Whether an assertion stops a request for that alignment; without it mappings still get no more than a page. */
  private isAsserted(align: number): boolean {
    return align > PAGE_BYTES && this.mappings.asserts;
  }

  /** A mapping keeps its pages only where their number stays; one that cannot shrink for lack of memory stays too. */
  private mappingResize(object: Placement, pages: number, sizeBytes: number, align: number): Placement {
    const wantedPages = Math.ceil(sizeBytes / PAGE_BYTES);
    if (pages === wantedPages) {
      return object;
    }
    const moved = this.allocate(sizeBytes, align);
    if (moved === NULL) {
      return pages > wantedPages ? object : NULL;
    }
    if (isBlock(moved)) {
      this.contentsCopy(moved, object, Math.min(sizeBytes, pages * PAGE_BYTES));
    }
    if (moved !== BUG) {
      this.mappings.free(object);
    }
    return moved;
  }

  /** A heap object that outgrows a page moves into a mapping: it is copied up to the end of its page. */
  private objectOutgrow(object: Placement, sizeBytes: number): Placement {
    const moved = this.mappings.allocate(sizeBytes);
    if (isBlock(moved) && isBlock(object)) {
      this.contentsCopy(moved, object, PAGE_BYTES - (object % PAGE_BYTES));
      this.mappings.heap.free(object);
    }
    return moved;
  }

  /** Copies a page at a time, since pages of the area lie apart in memory. */
  private contentsCopy(to: number, from: number, bytes: number): void {
    for (let done = 0; done < bytes; done += PAGE_BYTES) {
      const piece = Math.min(bytes - done, PAGE_BYTES);
      this.machine.copy(this.physical(to + done), this.physical(from + done), piece);
    }
  }

  private physical(address: number): number {
    return isVirtual(address as Placement) ? this.mappings.frameAt(address) : address;
  }
}

export const xvmalloc: EngineDefinition = {
  name: 'xvmalloc',
  version: 2,
  summary: "Xen's xvmalloc (not compcache's): xmalloc up to a page, vmalloc beyond",
  lineage: 'Xen, xen/common/vmap.c and xen/include/xen/xvmalloc.h at commit c447b7308b (August 2026), x86_64',
  constants: {
    headerBytes: 16,
    granuleBytes: 16,
    blockBytesMin: 32,
    alignBytesMax: PAGE_BYTES,
    requestBytesMax: undefined,
  },
  options: VMALLOC_OPTIONS,
  capabilities: ['reallocate', 'callSite'],
  bounds: [
    ...VMALLOC_BOUNDS,
    {
      verb: 'realloc',
      unit: 'accesses',
      most: undefined,
      statement: 'unbounded: an alloc and a free where the object moves',
      source: 'vmap.c, _xvrealloc',
    },
  ],
  quirks: [
    {
      name: 'stops-beyond-page-alignment',
      summary: 'A request for an alignment above a page is a failed assertion.',
      source: 'vmap.c, ASSERT(align <= PAGE_SIZE); a release build goes on (-o build=release)',
      demonstration: {
        options: { build: 'debug' },
        operations: ['alloc,1,64,8192'],
        shows: ({ placements }) => placements[0] === BUG,
      },
      breaks: { guarantee: 'served', by: ({ align }) => align > PAGE_BYTES },
    },
    REALIGNING_LOSES_CONTENTS,
    STOPS_WITHOUT_POOL,
  ],
  placementsForm: 'xen',
  create: (machine, options) => new Xvmalloc(machine, options),
};
