import type { TextTable } from '../trace';
import type { Pen, Script } from './script';
import { PAGE_BYTES } from '../ground/integers';

/** Xen's own heap as its callers see it: which part of Xen asks, and by which function. */

const SITES = [
  'domain',
  'vcpu',
  'evtchn',
  'grant',
  'arch',
  'rangeset',
  'csched',
  'hvm',
  'shadow',
  'domctl',
  'irq',
  'timer',
  'pci',
] as const;
export type Site = (typeof SITES)[number];

/** `page_alloc` goes to the page allocator and not through xmalloc. */
const CALLS = ['xmalloc', 'xmalloc_array', 'xmalloc_bytes', 'page_alloc'] as const;
export type Call = (typeof CALLS)[number];

export class XenHeap {
  private readonly sites: ReadonlyMap<Site, number>;
  private readonly calls: ReadonlyMap<Call, number>;

  /** `withPages`: whether the trace holds what bypasses xmalloc as well. */
  constructor(
    private readonly withPages: boolean,
    texts: TextTable,
  ) {
    this.sites = new Map(SITES.map((site) => [site, texts.intern(site)]));
    this.calls = new Map(CALLS.map((call) => [call, texts.intern(call)]));
  }

  /** Allocates, and adds the object's id to what its owner will free. */
  *take(pen: Pen, owned: number[], bytes: number, site: Site, call: Call = 'xmalloc'): Script {
    pen.allocate(bytes, 0, this.sites.get(site), this.calls.get(call));
    owned.push(pen.id);
    yield;
  }

  /** Takes an array of `count` elements. */
  *takeArray(pen: Pen, owned: number[], count: number, elementBytes: number, site: Site): Script {
    yield* this.take(pen, owned, count * elementBytes, site, 'xmalloc_array');
  }

  /** Takes 2^order pages from the page allocator. */
  *takePages(pen: Pen, owned: number[], order: number, site: Site): Script {
    if (this.withPages) {
      yield* this.take(pen, owned, PAGE_BYTES << order, site, 'page_alloc');
    }
  }

  /** Allocates what is freed at once. */
  *borrow(pen: Pen, bytes: number, site: Site, call: Call = 'xmalloc'): Script {
    pen.allocate(bytes, 0, this.sites.get(site), this.calls.get(call));
    const { id } = pen;
    yield;
    pen.free(id);
    yield;
  }
}
