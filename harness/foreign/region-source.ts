import { HeapCorruption } from '../machine/failures';
import type { Ledger } from '../machine/ledger';
import type { Machine } from '../machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../machine/memory-layout';
import type { PageSource } from '../machine/page-source';

/**
 * What an operating system gives a program: one region that grows (`sbrk`) from the beginning of the heap up, mappings
 * (`mmap`) from its end down, first fit. Or, to an allocator that asks for nothing, the heap as a whole: such a one
 * holds what it has reached, up to the end of its highest block so far. That is what it would have asked for, and where
 * a heap could have ended; all of the heap would say nothing of it. The system's own work is not charged: these calls
 * are rare, and no allocator's merit.
 */

/** Held memory is counted in these units: a growing region need not end with a page. */
const GRANULE_BYTES = 16;

interface Mapping {
  readonly address: number;
  readonly bytes: number;
}

export class RegionSource implements PageSource {
  private readonly ledger: Ledger;
  private readonly end: number;
  private regionEnd = HEAP_BASE;
  /** Highest first. */
  private mappings: Mapping[] = [];

  constructor(private readonly machine: Machine) {
    this.ledger = machine.openLedger(GRANULE_BYTES);
    this.end = HEAP_BASE + machine.layout.heapBytes;
    machine.installPageSource(this);
  }

  start(): void {
    // Everything is free and zero.
  }

  /** The region grows to the end of a block of an engine that has the whole heap; what lies outside it is no block. */
  reach(blockEnd: number): void {
    if (blockEnd <= this.regionEnd || blockEnd > this.end) {
      return;
    }
    const from = this.ledger.heldUntil(this.regionEnd);
    this.regionEnd = Math.min(wholeGranules(blockEnd), this.end);
    if (from < this.regionEnd) {
      this.ledger.take(from, this.regionEnd - from);
    }
  }

  /** Of a block that may go on beyond what has been reached the part before that; undefined where there is none. */
  within(start: number, bytes: number): number | undefined {
    return start < this.regionEnd ? Math.min(bytes, this.regionEnd - start) : undefined;
  }

  /** Moves the end of the growing region; returns where it was, or undefined where it cannot be moved so far. */
  moveEnd(bytes: number): number | undefined {
    const before = this.regionEnd;
    const after = before + bytes;
    const highest = this.mappings.at(-1)?.address ?? this.end;
    if (!Number.isInteger(after) || after < HEAP_BASE || after > highest) {
      return undefined;
    }
    this.regionEnd = after;
    const [heldBefore, heldAfter] = [wholeGranules(before), wholeGranules(after)];
    if (heldAfter > heldBefore) {
      this.ledger.take(heldBefore, heldAfter - heldBefore);
    } else if (heldAfter < heldBefore) {
      this.ledger.give(heldAfter, heldBefore - heldAfter);
    }
    return before;
  }

  /** Address of a new mapping of at least `bytes`, or undefined where none fits. */
  map(bytes: number): number | undefined {
    const wanted = wholePages(bytes);
    if (!(wanted > 0)) {
      return undefined;
    }
    let above = this.end;
    for (let index = 0; index <= this.mappings.length; index++) {
      const below = this.mappings[index];
      const floor = below === undefined ? wholePages(this.regionEnd) : below.address + below.bytes;
      if (above - wanted >= floor) {
        const address = above - wanted;
        this.mappings.splice(index, 0, { address, bytes: wanted });
        this.ledger.take(address, wanted);
        return address;
      }
      above = below?.address ?? above;
    }
    return undefined;
  }

  /** Takes back a mapping or a part of one; nothing where nothing is mapped, as the system call does. */
  unmap(address: number, bytes: number, clear: (address: number, bytes: number) => void): void {
    const end = address + wholePages(bytes);
    this.mappings = this.mappings.flatMap((mapping) => {
      const mappingEnd = mapping.address + mapping.bytes;
      const from = Math.max(address, mapping.address);
      const to = Math.min(end, mappingEnd);
      if (from >= to) {
        return [mapping];
      }
      this.ledger.give(from, to - from);
      clear(from, to - from);
      const above = { address: to, bytes: mappingEnd - to };
      const below = { address: mapping.address, bytes: from - mapping.address };
      return [above, below].filter((part) => part.bytes > 0);
    });
  }

  take(order: number): number {
    return this.map(PAGE_BYTES * (1 << order)) ?? 0;
  }

  give(address: number, order: number): void {
    this.unmap(address, PAGE_BYTES * (1 << order), () => undefined);
  }

  get freePages(): number {
    return Math.floor((this.machine.layout.heapBytes - this.ledger.heldBytes) / PAGE_BYTES);
  }

  visitFree(visit: (address: number, order: number) => void): void {
    let above = this.end;
    const floors = [
      ...this.mappings.map((mapping) => mapping.address + mapping.bytes),
      wholePages(this.regionEnd),
    ];
    for (const [index, floor] of floors.entries()) {
      for (let address = above - PAGE_BYTES; address >= floor; address -= PAGE_BYTES) {
        visit(address, 0);
      }
      above = this.mappings[index]?.address ?? above;
    }
  }

  check(): void {
    if (this.regionEnd > this.end) {
      throw new HeapCorruption(undefined, 'the growing region has left the heap');
    }
  }

  /** An operating system keeps its books outside the memory of its programs. */
  copyTo(other: PageSource): void {
    if (other instanceof RegionSource) {
      other.regionEnd = this.regionEnd;
      other.mappings = [...this.mappings];
    }
  }
}

const wholePages = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
const wholeGranules = (bytes: number): number => Math.ceil(bytes / GRANULE_BYTES) * GRANULE_BYTES;
