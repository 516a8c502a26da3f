import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type {
  Block,
  BlockVisitor,
  Engine,
  EngineDefinition,
  OptionValues,
  WorstCaseBound,
} from '../../harness/replay/port';
import { UsageError } from '../../traces/input-error';
import {
  blockPlacement,
  BUG,
  isBlock,
  isVirtual,
  NULL,
  VIRTUAL_BASE,
  type Placement,
} from '../../traces/trace';
import { PAGE_OPTIONS, PageAccount } from './page-account';
import { PageTables } from './page-tables';
import { STOPS_WITHOUT_POOL } from './tlsf-quirks';
import { VIRTUAL_PAGES_MIN, VirtualArea } from './virtual-area';
import { XmallocTlsf } from './xmalloc-tlsf';
import { isZeroingCall } from './zeroing-calls';

/**
 * Xen's `vmalloc` / `vzalloc` / `vfree` (commit c447b7308b, August 2026), x86_64. Costs are those of a release build;
 * `build` says what happens where the code asserts something.
 *
 * Memory that is contiguous in a virtual area alone: an array of page numbers comes from xmalloc, the pages one by
 * one from the domheap side of the page allocator, the addresses from the area's bitmap; then each page is mapped.
 * A free finds the pages again by walking the page tables, unmaps with a TLB flush a page, and gives the pages back
 * in reverse, because they are collected on a stack.
 */

const NUMBER_BYTES = 8;

/** Options that vmalloc adds to those of the page allocator below. */
export const VMALLOC_OPTIONS = {
  ...PAGE_OPTIONS,
  'page-tables': {
    kind: 'choice',
    summary: 'who pays for the leaf page tables: nobody, as in the reference, or the heap, as in Xen',
    choices: ['free', 'charged'],
    byDefault: 'free',
  },
  build: {
    kind: 'choice',
    summary:
      'what becomes of an assertion: debug stops there, release has none; they differ in nothing else here',
    choices: ['debug', 'release'],
    byDefault: 'debug',
  },
} as const;

/** Instructions of the compiled reference (gcc 12 -O2), solved from the callgrind totals per operation. */
const STEPS = {
  vmalloc: { instructions: 62 },
  takePage: { instructions: 12 },
  mapPage: { instructions: 16 },
  vfree: { instructions: 102 },
  collectPage: { instructions: 19 },
  givePage: { instructions: 14 },
} as const;

export class Vmalloc implements Engine {
  /** The xmalloc that the page-number arrays come from. */
  readonly heap: XmallocTlsf;
  private readonly pages: PageAccount;
  private readonly tables: PageTables;
  private readonly area: VirtualArea;
  /** Whether the code's assertions are compiled in. */
  readonly asserts: boolean;
  private readonly step;
  /** Whether the next verb is a zeroing form. */
  private zeroing = false;

  constructor(
    private readonly machine: Machine,
    options: OptionValues,
  ) {
    if (machine.virtualPages < VIRTUAL_PAGES_MIN) {
      throw new UsageError({
        problem: `a virtual area of ${machine.virtualPages} pages`,
        expected: `at least ${VIRTUAL_PAGES_MIN} pages for vmalloc (--virtual-pages)`,
      });
    }
    this.asserts = options['build'] === 'debug';
    this.pages = PageAccount.open(machine, options);
    this.tables = new PageTables(machine, options['page-tables'] === 'charged' ? this.pages : undefined);
    this.area = new VirtualArea(machine, this.tables, this.pages);
    this.heap = new XmallocTlsf(machine, options);
    this.step = machine.defineSteps('vmalloc', STEPS);
  }

  start(): void {
    this.tables.start();
    this.area.start();
    this.heap.start();
  }

  /** Without assertions a request of nothing gets the address behind a guard page, where nothing is mapped. */
  allocate(sizeBytes: number): Placement {
    if (sizeBytes === 0 && this.asserts) {
      return BUG;
    }
    const { machine, step } = this;
    const count = Math.ceil(sizeBytes / PAGE_BYTES);
    machine.work(step.vmalloc);
    const numbers = this.heap.allocate(count * NUMBER_BYTES, NUMBER_BYTES);
    if (count > 0 && !isBlock(numbers)) {
      return numbers;
    }
    const first = this.pagesTake(numbers, count) ? this.pagesMap(numbers, count) : 0;
    this.heap.free(numbers);
    return first === 0 ? NULL : blockPlacement(VIRTUAL_BASE + first * PAGE_BYTES);
  }

  free(object: Placement): void {
    if (!isBlock(object)) {
      return;
    }
    const { machine, step } = this;
    const first = pageOf(object);
    machine.work(step.vfree);
    const count = this.area.mappedPages(first);
    if (count === 0 && this.asserts) {
      throw new HeapCorruption(object, 'vfree of an address where no mapping starts');
    }
    const collected = this.pagesCollect(first, count);
    this.tables.unmap(first, this.area.mappedPages(first));
    this.area.release(first);
    this.pagesGiveCollected(collected);
  }

  callSite(_site: string, call: string): void {
    this.zeroing = isZeroingCall(call);
  }

  /** Whether a mapping starts at that address. */
  isMapping(address: number): boolean {
    return this.area.startsMapping(pageOf(address));
  }

  /** Pages of the mapping that starts at that address, as the engine finds them out. */
  mappedPages(address: number): number {
    return this.area.mappedPages(pageOf(address));
  }

  /** The page of physical memory behind an address of the area, translated by the processor. */
  frameAt(address: number): number {
    return this.tables.frameOf(pageOf(address));
  }

  blockAt(object: Placement): Block | undefined {
    if (!isVirtual(object) || object % PAGE_BYTES !== 0) {
      return undefined;
    }
    const pages = this.area.shownPages(pageOf(object));
    return pages === 0 ? undefined : { start: object, bytes: pages * PAGE_BYTES, headerBytes: 0 };
  }

  translate(address: number): number {
    return this.frameAt(address) + (address % PAGE_BYTES);
  }

  /** The pages of a mapping lie scattered over the heap: each is a block. */
  walk(visit: BlockVisitor): void {
    const own = this.ownPages();
    this.pages.runs((first, end) => {
      for (let page = first; page < end; page += PAGE_BYTES) {
        visit(page, PAGE_BYTES, own.has(page) ? 'metadata' : 'allocated');
      }
    });
    this.heap.walk(visit);
  }

  check(): void {
    const seen = this.ownPages();
    this.area.visitMappings((start, pages) => {
      for (let page = start; page < start + pages; page++) {
        const frame = this.tables.frameOf(page);
        if (!this.pages.holds(frame, PAGE_BYTES) || seen.has(frame)) {
          throw new HeapCorruption(
            VIRTUAL_BASE + page * PAGE_BYTES,
            'a mapped page is not one that vmalloc took',
          );
        }
        seen.add(frame);
      }
    });
    if (seen.size !== this.pages.heldPages) {
      throw new HeapCorruption(VIRTUAL_BASE, 'vmalloc holds pages that it has not mapped');
    }
    this.heap.check();
  }

  get low(): number {
    return this.area.low;
  }

  get top(): number {
    return this.area.top;
  }

  get end(): number {
    return this.area.end;
  }

  /** Takes the pages one by one and notes their numbers; false, and all are given back, where one cannot be had. */
  private pagesTake(numbers: number, count: number): boolean {
    const { machine, step } = this;
    for (let index = 0; index < count; index++) {
      const page = this.pages.takeZeroed(0);
      if (page === 0) {
        this.pagesGiveNumbered(numbers, index);
        return false;
      }
      machine.store(numbers + index * NUMBER_BYTES, page);
      machine.work(step.takePage);
    }
    return true;
  }

  /** Finds addresses for the pages and maps them one call a page; the first, or 0 and all pages are given back. */
  private pagesMap(numbers: number, count: number): number {
    const { machine, step } = this;
    const first = this.area.reserve(count);
    if (first === 0) {
      this.pagesGiveNumbered(numbers, count);
      return 0;
    }
    for (let index = 0; index < count; index++) {
      if (!this.tables.map(first + index, machine.load(numbers + index * NUMBER_BYTES))) {
        this.tables.unmap(first, index);
        this.area.release(first);
        this.pagesGiveNumbered(numbers, count);
        return 0;
      }
      machine.work(step.mapPage);
    }
    for (let index = 0; index < count && this.zeroing; index++) {
      machine.clear(this.tables.frameOf(first + index), PAGE_BYTES);
    }
    return first;
  }

  /** Clean-up: the pages of the array go back, the last one first. */
  private pagesGiveNumbered(numbers: number, count: number): void {
    for (let index = count - 1; index >= 0; index--) {
      this.pages.giveZeroed(this.machine.load(numbers + index * NUMBER_BYTES), 0);
    }
  }

  /** Finds the pages of a mapping and pushes each on a stack linked through the page records; its top. */
  private pagesCollect(first: number, count: number): number {
    const { machine, pages, step } = this;
    let top = 0;
    for (let page = first; page < first + count; page++) {
      const frame = this.tables.translate(page);
      machine.store(pages.allocator.linkWordAt(frame), top);
      top = frame;
      machine.work(step.collectPage);
    }
    return top;
  }

  private pagesGiveCollected(top: number): void {
    const { machine, pages, step } = this;
    while (top !== 0) {
      const next = machine.load(pages.allocator.linkWordAt(top));
      pages.giveZeroed(top, 0);
      machine.work(step.givePage);
      top = next;
    }
  }

  /** The heap pages that vmalloc keeps for itself: bitmap and, where the heap pays for them, leaf tables. */
  private ownPages(): Set<number> {
    const own = new Set<number>();
    this.area.visitBitmapPages((page) => own.add(page));
    this.tables.visitChargedTables((page) => own.add(page));
    return own;
  }
}

/** Number of the page that holds an address, in the area; negative or beyond it for addresses elsewhere. */
function pageOf(address: number): number {
  return Math.floor((address - VIRTUAL_BASE) / PAGE_BYTES);
}

export const VMALLOC_BOUNDS = [
  {
    verb: 'alloc',
    unit: 'accesses',
    most: undefined,
    statement: 'unbounded: the search for addresses passes every mapping between its hint and the hole',
    source: 'vmap.c, vm_alloc',
  },
  {
    verb: 'free',
    unit: 'accesses',
    most: undefined,
    statement: 'unbounded: each page of the mapping, and each free bit before it where the hint moves back',
    source: 'vmap.c, vfree and vm_free',
  },
] as const satisfies readonly WorstCaseBound[];

export const vmalloc: EngineDefinition = {
  name: 'vmalloc',
  version: 2,
  summary: "Xen's vmalloc: whole pages, contiguous in a virtual area alone",
  lineage: 'Xen, xen/common/vmap.c at commit c447b7308b (August 2026), x86_64',
  constants: {
    headerBytes: 0,
    granuleBytes: PAGE_BYTES,
    blockBytesMin: PAGE_BYTES,
    alignBytesMax: PAGE_BYTES,
    requestBytesMax: undefined,
  },
  options: VMALLOC_OPTIONS,
  capabilities: ['callSite'],
  bounds: VMALLOC_BOUNDS,
  quirks: [
    {
      name: 'stops-at-nothing',
      summary: 'A request of 0 bytes is a failed assertion.',
      source: 'vmap.c, ASSERT(size) in vmalloc',
      demonstration: {
        options: { build: 'debug' },
        operations: ['alloc,1,0,0'],
        shows: ({ placements }) => placements[0] === BUG,
      },
      breaks: { guarantee: 'served', by: ({ sizeBytes }) => sizeBytes === 0 },
    },
    {
      name: 'maps-nothing',
      summary:
        'In a release build a request of 0 bytes is granted an address where nothing is mapped, which vfree ignores and the next mapping may begin at.',
      source: 'vmap.c with ASSERT compiled out, run',
      demonstration: {
        options: { build: 'release' },
        operations: ['alloc,1,0,0', 'alloc,2,4096,0', 'free,1,0,0', 'free,2,0,0'],
        shows: ({ placements, heldBytes }) => isBlock(placements[0]!) && heldBytes[0] === 0,
      },
    },
    STOPS_WITHOUT_POOL,
  ],
  placementsForm: 'xen-virtual',
  create: (machine, options) => new Vmalloc(machine, options),
};
