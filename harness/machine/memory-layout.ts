import { InputError } from '../../traces/input-error';

/**
 * Where things lie in simulated physical memory: nothing below 256 MiB, so that a null pointer and its neighbourhood
 * fault; the heap from there up, which makes heap offset 0 aligned to any mapping size; and behind the heap the
 * control regions: globals, list heads, locks, the frame table, page tables. Engines reserve their regions when they
 * are made; the memory itself is made afterwards, once.
 */

export const PAGE_BYTES = 4096;
export const PAGE_SHIFT = 12;
/** 256 MiB, where the Plan 9 goldens have their region too: pointers dumped from memory then equal theirs. */
export const HEAP_BASE = 0x1000_0000;
/** Entries hold 32-bit addresses. */
const PHYSICAL_BYTES_MAX = 0xffff_0000;

export interface Region {
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
}

export class MemoryLayout {
  readonly heapBytes: number;
  private readonly regions: Region[] = [];
  private end: number;

  constructor(readonly heapPages: number) {
    this.heapBytes = heapPages * PAGE_BYTES;
    this.end = HEAP_BASE + this.heapBytes;
    this.checkSize('heap');
  }

  /** Reserves a control region and returns its address. Throws an `InputError` when 4 GiB do not hold it all. */
  reserve(name: string, bytes: number, alignBytes: number): number {
    const address = Math.ceil(this.end / alignBytes) * alignBytes;
    this.end = address + bytes;
    this.checkSize(name);
    this.regions.push({ name, address, bytes });
    return address;
  }

  /** The control regions in the order of their reservation, which is that of their addresses. */
  list(): readonly Region[] {
    return this.regions;
  }

  /** First address beyond everything reserved, rounded up to a page. */
  get limit(): number {
    return Math.ceil(this.end / PAGE_BYTES) * PAGE_BYTES;
  }

  /** What lies at an address, in words: for faults and explanations. */
  regionAt(address: number): string {
    if (address < HEAP_BASE) {
      return 'the null pointer and its neighbourhood';
    }
    if (address >= HEAP_BASE && address < HEAP_BASE + this.heapBytes) {
      return `heap offset 0x${(address - HEAP_BASE).toString(16)}`;
    }
    const region = this.regions.find(
      (each) => address >= each.address && address < each.address + each.bytes,
    );
    return region === undefined
      ? 'unmapped memory'
      : `${region.name}+0x${(address - region.address).toString(16)}`;
  }

  private checkSize(what: string): void {
    if (this.end > PHYSICAL_BYTES_MAX) {
      throw new InputError({
        problem: `${what} does not fit in simulated memory (${this.heapPages} heap pages)`,
        expected:
          'heap, frame table and page tables together below 4 GiB; see --heap-pages and --virtual-pages',
      });
    }
  }
}
