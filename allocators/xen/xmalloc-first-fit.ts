import { Fault, HeapCorruption } from '../../harness/machine/failures';
import type { Lock } from '../../harness/machine/lock';
import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES, PAGE_SHIFT } from '../../harness/machine/memory-layout';
import type { Block, BlockVisitor, Engine, EngineDefinition, OptionValues } from '../../harness/replay/port';
import { blockPlacement, BUG, isBlock, NULL, type Placement } from '../../traces/trace';
import { PAGE_OPTIONS, PageAccount } from './page-account';
import { orderOfBytes } from './page-order';

/**
 * Xen's first-fit `xmalloc` / `xfree` (2005 until commit 9736b76d82 of October 2008), x86_64, release build.
 *
 * One circular free list, newest first and not in address order. Allocation takes the first block that is large
 * enough; a free walks the whole list to find neighbours on its own page and never leaves early, so every sub-page
 * free costs the length of the list: the xfree latency problem. Sizes of about half a page leave one fragment each
 * that nothing can reuse. What does not fit a page with its header goes to the page allocator.
 */

/** Xen/x86 takes the cache line for 2^7 bytes; the three header words are padded to it. */
const HEADER_BYTES = 128;
const GRANULE_BYTES = 128;
/**
 * The size word of whole pages is computed as an `int`: from 2 GiB on its top bit is the sign, which fills the upper
 * half of the word, and the free of such an object goes astray. So this is the largest request that works.
 */
const REQUEST_BYTES_MAX = 0x4000_0000 - HEADER_BYTES;
/** A leftover smaller than two headers stays inside the block. */
const SPLIT_BYTES_MIN = 2 * HEADER_BYTES;

/** Header words: total size with header, free-list links (both 0 while the block is in use). */
const SIZE = 0;
const NEXT = 8;
const PREVIOUS = 16;

/** Of a size computed as an `int`. */
const SIGN_BIT = 0x8000_0000;

/** The list's head is laid out like a header without a size, so that its links lie at the same offsets. */
const HEAD_BYTES = 24;

const POISON_NEXT = 0x0010_0100;
const POISON_PREVIOUS = 0x0020_0200;

/**
 * Instructions of the compiled reference (gcc 12 -O2): 8 a node of the allocation walk and 11 a node of the free walk
 * were measured; the rest is solved from the callgrind totals per operation.
 */
const STEPS = {
  allocate: { instructions: 16 },
  searchNode: { instructions: 8, event: 'searchSteps' },
  unlink: { instructions: 7 },
  split: { instructions: 14, event: 'splits' },
  finish: { instructions: 6 },
  free: { instructions: 15 },
  scanNode: { instructions: 11, event: 'searchSteps' },
  merge: { instructions: 6, event: 'merges' },
  push: { instructions: 8 },
  wholePages: { instructions: 6 },
} as const;

class XmallocFirstFit implements Engine {
  private readonly pages: PageAccount;
  private readonly head: number;
  private readonly listLock: Lock;
  private readonly step;

  constructor(
    private readonly machine: Machine,
    options: OptionValues,
  ) {
    this.pages = PageAccount.open(machine, options);
    this.head = machine.reserve('free list', HEAD_BYTES);
    this.listLock = machine.defineLock('freelist', machine.reserve('free list lock', 4));
    this.step = machine.defineSteps('xmalloc-first-fit', STEPS);
  }

  start(): void {
    this.machine.store(this.head + NEXT, this.head);
    this.machine.store(this.head + PREVIOUS, this.head);
  }

  allocate(sizeBytes: number, align: number): Placement {
    if (align > GRANULE_BYTES) {
      return BUG;
    }
    const { machine } = this;
    const wanted = Math.ceil((sizeBytes + HEADER_BYTES) / GRANULE_BYTES) * GRANULE_BYTES;
    machine.work(this.step.allocate);
    if (wanted >= PAGE_BYTES) {
      return this.wholePagesTake(wanted);
    }
    machine.lock(this.listLock);
    const found = this.blockFind(wanted);
    if (found !== this.head) {
      this.blockUnlink(found);
      this.blockSplit(found, wanted, machine.load(found + SIZE));
      machine.unlock(this.listLock);
      return blockPlacement(found + HEADER_BYTES);
    }
    machine.unlock(this.listLock);
    const page = this.pages.take(0);
    if (page === 0) {
      return NULL;
    }
    machine.lock(this.listLock);
    this.blockSplit(page, wanted, PAGE_BYTES);
    machine.unlock(this.listLock);
    return blockPlacement(page + HEADER_BYTES);
  }

  free(object: Placement): void {
    if (!isBlock(object)) {
      return;
    }
    const { machine } = this;
    const block = object - HEADER_BYTES;
    machine.work(this.step.free);
    if (machine.load(block + NEXT) !== 0 || machine.load(block + PREVIOUS) !== 0) {
      throw new HeapCorruption(block, 'xfree of a block that is on the free list');
    }
    const size = machine.load(block + SIZE);
    if (size >= SIGN_BIT) {
      // An enormous order: the page allocator runs over the records of all pages and beyond the last one's.
      throw new Fault(
        HEAP_BASE + machine.layout.heapBytes,
        'xfree gives back pages behind the heap: the sign of a size of 2 GiB fills the size word',
      );
    }
    if (size >= PAGE_BYTES) {
      machine.work(this.step.wholePages);
      this.pages.give(block, orderOfBytes(size));
      return;
    }
    machine.lock(this.listLock);
    const merged = this.blockMergeNeighbours(block);
    if (machine.load(merged + SIZE) === PAGE_BYTES) {
      this.pages.give(merged, 0);
    } else {
      this.blockPush(merged);
    }
    machine.unlock(this.listLock);
  }

  /** A header where one can lie, of an allocated block that holds that much: what lies there may be another's. */
  blockAt(object: Placement, sizeBytes: number): Block | undefined {
    const { machine } = this;
    const start = object - HEADER_BYTES;
    if (!this.pages.holds(start, HEADER_BYTES)) {
      return undefined;
    }
    const bytes = machine.peek(start + SIZE);
    const isUsed = machine.peek(start + NEXT) === 0 && machine.peek(start + PREVIOUS) === 0;
    const isThere = isUsed && this.canLieAt(start, bytes) && bytes - HEADER_BYTES >= sizeBytes;
    return isThere ? { start, bytes, headerBytes: HEADER_BYTES } : undefined;
  }

  walk(visit: BlockVisitor): void {
    const { machine } = this;
    this.pages.runs((first, end) => {
      for (let block = first; block < end;) {
        const bytes = this.heldBytes(block);
        visit(block, bytes, machine.peek(block + NEXT) === 0 ? 'allocated' : 'free');
        block += bytes;
      }
    });
  }

  /** Every free block of the walk stands on the list once, linked both ways. */
  check(): void {
    const { machine, head } = this;
    const free = new Set<number>();
    this.walk((block, _bytes, state) => {
      if ((machine.peek(block + NEXT) === 0) !== (machine.peek(block + PREVIOUS) === 0)) {
        throw new HeapCorruption(block, 'a block with one link');
      }
      if (state === 'free') {
        free.add(block);
      }
    });
    let before = head;
    for (let block = machine.peek(head + NEXT); block !== head; block = machine.peek(block + NEXT)) {
      if (!free.delete(block)) {
        throw new HeapCorruption(block, 'the free list leads to what is no free block, or back');
      }
      if (machine.peek(block + PREVIOUS) !== before) {
        throw new HeapCorruption(block, 'the free list is not linked both ways');
      }
      before = block;
    }
    if (machine.peek(head + PREVIOUS) !== before || free.size > 0) {
      throw new HeapCorruption(before, 'the free list ends too early');
    }
    this.pages.allocator.check();
  }

  /** The first block on the list that holds `wanted` bytes, or the head where none does. */
  private blockFind(wanted: number): number {
    const { machine, head } = this;
    let nodes = 0;
    let block = machine.load(head + NEXT);
    while (block !== head) {
      nodes++;
      if (machine.chase(block + SIZE) >= wanted) {
        break;
      }
      block = machine.load(block + NEXT);
    }
    machine.prefetch(nodes);
    machine.work(this.step.searchNode, nodes);
    return block;
  }

  /** Cuts `wanted` bytes off the front of a block; a leftover worth having goes to the head of the list. */
  private blockSplit(block: number, wanted: number, bytes: number): void {
    const { machine } = this;
    const left = bytes - wanted;
    if (left >= SPLIT_BYTES_MIN) {
      const rest = block + wanted;
      machine.store(rest + SIZE, left);
      this.blockPush(rest);
      machine.work(this.step.split);
    }
    machine.store(block + SIZE, left >= SPLIT_BYTES_MIN ? wanted : bytes);
    machine.store(block + NEXT, 0);
    machine.store(block + PREVIOUS, 0);
    machine.work(this.step.finish);
  }

  /** Walks the list to its very end and joins `block` with what lies before and behind it on its page. */
  private blockMergeNeighbours(block: number): number {
    const { machine, head } = this;
    let nodes = 0;
    let node = machine.load(head + NEXT);
    while (node !== head) {
      const next = machine.chase(node + NEXT);
      nodes++;
      if (node >>> PAGE_SHIFT === block >>> PAGE_SHIFT) {
        machine.work(this.step.scanNode, nodes);
        nodes = 0;
        block = this.blockMerge(block, node);
      }
      node = next;
    }
    machine.work(this.step.scanNode, nodes);
    return block;
  }

  /** Joins two blocks of one page where they touch; returns the block that remains. */
  private blockMerge(block: number, node: number): number {
    const { machine } = this;
    const nodeBytes = machine.load(node + SIZE);
    if (node + nodeBytes === block) {
      this.blockUnlink(node);
      machine.store(node + SIZE, machine.load(node + SIZE) + machine.load(block + SIZE));
      machine.work(this.step.merge);
      return node;
    }
    if (block + machine.load(block + SIZE) === node) {
      this.blockUnlink(node);
      machine.store(block + SIZE, machine.load(block + SIZE) + nodeBytes);
      machine.work(this.step.merge);
    }
    return block;
  }

  private blockUnlink(block: number): void {
    const { machine } = this;
    const next = machine.load(block + NEXT);
    const previous = machine.load(block + PREVIOUS);
    machine.store(next + PREVIOUS, previous);
    machine.store(previous + NEXT, next);
    machine.store(block + NEXT, POISON_NEXT);
    machine.store(block + PREVIOUS, POISON_PREVIOUS);
    machine.work(this.step.unlink);
  }

  private blockPush(block: number): void {
    const { machine, head } = this;
    const first = machine.load(head + NEXT);
    machine.store(first + PREVIOUS, block);
    machine.store(block + NEXT, first);
    machine.store(block + PREVIOUS, head);
    machine.store(head + NEXT, block);
    machine.work(this.step.push);
  }

  /** A page or more, header included: served by the page allocator, the free list is not looked at. */
  private wholePagesTake(wanted: number): Placement {
    const { machine } = this;
    const order = orderOfBytes(wanted);
    machine.work(this.step.wholePages);
    const block = this.pages.take(order);
    if (block === 0) {
      return NULL;
    }
    const size = PAGE_BYTES << order;
    machine.storeHalves(block + SIZE, size, size < 0 ? -1 : 0);
    machine.store(block + NEXT, 0);
    machine.store(block + PREVIOUS, 0);
    return blockPlacement(block + HEADER_BYTES);
  }

  /** The size word of a block, verified to be one that a walk can step over: part of a page, or whole ones. */
  private heldBytes(block: number): number {
    const bytes = this.machine.peek(block + SIZE);
    if (!this.canLieAt(block, bytes) || !this.pages.holds(block, bytes)) {
      throw new HeapCorruption(block, `a block of ${bytes} bytes`);
    }
    return bytes;
  }

  private canLieAt(block: number, bytes: number): boolean {
    const offset = block % PAGE_BYTES;
    const isWhole = offset === 0 && bytes % PAGE_BYTES === 0;
    const isPart = offset + bytes <= PAGE_BYTES && bytes % GRANULE_BYTES === 0;
    return bytes > 0 && (isWhole || isPart);
  }
}

export const xmallocFirstFit: EngineDefinition = {
  name: 'xmalloc-first-fit',
  version: 3,
  summary: "Xen's first-fit xmalloc until 2008, whose xfree walks the whole free list",
  lineage: 'Xen, xen/common/xmalloc.c before commit 9736b76d82 (October 2008), x86_64, release build',
  constants: {
    headerBytes: HEADER_BYTES,
    granuleBytes: GRANULE_BYTES,
    blockBytesMin: HEADER_BYTES,
    requestBytesMax: REQUEST_BYTES_MAX,
  },
  options: PAGE_OPTIONS,
  capabilities: [],
  bounds: [
    {
      verb: 'alloc',
      unit: 'accesses',
      most: undefined,
      statement: 'unbounded: a request that nothing satisfies visits every free block',
      source: 'xmalloc.c, list_for_each_entry over the free list',
    },
    {
      verb: 'free',
      unit: 'accesses',
      most: undefined,
      statement: 'unbounded: every sub-page free visits every free block',
      source: 'xmalloc.c, list_for_each_entry_safe without an early exit',
    },
  ],
  quirks: [
    {
      name: 'page-takes-two',
      summary: 'A request of slightly less than a page takes two contiguous pages, because of the header.',
      source: 'RFC "Replacing Xen\'s xmalloc engine and(?) API", xen-devel, October 2008',
      demonstration: {
        operations: ['alloc,1,4000,0'],
        shows: ({ heldBytes }) => heldBytes[0] === 2 * PAGE_BYTES,
      },
    },
    {
      name: 'stops-beyond-cache-line',
      summary: 'A request for an alignment above 128 bytes is a fatal bug check, in release builds too.',
      source: 'xmalloc.c, BUG_ON(align > SMP_CACHE_BYTES)',
      demonstration: { operations: ['alloc,1,64,256'], shows: ({ placements }) => placements[0] === BUG },
      breaks: { guarantee: 'served', by: ({ align }) => align > GRANULE_BYTES },
    },
  ],
  placementsForm: 'xen',
  isAllInMemory: true,
  create: (machine, options) => new XmallocFirstFit(machine, options),
};
