import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { Block, BlockVisitor, Engine, EngineDefinition, OptionValues } from '../../harness/replay/port';
import { blockPlacement, BUG, isBlock, NULL, ZERO, type Placement } from '../../traces/trace';
import { ObjectPadding } from './object-padding';
import { PAGE_OPTIONS, PageAccount } from './page-account';
import { orderOfBytes } from './page-order';
import { FLAGS, GRANULE_BYTES, HEADER_BYTES, POOL_BYTES, SIZE } from './tlsf-layout';
import { TLSF_BOUNDS } from './tlsf-bounds';
import { TlsfPool } from './tlsf-pool';
import { REALIGNING_LOSES_CONTENTS, STOPS_WITHOUT_POOL } from './tlsf-quirks';
import { checkPool, usedPayloadAt, walkRegion } from './tlsf-walk';
import { isZeroingCall } from './zeroing-calls';

/**
 * Xen's `xmalloc` / `xrealloc` / `xfree` of today (commit c447b7308b, August 2026), x86_64, release build.
 *
 * Below a page the TLSF pool serves; what it refuses, and everything larger, takes whole pages without a header, of
 * which the unused tail goes back at once and whose number is kept in the record of the first page. Size 0 returns a
 * constant. An object at the start of a page can only be whole pages.
 */

/** Used bytes and region count lie behind lock, largest and growth size. */
const LAYOUT = { structBytes: 6320, usedBytesOffset: 6272, regionCountOffset: 6280 } as const;

/** Instructions of the compiled reference (gcc 12 -O2), solved from the callgrind totals per operation. */
const STEPS = {
  xmalloc: { instructions: 35 },
  xfree: { instructions: 20 },
  xrealloc: { instructions: 30 },
  wholePages: { instructions: 13 },
  givePiece: { instructions: 13 },
} as const;

export class XmallocTlsf implements Engine {
  readonly pool: TlsfPool;
  private readonly pages: PageAccount;
  private readonly padding: ObjectPadding;
  private readonly step;
  /** Whether the next verb is a zeroing form. */
  private zeroing = false;

  constructor(
    private readonly machine: Machine,
    options: OptionValues,
  ) {
    this.pages = PageAccount.open(machine, options);
    this.pool = new TlsfPool(machine, this.pages, LAYOUT);
    this.padding = new ObjectPadding(machine);
    this.step = machine.defineSteps('xmalloc-tlsf', STEPS);
  }

  start(): void {
    // The pool is made by the first xmalloc.
  }

  allocate(sizeBytes: number, align: number): Placement {
    const placement = this.xmalloc(sizeBytes, align);
    if (this.zeroing && isBlock(placement)) {
      this.machine.clear(placement, sizeBytes);
    }
    return placement;
  }

  free(object: Placement): void {
    if (!isBlock(object)) {
      return;
    }
    const { machine } = this;
    machine.work(this.step.xfree);
    if (object % PAGE_BYTES === 0) {
      this.wholePagesGive(object);
    } else {
      this.pool.free(this.padding.strip(object));
    }
  }

  /** Never shrinks a block; where only the alignment changes the contents are not moved along. */
  reallocate(object: Placement, sizeBytes: number, align: number): Placement {
    const { machine } = this;
    machine.work(this.step.xrealloc);
    if (sizeBytes === 0) {
      this.free(object);
      return ZERO;
    }
    if (!isBlock(object)) {
      return this.xmalloc(sizeBytes, align);
    }
    const alignBytes = Math.max(align, GRANULE_BYTES);
    let current: number;
    if (object % PAGE_BYTES === 0) {
      current = machine.load(this.pages.allocator.ownerWordAt(object)) * PAGE_BYTES;
      if (sizeBytes <= current && (object - HEAP_BASE) % alignBytes === 0) {
        return object;
      }
    } else {
      const payload = this.padding.strip(object);
      current = machine.load(payload - HEADER_BYTES + SIZE) & ~FLAGS;
      if (poolBytes(sizeBytes + alignBytes - GRANULE_BYTES) <= current) {
        return blockPlacement(this.padding.add(payload, alignBytes));
      }
    }
    const moved = this.xmalloc(sizeBytes, align);
    if (isBlock(moved)) {
      machine.copy(moved, object, Math.min(current, sizeBytes));
      this.free(object);
    }
    return moved;
  }

  callSite(_site: string, call: string): void {
    this.zeroing = isZeroingCall(call);
  }

  blockAt(object: Placement, sizeBytes: number): Block | undefined {
    const { machine } = this;
    if (!this.pages.holds(object, 1)) {
      return undefined;
    }
    if (object % PAGE_BYTES === 0) {
      const pages = machine.peek(this.pages.allocator.ownerWordAt(object));
      return pages === 0 ? undefined : { start: object, bytes: pages * PAGE_BYTES, headerBytes: 0 };
    }
    const start = this.padding.strip(object, machine.uncharged) - HEADER_BYTES;
    const payload = this.pages.holds(start, HEADER_BYTES) ? usedPayloadAt(machine, start) : 0;
    const end = start + HEADER_BYTES + payload;
    return payload > 0 && object + sizeBytes <= end
      ? { start, bytes: end - start, headerBytes: object - start }
      : undefined;
  }

  walk(visit: BlockVisitor): void {
    const poolObject = this.pool.object;
    this.pages.runs((first, end) => {
      for (let page = first; page < end;) {
        const wholePages = this.wholePagesAt(page);
        if (page === poolObject) {
          visit(page, POOL_BYTES, 'metadata');
          page += POOL_BYTES;
        } else if (wholePages > 0) {
          visit(page, wholePages * PAGE_BYTES, 'allocated');
          page += wholePages * PAGE_BYTES;
        } else {
          walkRegion(this.machine, page, visit);
          page += PAGE_BYTES;
        }
      }
    });
  }

  check(): void {
    checkPool(this.machine, this.pool, this.pages, (visit) => this.walk(visit));
    this.pages.allocator.check();
  }

  private xmalloc(sizeBytes: number, align: number): Placement {
    this.machine.work(this.step.xmalloc);
    if (sizeBytes === 0) {
      return ZERO;
    }
    const alignBytes = Math.max(align, GRANULE_BYTES);
    const wanted = sizeBytes + alignBytes - GRANULE_BYTES;
    if (!this.pool.exists() && !this.pool.create()) {
      return BUG;
    }
    if (wanted < PAGE_BYTES) {
      const payload = this.pool.allocate(wanted);
      if (payload !== 0) {
        return blockPlacement(this.padding.add(payload, alignBytes));
      }
    }
    return this.wholePagesTake(sizeBytes, alignBytes);
  }

  /** Takes a power of two of pages and gives the tail that is not needed back, in ascending pieces. */
  private wholePagesTake(sizeBytes: number, alignBytes: number): Placement {
    const { machine, pages, step } = this;
    machine.work(step.wholePages);
    const order = orderOfBytes(Math.max(alignBytes, sizeBytes));
    const base = pages.take(order);
    if (base === 0) {
      return NULL;
    }
    const kept = Math.ceil(sizeBytes / PAGE_BYTES);
    let tail = kept;
    for (let piece = 0; piece < order; piece++) {
      if ((tail & (1 << piece)) !== 0) {
        pages.give(base + tail * PAGE_BYTES, piece);
        machine.work(step.givePiece);
        tail += 1 << piece;
      }
    }
    machine.store(pages.allocator.ownerWordAt(base), kept);
    return blockPlacement(base);
  }

  /** Gives whole pages back in naturally aligned pieces, the smallest and highest first. */
  private wholePagesGive(base: number): void {
    const { machine, pages, step } = this;
    const ownerWord = pages.allocator.ownerWordAt(base);
    let left = machine.load(ownerWord);
    if (left === 0 || left > machine.heapPages) {
      throw new HeapCorruption(base, 'xfree of pages that xmalloc did not hand out');
    }
    machine.store(ownerWord, 0);
    for (let piece = 0; left > 0; piece++) {
      if ((left & (1 << piece)) !== 0) {
        left -= 1 << piece;
        pages.give(base + left * PAGE_BYTES, piece);
        machine.work(step.givePiece);
      }
    }
  }

  /** Pages of the object that starts at a page, verified to be a number to step over; 0 where none starts. */
  private wholePagesAt(page: number): number {
    const pages = this.machine.peek(this.pages.allocator.ownerWordAt(page));
    if (pages > 0 && !this.pages.holds(page, pages * PAGE_BYTES)) {
      throw new HeapCorruption(page, `whole pages, ${pages} of them`);
    }
    return pages;
  }
}

/** What xrealloc takes a request for: its size in the pool, or as it is where it can only be whole pages. */
function poolBytes(wanted: number): number {
  if (wanted >= PAGE_BYTES) {
    return wanted;
  }
  return Math.max(Math.ceil(wanted / GRANULE_BYTES), 1) * GRANULE_BYTES;
}

export const xmallocTlsf: EngineDefinition = {
  name: 'xmalloc-tlsf',
  version: 3,
  summary: "Xen's xmalloc of today: TLSF below a page, whole pages without waste above",
  lineage: 'Xen, xen/common/xmalloc_tlsf.c at commit c447b7308b (August 2026), x86_64, release build',
  constants: {
    headerBytes: HEADER_BYTES,
    granuleBytes: GRANULE_BYTES,
    blockBytesMin: HEADER_BYTES + GRANULE_BYTES,
    requestBytesMax: undefined,
  },
  options: PAGE_OPTIONS,
  capabilities: ['reallocate', 'callSite'],
  bounds: TLSF_BOUNDS,
  quirks: [REALIGNING_LOSES_CONTENTS, STOPS_WITHOUT_POOL],
  placementsForm: 'xen',
  isAllInMemory: true,
  create: (machine, options) => new XmallocTlsf(machine, options),
};
