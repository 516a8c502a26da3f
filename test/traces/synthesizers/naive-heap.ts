import type { Placement } from '../../../traces/trace';
import type { Allocator } from './legal-trace';

const BASE = 0x1000_0000;

interface Span {
  start: number;
  end: number;
}

/**
 * An endless heap without headers whose holes are a list sorted by address: the textbook's first fit and best fit, as
 * plainly as they can be written.
 */
export class NaiveHeap implements Allocator {
  /** The highest address ever used, from the start of the heap. */
  highWater = 0;
  /** How many holes the last allocation would have looked at, walking them from the lowest address. */
  holesWalked = 0;
  /** How often a freed block met a hole below it, and above it. */
  mergesBelow = 0;
  mergesAbove = 0;
  private holes: Span[] = [{ start: 0, end: Infinity }];
  private readonly blocks = new Map<number, Span>();

  constructor(private readonly fit: 'first' | 'best') {}

  allocate(id: number, size: number): Placement {
    const fitting = this.holes.filter((hole) => hole.end - hole.start >= size);
    const smallest = Math.min(...fitting.map((hole) => hole.end - hole.start));
    const hole =
      this.fit === 'first' ? fitting[0]! : fitting.find(({ start, end }) => end - start === smallest)!;
    this.holesWalked = this.fit === 'first' ? this.holes.indexOf(hole) + 1 : this.holes.length;
    this.blocks.set(id, { start: hole.start, end: hole.start + size });
    hole.start += size;
    this.highWater = Math.max(this.highWater, hole.start);
    if (hole.start === hole.end) {
      this.holes.splice(this.holes.indexOf(hole), 1);
    }
    return (BASE + hole.start - size) as Placement;
  }

  free(id: number): void {
    const { start, end } = this.blocks.get(id)!;
    this.blocks.delete(id);
    const after = this.holes.findIndex((hole) => hole.start >= end);
    const next = this.holes[after]!;
    const previous = this.holes[after - 1];
    if (previous?.end === start) {
      this.mergesBelow++;
    }
    if (next.start === end) {
      this.mergesAbove++;
    }
    if (previous?.end === start && next.start === end) {
      previous.end = next.end;
      this.holes.splice(after, 1);
    } else if (previous?.end === start) {
      previous.end = end;
    } else if (next.start === end) {
      next.start = start;
    } else {
      this.holes.splice(after, 0, { start, end });
    }
  }

  /** Bytes of the holes below the highest block. */
  holeBytes(): number {
    return this.holes.slice(0, -1).reduce((sum, { start, end }) => sum + end - start, 0);
  }
}
