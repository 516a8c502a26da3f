import type { Lock } from '../../harness/machine/lock';
import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { PageAllocator } from './page-allocator';
import {
  classOf,
  countClassScans,
  FIRST_LEVELS,
  SECOND_LEVEL_SHIFT,
  SECOND_LEVELS,
  servedPayload,
} from './tlsf-classes';

/**
 * The pool under Xen's TLSF xmalloc: constant-time lists by size class, boundary tags, one page a region.
 *
 * A block is a 16-byte header (address of the block before it in memory; a size word whose two low bits say that this
 * block and the one before it are free) and its payload, whose first two words link it to its list while it is free.
 * Lists are LIFO; the lowest class that has a block serves a request. A region is one page that ends in a sentinel
 * header; when its last block is freed the page goes back at once. The pool's own object lives in two pages of its own.
 */

/** Header in front of the payload; also the granule of payloads. */
export const HEADER_BYTES = 16;
export const GRANULE_BYTES = 16;
const PREVIOUS_BLOCK = 0;
export const SIZE = 8;
const LIST_PREVIOUS = 16;
const LIST_NEXT = 24;

/** Low bits of the size word. */
export const FREE = 1;
export const PREVIOUS_FREE = 2;
export const FLAGS = 3;

/** Payload of a fresh region's one block: a page without its header and the sentinel's. */
export const REGION_PAYLOAD = PAGE_BYTES - 2 * HEADER_BYTES;
export const SENTINEL_OFFSET = PAGE_BYTES - HEADER_BYTES;
/** A leftover must hold a header and a free block's links. */
const SPLIT_BYTES_MIN = 32;

/** The pool object: bitmaps, list heads, lock, counters, from its start. */
const POOL_ORDER = 1;
export const POOL_BYTES = PAGE_BYTES << POOL_ORDER;
export const FIRST_LEVEL_MAP = 0;
export const SECOND_LEVEL_MAPS = 4;
export const LIST_HEADS = SECOND_LEVEL_MAPS + 4 * FIRST_LEVELS;
const LOCK = LIST_HEADS + 8 * FIRST_LEVELS * SECOND_LEVELS;

/** Where the versions of the pool object differ. */
export interface PoolLayout {
  readonly structBytes: number;
  readonly usedBytesOffset: number;
  readonly regionCountOffset: number;
}

/**
 * Instructions of the compiled reference (gcc 12 -O2) by step, solved from the callgrind totals per operation.
 */
const STEPS = {
  allocate: { instructions: 30 },
  search: { instructions: 20 },
  searchHigher: { instructions: 12, event: 'searchSteps' },
  pop: { instructions: 14 },
  split: { instructions: 22, event: 'splits' },
  push: { instructions: 16 },
  grow: { instructions: 40 },
  free: { instructions: 40 },
  unlink: { instructions: 18 },
  merge: { instructions: 8, event: 'merges' },
  giveRegion: { instructions: 16 },
  createPool: { instructions: 60 },
} as const;

/** The pool's lock word lies in the pool object, which the page allocator places when the pool is created. */
class PoolLock implements Lock {
  readonly name: string;
  readonly bit: number;

  constructor(
    private readonly machine: Machine,
    private readonly poolPointer: number,
  ) {
    const { name, bit } = machine.defineLock('xmalloc pool', poolPointer);
    this.name = name;
    this.bit = bit;
  }

  get address(): number {
    return this.machine.peek(this.poolPointer) + LOCK;
  }
}

export class TlsfPool {
  /** The global variable that points to the pool object, 0 before the first use. */
  private readonly pointer: number;
  private readonly lock: Lock;
  private readonly step;

  constructor(
    private readonly machine: Machine,
    private readonly pages: PageAllocator,
    private readonly layout: PoolLayout,
  ) {
    this.pointer = machine.reserve('xmalloc pool pointer', 8);
    this.lock = new PoolLock(machine, this.pointer);
    this.step = machine.defineSteps('tlsf-pool', STEPS);
  }

  /** Address of the pool object, or 0 before it is created. For observers. */
  get object(): number {
    return this.machine.peek(this.pointer);
  }

  get usedBytes(): number {
    return this.object === 0 ? 0 : this.machine.peek(this.object + this.layout.usedBytesOffset);
  }

  get regionCount(): number {
    return this.object === 0 ? 0 : this.machine.peek(this.object + this.layout.regionCountOffset);
  }

  /** Loads the pool pointer, as every call does first; whether there is a pool. */
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
    machine.store(pool + LOCK, 0);
    machine.store(this.pointer, pool);
    machine.work(this.step.createPool);
    return true;
  }

  /** Gives the pool object back: what creation does when its first region cannot be had. */
  discard(): void {
    const pool = this.machine.load(this.pointer);
    this.machine.store(this.pointer, 0);
    this.pages.give(pool, POOL_ORDER);
  }

  /** Address of a payload of at least `bytes`, a multiple of the granule; 0 where there is none. */
  allocate(bytes: number): number {
    const { machine, step } = this;
    const pool = machine.load(this.pointer);
    machine.lock(this.lock);
    machine.work(step.allocate);
    const wanted = servedPayload(bytes);
    let list = this.listFind(pool, bytes, wanted);
    while (list < 0) {
      machine.unlock(this.lock);
      if (wanted > REGION_PAYLOAD || !this.regionTake(pool)) {
        return 0;
      }
      list = this.listFind(pool, wanted, wanted);
    }
    const block = this.listPop(pool, list);
    this.blockUse(pool, block, wanted);
    machine.unlock(this.lock);
    return block + HEADER_BYTES;
  }

  free(payload: number): void {
    const { machine, step } = this;
    const pool = machine.load(this.pointer);
    let block = payload - HEADER_BYTES;
    machine.lock(this.lock);
    machine.work(step.free);
    const size = machine.load(block + SIZE);
    machine.store(block + SIZE, size | FREE);
    this.countUsed(pool, -((size & ~FLAGS) + HEADER_BYTES));
    machine.store(block + LIST_PREVIOUS, 0);
    machine.store(block + LIST_NEXT, 0);
    this.blockMergeNext(pool, block, size & ~FLAGS);
    if ((size & PREVIOUS_FREE) !== 0) {
      block = this.blockMergePrevious(pool, block);
    }
    const merged = machine.peek(block + SIZE) & ~FLAGS;
    const next = block + HEADER_BYTES + merged;
    machine.store(next + PREVIOUS_BLOCK, block);
    const isFirst = machine.load(block + PREVIOUS_BLOCK) === 0;
    const nextSize = machine.load(next + SIZE);
    if (isFirst && (nextSize & ~FLAGS) === 0) {
      this.regionGive(pool, block);
    } else {
      this.listPush(pool, block, merged);
      machine.store(next + SIZE, machine.load(next + SIZE) | PREVIOUS_FREE);
      machine.store(next + PREVIOUS_BLOCK, block);
    }
    machine.unlock(this.lock);
  }

  /** Takes a page and makes it a region of one free block; false where there is no page. Leaves with the lock held. */
  regionTake(pool: number): boolean {
    const { machine } = this;
    const page = this.pages.take(0);
    if (page === 0) {
      return false;
    }
    machine.lock(this.lock);
    machine.store(page + PREVIOUS_BLOCK, 0);
    machine.store(page + SIZE, REGION_PAYLOAD | FREE);
    this.listPush(pool, page, REGION_PAYLOAD);
    machine.store(page + SENTINEL_OFFSET + PREVIOUS_BLOCK, page);
    machine.store(page + SENTINEL_OFFSET + SIZE, PREVIOUS_FREE);
    this.countUsed(pool, HEADER_BYTES);
    const regions = pool + this.layout.regionCountOffset;
    machine.store(regions, machine.load(regions) + 1);
    machine.work(this.step.grow);
    return true;
  }

  /** The region that V2008 takes when the pool is created. */
  regionTakeFirst(): boolean {
    if (!this.regionTake(this.machine.load(this.pointer))) {
      return false;
    }
    this.machine.unlock(this.lock);
    return true;
  }

  /** The emptied page goes back while the pool lock is held. */
  private regionGive(pool: number, page: number): void {
    const { machine } = this;
    this.pages.give(page, 0);
    const regions = pool + this.layout.regionCountOffset;
    machine.store(regions, machine.load(regions) - 1);
    this.countUsed(pool, -HEADER_BYTES);
    machine.work(this.step.giveRegion);
  }

  /** The lowest class with a block that serves `wanted` bytes, or −1. */
  private listFind(pool: number, requested: number, wanted: number): number {
    const { machine, step } = this;
    countClassScans(machine, requested);
    countClassScans(machine, wanted);
    machine.work(step.search);
    const list = classOf(wanted);
    const level = list >>> SECOND_LEVEL_SHIFT;
    const fitting = machine.load(secondLevelMap(pool, level)) & (-1 << (list & (SECOND_LEVELS - 1)));
    if (fitting !== 0) {
      machine.bitScan();
      return level * SECOND_LEVELS + lowestBit(fitting);
    }
    machine.work(step.searchHigher);
    const higher = machine.load(pool + FIRST_LEVEL_MAP) & (-2 << level);
    if (higher === 0) {
      return -1;
    }
    machine.bitScan();
    machine.bitScan();
    const found = lowestBit(higher);
    return found * SECOND_LEVELS + lowestBit(machine.chase(secondLevelMap(pool, found)));
  }

  /** Takes the first block off a list. */
  private listPop(pool: number, list: number): number {
    const { machine } = this;
    const head = listHead(pool, list);
    const block = machine.chase(head);
    const next = machine.chase(block + LIST_NEXT);
    machine.store(head, next);
    if (next !== 0) {
      machine.store(next + LIST_PREVIOUS, 0);
    } else {
      this.listMarkEmpty(pool, list);
    }
    machine.store(block + LIST_PREVIOUS, 0);
    machine.store(block + LIST_NEXT, 0);
    machine.work(this.step.pop);
    return block;
  }

  private listPush(pool: number, block: number, payloadBytes: number): void {
    const { machine } = this;
    countClassScans(machine, payloadBytes);
    const list = classOf(payloadBytes);
    const head = listHead(pool, list);
    const first = machine.load(head);
    machine.store(block + LIST_PREVIOUS, 0);
    machine.store(block + LIST_NEXT, first);
    if (first !== 0) {
      machine.store(first + LIST_PREVIOUS, block);
    }
    machine.store(head, block);
    const level = list >>> SECOND_LEVEL_SHIFT;
    const map = secondLevelMap(pool, level);
    machine.update(map, machine.peek(map) | (1 << (list & (SECOND_LEVELS - 1))));
    machine.update(pool + FIRST_LEVEL_MAP, machine.peek(pool + FIRST_LEVEL_MAP) | (1 << level));
    machine.work(this.step.push);
  }

  /** Takes a block of that payload out of wherever it stands in its list. */
  private listRemove(pool: number, block: number, payloadBytes: number): void {
    const { machine } = this;
    const next = machine.load(block + LIST_NEXT);
    const previous = machine.load(block + LIST_PREVIOUS);
    if (next !== 0) {
      machine.store(next + LIST_PREVIOUS, previous);
    }
    if (previous !== 0) {
      machine.store(previous + LIST_NEXT, next);
    }
    countClassScans(machine, payloadBytes);
    const list = classOf(payloadBytes);
    const head = listHead(pool, list);
    if (machine.load(head) === block) {
      machine.store(head, next);
      if (next === 0) {
        this.listMarkEmpty(pool, list);
      }
    }
    machine.store(block + LIST_PREVIOUS, 0);
    machine.store(block + LIST_NEXT, 0);
    machine.work(this.step.unlink);
  }

  private listMarkEmpty(pool: number, list: number): void {
    const { machine } = this;
    const level = list >>> SECOND_LEVEL_SHIFT;
    const map = secondLevelMap(pool, level);
    machine.update(map, machine.peek(map) & ~(1 << (list & (SECOND_LEVELS - 1))));
    if (machine.load(map) === 0) {
      machine.update(pool + FIRST_LEVEL_MAP, machine.peek(pool + FIRST_LEVEL_MAP) & ~(1 << level));
    }
  }

  /** Marks a block used; what is left over of it becomes a free block of its own if it can hold one. */
  private blockUse(pool: number, block: number, wanted: number): void {
    const { machine } = this;
    const size = machine.load(block + SIZE);
    const payload = size & ~FLAGS;
    const next = block + HEADER_BYTES + payload;
    let used = payload;
    if (payload - wanted >= SPLIT_BYTES_MIN) {
      const rest = block + HEADER_BYTES + wanted;
      const restPayload = payload - wanted - HEADER_BYTES;
      machine.store(rest + SIZE, restPayload | FREE);
      machine.store(rest + PREVIOUS_BLOCK, block);
      machine.store(next + PREVIOUS_BLOCK, rest);
      this.listPush(pool, rest, restPayload);
      machine.store(block + SIZE, wanted | (size & PREVIOUS_FREE));
      machine.work(this.step.split);
      used = wanted;
    } else {
      machine.store(next + SIZE, machine.chase(next + SIZE) & ~PREVIOUS_FREE);
      machine.store(block + SIZE, machine.load(block + SIZE) & ~FREE);
    }
    this.countUsed(pool, used + HEADER_BYTES);
  }

  private blockMergeNext(pool: number, block: number, payload: number): void {
    const { machine } = this;
    const next = block + HEADER_BYTES + payload;
    const nextSize = machine.chase(next + SIZE);
    if ((nextSize & FREE) === 0) {
      return;
    }
    this.listRemove(pool, next, nextSize & ~FLAGS);
    machine.store(block + SIZE, machine.load(block + SIZE) + (nextSize & ~FLAGS) + HEADER_BYTES);
    machine.work(this.step.merge);
  }

  /** Joins a block to the free one before it, which remains. */
  private blockMergePrevious(pool: number, block: number): number {
    const { machine } = this;
    const previous = machine.load(block + PREVIOUS_BLOCK);
    const size = machine.chase(previous + SIZE);
    this.listRemove(pool, previous, size & ~FLAGS);
    const added = (machine.load(block + SIZE) & ~FLAGS) + HEADER_BYTES;
    machine.store(previous + SIZE, machine.load(previous + SIZE) + added);
    machine.work(this.step.merge);
    return previous;
  }

  private countUsed(pool: number, bytes: number): void {
    const used = pool + this.layout.usedBytesOffset;
    this.machine.store64(used, this.machine.load64(used) + bytes);
  }
}

function secondLevelMap(pool: number, level: number): number {
  return pool + SECOND_LEVEL_MAPS + 4 * level;
}

function listHead(pool: number, list: number): number {
  return pool + LIST_HEADS + 8 * list;
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
