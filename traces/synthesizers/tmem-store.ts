import { isBlock } from '../trace';
import { PageUse } from './page-use';
import { RadixTree, type RadixNode } from './radix-tree';
import type { Pen, Script } from './script';
import { PAGE_BYTES } from '../ground/integers';

/**
 * What transcendent memory keeps: pools of objects of pages, each with its descriptors in the order in which Xen
 * allocates and frees them (commit 6009f4ddb2, May 2009).
 */

/** Structure sizes, compiled for x86-64 from that commit: without assertions, and with their sentinels. */
export const structureBytes = {
  release: { page: 72, object: 80, node: 528, pool: 2272, client: 232, hostClient: 16 },
  debug: { page: 80, object: 96, node: 536, pool: 2288, client: 232, hostClient: 16 },
} as const;

/** The largest object of the sub-page pool: a page that compresses to no less keeps a frame of its own. */
const LARGEST_STORED_BYTES = 4064;

const STRUCTURE_ALIGN = 8;
const DATA_ALIGN = 1;
const BUCKETS = 256;

/** A structure or datum that was not allocated, or whose allocation failed. */
const NO_OBJECT = -1;

export interface Pool {
  readonly client: number;
  readonly persistent: boolean;
  readonly site: number;
  structure: number;
  readonly objects: Map<number, StoredObject>;
  /** All pages of the pool, in no order: to draw from. */
  readonly pages: StoredPage[];
  /** The pages of an ephemeral pool in the order in which they were put. */
  readonly fifo: Set<StoredPage>;
}

interface StoredObject {
  readonly pool: Pool;
  readonly oid: number;
  structure: number;
  readonly tree: RadixTree;
  readonly pages: Map<number, StoredPage>;
}

export interface StoredPage {
  readonly object: StoredObject;
  readonly index: number;
  descriptor: number;
  /** The compressed page, or its frame where frames are allocated too. */
  data: number;
  framed: boolean;
  /** Where it stands in its pool's `pages`. */
  place: number;
}

export interface StoreOptions {
  readonly structures: (typeof structureBytes)[keyof typeof structureBytes];
  readonly compress: boolean;
  /** Site and call of page frames, where the trace is to hold them. */
  readonly frames: { readonly site: number; readonly call: number } | undefined;
}

export class TmemStore {
  /** Ephemeral pages of everyone, in the order in which they were put. */
  readonly fifo = new Set<StoredPage>();
  readonly pageUse = new PageUse();
  pageCount = 0;
  /** Frames that went back to tmem's own list of pages. */
  framesFreed = 0;

  constructor(private readonly options: StoreOptions) {}

  *open(pen: Pen, pool: Pool): Script {
    pool.structure = yield* this.take(pen, this.options.structures.pool, pool.site);
  }

  /** Puts a page whose data compress to `bytes`; the data of a page that is there already are replaced. */
  *put(pen: Pen, pool: Pool, oid: number, index: number, bytes: number): Script {
    const there = pool.objects.get(oid)?.pages.get(index);
    if (there !== undefined) {
      yield* this.replace(pen, there, bytes);
    } else {
      yield* this.putNew(pen, pool, oid, index, bytes);
    }
  }

  private *putNew(pen: Pen, pool: Pool, oid: number, index: number, bytes: number): Script {
    const { structures } = this.options;
    const object = pool.objects.get(oid) ?? (yield* this.newObject(pen, pool, oid));
    const descriptor = yield* this.take(pen, structures.page, pool.site);
    const page = { object, index, descriptor, data: NO_OBJECT, framed: false, place: pool.pages.length };
    object.pages.set(index, page);
    pool.pages.push(page);
    this.pageCount++;
    if (!pool.persistent) {
      this.fifo.add(page);
      pool.fifo.add(page);
    }
    let complete = object.structure !== NO_OBJECT && descriptor !== NO_OBJECT;
    for (const node of object.tree.insert(index)) {
      node.memory = yield* this.take(pen, structures.node, pool.site);
      complete &&= node.memory !== NO_OBJECT;
    }
    complete &&= yield* this.storeData(pen, page, bytes);
    if (!complete) {
      yield* this.drop(pen, page);
    }
  }

  private *newObject(pen: Pen, pool: Pool, oid: number): Generator<void, StoredObject, void> {
    const structure = yield* this.take(pen, this.options.structures.object, pool.site);
    const object = { pool, oid, structure, tree: new RadixTree(), pages: new Map() };
    pool.objects.set(oid, object);
    return object;
  }

  /** A put of a page that is there: compressed data are freed and stored anew, a frame is written over. */
  private *replace(pen: Pen, page: StoredPage, bytes: number): Script {
    if (!this.options.compress) {
      return;
    }
    yield* this.freeData(pen, page);
    if (!(yield* this.storeData(pen, page, bytes))) {
      yield* this.drop(pen, page);
    }
  }

  /** Frees what a get that empties, a flush and an eviction free: nodes left empty, data, descriptor, object. */
  *drop(pen: Pen, page: StoredPage): Script {
    const { object } = page;
    for (const node of object.tree.remove(page.index)) {
      yield* this.freeNode(pen, node);
    }
    yield* this.dropContents(pen, page);
    if (object.pages.size === 0) {
      yield* this.dropObject(pen, object);
    }
  }

  /** Frees all pages of the object in ascending order, each node after its slots, at last the object. */
  *flushObject(pen: Pen, object: StoredObject): Script {
    for (const visit of object.tree.destruction()) {
      if ('node' in visit) {
        yield* this.freeNode(pen, visit.node);
      } else {
        yield* this.dropContents(pen, object.pages.get(visit.index)!);
      }
    }
    yield* this.dropObject(pen, object);
  }

  /** Flushes a pool bucket by bucket; of objects in one bucket the youngest first, which trees hold lowest. */
  *close(pen: Pen, pool: Pool): Script {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const inBucket = [...pool.objects.values()].filter(({ oid }) => oid % BUCKETS === bucket);
      for (const object of inBucket.reverse()) {
        yield* this.flushObject(pen, object);
      }
    }
    yield* this.release(pen, pool.structure);
  }

  private *dropContents(pen: Pen, page: StoredPage): Script {
    const { object } = page;
    const { pages } = object.pool;
    yield* this.freeData(pen, page);
    yield* this.release(pen, page.descriptor);
    object.pages.delete(page.index);
    const last = pages.pop()!;
    if (last !== page) {
      pages[page.place] = last;
      last.place = page.place;
    }
    this.fifo.delete(page);
    object.pool.fifo.delete(page);
    this.pageCount--;
  }

  private *dropObject(pen: Pen, object: StoredObject): Script {
    object.pool.objects.delete(object.oid);
    yield* this.release(pen, object.structure);
  }

  /** Says whether there was memory for the data. */
  private *storeData(pen: Pen, page: StoredPage, bytes: number): Generator<void, boolean, void> {
    page.framed = !this.options.compress || bytes >= LARGEST_STORED_BYTES;
    if (page.framed) {
      return yield* this.takeFrame(pen, page);
    }
    page.data = yield* this.take(pen, bytes, page.object.pool.site, DATA_ALIGN);
    return page.data !== NO_OBJECT;
  }

  /** Frames come from the page allocator, unless the trace is to hold them. */
  private *takeFrame(pen: Pen, page: StoredPage): Generator<void, boolean, void> {
    const { frames } = this.options;
    if (frames === undefined) {
      return true;
    }
    pen.allocate(PAGE_BYTES, PAGE_BYTES, frames.site, frames.call);
    const { id } = pen;
    yield;
    if (!isBlock(pen.placement)) {
      return false;
    }
    page.data = id;
    return true;
  }

  private *freeData(pen: Pen, page: StoredPage): Script {
    const { data } = page;
    page.data = NO_OBJECT;
    if (!page.framed) {
      return yield* this.release(pen, data);
    }
    this.framesFreed++;
    if (data === NO_OBJECT) {
      return;
    }
    pen.free(data);
    yield;
  }

  private *freeNode(pen: Pen, node: RadixNode): Script {
    yield* this.release(pen, node.memory);
  }

  /** Allocates; the object's id, or none when the allocation failed. */
  *take(pen: Pen, bytes: number, site: number, align = STRUCTURE_ALIGN): Generator<void, number, void> {
    pen.allocate(bytes, align, site);
    const { id } = pen;
    yield;
    if (!isBlock(pen.placement)) {
      return NO_OBJECT;
    }
    this.pageUse.add(id, pen.placement, bytes);
    return id;
  }

  *release(pen: Pen, id: number): Script {
    if (id === NO_OBJECT) {
      return;
    }
    pen.free(id);
    yield;
    this.pageUse.remove(id);
  }
}
