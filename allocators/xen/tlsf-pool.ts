import type { UnplacedLock } from '../../harness/machine/lock';
import type { Machine } from '../../harness/machine/machine';
import type { PageAccount } from './page-account';
import { servedPayload } from './tlsf-classes';
import {
  FLAGS,
  FREE,
  GRANULE_BYTES,
  HEADER_BYTES,
  LIST_NEXT,
  LIST_PREVIOUS,
  POOL_LOCK,
  POOL_ORDER,
  PREVIOUS_BLOCK,
  PREVIOUS_FREE,
  REGION_PAYLOAD,
  SENTINEL_OFFSET,
  SIZE,
  SPLIT_BYTES_MIN,
  type PoolLayout,
} from './tlsf-layout';
import { TlsfLists } from './tlsf-lists';

/**
 * The pool under Xen's TLSF xmalloc: constant-time lists by size class, boundary tags, one page a region.
 *
 * Lists are LIFO; the lowest class that has a block serves a request, and what is left of the block becomes a free
 * one. A freed block is joined at once to free neighbours on its page; when a region's last block is freed its page
 * goes back, while the pool lock is held and without hysteresis. The pool's own object lies in two pages that it
 * takes from the page allocator when it is first used and never returns.
 */

/** Instructions of the compiled reference (gcc 12 -O2), solved from the callgrind totals per operation. */
const STEPS = {
  createPool: { instructions: 60 },
  allocate: { instructions: 24 },
  split: { instructions: 29, event: 'splits' },
  useWhole: { instructions: 8 },
  growRegion: { instructions: 43 },
  free: { instructions: 49 },
  mergeNext: { instructions: 8, event: 'merges' },
  mergePrevious: { instructions: 10, event: 'merges' },
  giveRegion: { instructions: 15 },
} as const;

export class TlsfPool {
  /** The global variable that points to the pool object, 0 before the first use. */
  private readonly pointer: number;
  private readonly lists: TlsfLists;
  /** Its word lies in the pool object. */
  private readonly lock: UnplacedLock;
  private readonly step;

  constructor(
    private readonly machine: Machine,
    private readonly pages: PageAccount,
    private readonly layout: PoolLayout,
  ) {
    this.pointer = machine.reserve('xmalloc pool pointer', 8);
    this.lists = new TlsfLists(machine);
    this.lock = machine.defineUnplacedLock('xmalloc pool');
    this.step = machine.defineSteps('tlsf-pool', STEPS);
  }

  /** Address of the pool object, or 0 before it is created; for observers. */
  get object(): number {
    return this.machine.peek(this.pointer);
  }

  get structBytes(): number {
    return this.layout.structBytes;
  }

  /** Bytes of used blocks and sentinels, headers included; for observers. */
  get usedBytes(): number {
    return this.object === 0 ? 0 : this.machine.peek(this.object + this.layout.usedBytesOffset);
  }

  /** Pages that are regions; for observers. */
  get regionCount(): number {
    return this.object === 0 ? 0 : this.machine.peek(this.object + this.layout.regionCountOffset);
  }

  /** Loads the pool pointer, as every call does first: whether there is a pool. */
  exists(): boolean {
    return this.machine.load(this.pointer) !== 0;
  }

  /** Takes two pages for the pool object and clears it; false where they cannot be had. */
  create(): boolean {
    const { machine, layout } = this;
    const pool = this.pages.take(POOL_ORDER);
    if (pool === 0) {
      return false;
    }
    machine.clear(pool, layout.structBytes);
    machine.store(pool + POOL_LOCK, 0);
    machine.store(this.pointer, pool);
    machine.work(this.step.createPool);
    return true;
  }

  /** Takes the region that a pool has from its creation on; gives the pool object back where it cannot be had. */
  createRegion(): boolean {
    const { machine } = this;
    const pool = machine.load(this.pointer);
    if (!this.regionTake(pool)) {
      machine.store(this.pointer, 0);
      this.pages.give(pool, POOL_ORDER);
      return false;
    }
    machine.unlockAt(pool + POOL_LOCK, this.lock);
    return true;
  }

  /** Address of a payload of at least `requestedBytes`, or 0 where there is none. */
  allocate(requestedBytes: number): number {
    const { machine, lists } = this;
    const pool = machine.load(this.pointer);
    machine.lockAt(pool + POOL_LOCK, this.lock);
    machine.work(this.step.allocate);
    const payload = granules(requestedBytes);
    const wanted = servedPayload(payload);
    let list = lists.find(pool, payload, wanted);
    while (list < 0) {
      machine.unlockAt(pool + POOL_LOCK, this.lock);
      if (wanted > REGION_PAYLOAD || !this.regionTake(pool)) {
        return 0;
      }
      list = lists.find(pool, wanted, wanted);
    }
    const block = lists.pop(pool, list);
    this.blockUse(pool, block, wanted);
    machine.unlockAt(pool + POOL_LOCK, this.lock);
    return block + HEADER_BYTES;
  }

  free(payload: number): void {
    const { machine } = this;
    const pool = machine.load(this.pointer);
    let block = payload - HEADER_BYTES;
    machine.lockAt(pool + POOL_LOCK, this.lock);
    machine.work(this.step.free);
    const size = machine.load(block + SIZE);
    machine.store(block + SIZE, size | FREE);
    this.countUsed(pool, -((size & ~FLAGS) + HEADER_BYTES));
    machine.store(block + LIST_PREVIOUS, 0);
    machine.store(block + LIST_NEXT, 0);
    let freed = this.blockMergeNext(pool, block, size & ~FLAGS);
    if ((size & PREVIOUS_FREE) !== 0) {
      const previous = machine.load(block + PREVIOUS_BLOCK);
      freed = this.blockMergePrevious(pool, previous, freed);
      block = previous;
    }
    const next = block + HEADER_BYTES + freed;
    machine.store(next + PREVIOUS_BLOCK, block);
    const before = machine.load(block + PREVIOUS_BLOCK);
    const behind = machine.load(next + SIZE) & ~FLAGS;
    if (before === 0 && behind === 0) {
      this.regionGive(pool, block);
    } else {
      this.lists.push(pool, block, freed);
      machine.store(next + SIZE, machine.load(next + SIZE) | PREVIOUS_FREE);
      machine.store(next + PREVIOUS_BLOCK, block);
    }
    machine.unlockAt(pool + POOL_LOCK, this.lock);
  }

  /** Takes a page and makes it a region of one free block; leaves with the lock held, false where there is no page. */
  private regionTake(pool: number): boolean {
    const { machine } = this;
    const page = this.pages.take(0);
    if (page === 0) {
      return false;
    }
    machine.lockAt(pool + POOL_LOCK, this.lock);
    machine.store(page + PREVIOUS_BLOCK, 0);
    machine.store(page + SIZE, REGION_PAYLOAD | FREE);
    this.lists.push(pool, page, REGION_PAYLOAD);
    machine.store(page + SENTINEL_OFFSET + PREVIOUS_BLOCK, page);
    machine.store(page + SENTINEL_OFFSET + SIZE, PREVIOUS_FREE);
    this.countUsed(pool, HEADER_BYTES);
    this.countRegions(pool, 1);
    machine.work(this.step.growRegion);
    return true;
  }

  private regionGive(pool: number, page: number): void {
    this.pages.give(page, 0);
    this.countRegions(pool, -1);
    this.countUsed(pool, -HEADER_BYTES);
    this.machine.work(this.step.giveRegion);
  }

  /** Marks a block used; a leftover that can hold a block becomes a free one. */
  private blockUse(pool: number, block: number, wanted: number): void {
    const { machine } = this;
    const size = machine.load(block + SIZE);
    const payload = size & ~FLAGS;
    const next = block + HEADER_BYTES + payload;
    if (payload - wanted >= SPLIT_BYTES_MIN) {
      const rest = block + HEADER_BYTES + wanted;
      const restPayload = payload - wanted - HEADER_BYTES;
      machine.store(rest + SIZE, restPayload | FREE);
      machine.store(rest + PREVIOUS_BLOCK, block);
      machine.store(next + PREVIOUS_BLOCK, rest);
      this.lists.push(pool, rest, restPayload);
      machine.store(block + SIZE, wanted | (size & PREVIOUS_FREE));
      machine.work(this.step.split);
      this.countUsed(pool, wanted + HEADER_BYTES);
    } else {
      machine.store(next + SIZE, machine.chase(next + SIZE) & ~PREVIOUS_FREE);
      machine.store(block + SIZE, machine.load(block + SIZE) & ~FREE);
      machine.work(this.step.useWhole);
      this.countUsed(pool, payload + HEADER_BYTES);
    }
  }

  /** Joins a freed block to the one after it if that is free; returns the payload of what it has become. */
  private blockMergeNext(pool: number, block: number, payload: number): number {
    const { machine } = this;
    const next = block + HEADER_BYTES + payload;
    const size = machine.chase(next + SIZE);
    if ((size & FREE) === 0) {
      return payload;
    }
    this.lists.remove(pool, next, size & ~FLAGS);
    const added = (size & ~FLAGS) + HEADER_BYTES;
    machine.store(block + SIZE, machine.load(block + SIZE) + added);
    machine.work(this.step.mergeNext);
    return payload + added;
  }

  /** Joins a freed block to the free one before it, which remains; returns its payload. */
  private blockMergePrevious(pool: number, previous: number, freed: number): number {
    const { machine } = this;
    const payload = machine.chase(previous + SIZE) & ~FLAGS;
    this.lists.remove(pool, previous, payload);
    const added = freed + HEADER_BYTES;
    machine.store(previous + SIZE, machine.load(previous + SIZE) + added);
    machine.work(this.step.mergePrevious);
    return payload + added;
  }

  private countUsed(pool: number, bytes: number): void {
    const used = pool + this.layout.usedBytesOffset;
    this.machine.store(used, this.machine.load(used) + bytes);
  }

  private countRegions(pool: number, regions: number): void {
    const count = pool + this.layout.regionCountOffset;
    this.machine.store(count, this.machine.load(count) + regions);
  }
}

/** Payloads are whole granules, at least one. */
function granules(bytes: number): number {
  return Math.max(Math.ceil(bytes / GRANULE_BYTES), 1) * GRANULE_BYTES;
}
