import { PAGE, VIRTUAL, type Answer, type Witness } from './answers';
import type { Pages } from './pages';
import { Tlsf } from './tlsf';

/** Today's `vmalloc` and `xvmalloc`: page by page from the heap, first fit in a virtual area. */

export interface VirtualSettings {
  readonly virtualPages: number;
  readonly build: 'debug' | 'release';
  /** Whether leaf page tables come from the heap. */
  readonly pageTables: 'free' | 'charged';
}

const BITS_PER_BITMAP_PAGE = PAGE * 8;
const TABLE_PAGES = 512;

const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE);

class VirtualArea {
  /** One bit a page, as far as the bitmap is backed. */
  private bits: Uint8Array;
  private low: number;
  private readonly tables = new Set([0]);

  constructor(
    private readonly pages: Pages,
    private readonly settings: VirtualSettings,
  ) {
    this.low = pagesOf(Math.floor((settings.virtualPages + 7) / 8));
    this.bits = new Uint8Array(pagesOf(Math.floor((this.low + 7) / 8)) * BITS_PER_BITMAP_PAGE);
    this.bits.fill(1, 0, this.low);
  }

  /** The first of `count` clear bits in a row with a clear one before and, but for the end, one behind. */
  reserve(count: number): number | undefined {
    do {
      for (let start = this.low; start < this.bits.length;) {
        const set = this.bits.indexOf(1, start + 1);
        start++;
        if (set < 0 ? start + count <= this.bits.length : start + count < set) {
          return this.fill(start, count);
        }
        const clear = set < 0 ? -1 : this.bits.indexOf(0, set + 1);
        start = clear < 0 ? this.bits.length : clear;
      }
    } while (this.grow());
    return undefined;
  }

  /** Bits of the mapping that starts there: 0 where none does. */
  count(start: number): number {
    if (start >= this.bits.length || this.bits[start] === 0 || this.bits[start - 1] === 1) {
      return 0;
    }
    const end = this.bits.indexOf(0, start);
    return (end < 0 ? this.bits.length : end) - start;
  }

  release(start: number): void {
    this.bits.fill(0, start, start + this.count(start));
    if (start < this.low) {
      this.low = start - 1;
      while (this.bits[this.low - 1] === 0) {
        this.low--;
      }
    }
  }

  /** Whether the page table for a page is there or could be had. */
  map(page: number): boolean {
    const table = Math.floor(page / TABLE_PAGES);
    if (this.settings.pageTables === 'free' || this.tables.has(table)) {
      return true;
    }
    if (this.pages.take(0) === undefined) {
      return false;
    }
    this.tables.add(table);
    return true;
  }

  private fill(start: number, count: number): number {
    this.bits.fill(1, start, start + count);
    if (start <= this.low + 2) {
      this.low = start + count;
    }
    return start;
  }

  private grow(): boolean {
    const { length } = this.bits;
    const end = this.settings.virtualPages;
    if (length >= end || this.pages.take(0) === undefined) {
      return false;
    }
    const grown = new Uint8Array(Math.min(length + BITS_PER_BITMAP_PAGE, end));
    grown.set(this.bits);
    this.bits = grown;
    return true;
  }
}

export class Vmalloc implements Witness {
  private readonly area: VirtualArea;
  /** Heap pages behind the virtual ones. */
  private readonly mapped = new Map<number, number>();

  constructor(
    private readonly pages: Pages,
    private readonly settings: VirtualSettings,
    private readonly xmalloc = new Tlsf(pages),
  ) {
    this.area = new VirtualArea(pages, settings);
  }

  allocate(sizeBytes: number): Answer {
    if (sizeBytes === 0 && this.settings.build === 'debug') {
      return 'BUG';
    }
    const count = pagesOf(sizeBytes);
    const array = this.xmalloc.allocate(8 * count, 8);
    if (array === 'NULL' || array === 'BUG') {
      return array;
    }
    const taken: number[] = [];
    const start = this.fill(taken, count) ? this.area.reserve(count) : undefined;
    const isMapped = start !== undefined && taken.every((_, index) => this.area.map(start + index));
    if (isMapped) {
      taken.forEach((page, index) => this.mapped.set(start + index, page));
    } else {
      if (start !== undefined) {
        this.area.release(start);
      }
      for (const page of taken.reverse()) {
        this.pages.give(page, 0);
      }
    }
    this.xmalloc.free(array);
    return isMapped ? VIRTUAL + start * PAGE : 'NULL';
  }

  free(object: Answer): void {
    const start = ((object as number) - VIRTUAL) / PAGE;
    const count = this.area.count(start);
    if (count === 0) {
      return;
    }
    this.area.release(start);
    for (let page = start + count - 1; page >= start; page--) {
      this.pages.give(this.mapped.get(page)!, 0);
      this.mapped.delete(page);
    }
  }

  /** Pages of a mapping: 0 of what is none. */
  pagesAt(object: Answer): number {
    return typeof object === 'number' && object >= VIRTUAL ? this.area.count((object - VIRTUAL) / PAGE) : 0;
  }

  private fill(taken: number[], count: number): boolean {
    while (taken.length < count) {
      const page = this.pages.take(0);
      if (page === undefined) {
        return false;
      }
      taken.push(page);
    }
    return true;
  }
}

export class Xvmalloc implements Witness {
  private readonly xmalloc: Tlsf;
  private readonly vmalloc: Vmalloc;

  constructor(
    pages: Pages,
    private readonly settings: VirtualSettings,
  ) {
    this.xmalloc = new Tlsf(pages);
    this.vmalloc = new Vmalloc(pages, settings, this.xmalloc);
  }

  allocate(sizeBytes: number, align: number): Answer {
    if (align > PAGE && this.settings.build === 'debug') {
      return 'BUG';
    }
    return sizeBytes <= PAGE ? this.xmalloc.allocate(sizeBytes, align) : this.vmalloc.allocate(sizeBytes);
  }

  free(object: Answer): void {
    (this.vmalloc.pagesAt(object) > 0 ? this.vmalloc : this.xmalloc).free(object);
  }

  reallocate(object: Answer, sizeBytes: number, align: number): Answer {
    if (align > PAGE && this.settings.build === 'debug') {
      return 'BUG';
    }
    const count = this.vmalloc.pagesAt(object);
    if (count === 0 && sizeBytes <= PAGE) {
      return this.xmalloc.reallocate(object, sizeBytes, align);
    }
    if (count > 0 && count === pagesOf(sizeBytes)) {
      return object;
    }
    const moved = this.allocate(sizeBytes, align);
    if (moved === 'NULL') {
      return count > pagesOf(sizeBytes) ? object : moved;
    }
    if (moved !== 'BUG') {
      this.free(object);
    }
    return moved;
  }
}
