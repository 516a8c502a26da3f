import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { NEXT, SIZE } from './block-words';
import type { Store } from './store';

/**
 * The free blocks of a textbook allocator: one list in address order, each block's size and link in its own first
 * two words, neighbours joined at once.
 *
 * A *link* is the address of a word that holds the address of the next free block, or 0: the list's head or the
 * second word of a free block. The searches return links, because whoever takes a block off the list must change the
 * word that leads to it. The block that touches the break counts as the largest of all, for the store could be
 * extended behind it for ever; so it is taken last.
 */

/** Our choice, there is no compiled reference: about what a compiler makes of the lines behind each step. */
const STEPS = {
  searchBlock: { instructions: 6, event: 'searchSteps' },
  extend: { instructions: 12 },
  split: { instructions: 6, event: 'splits' },
  take: { instructions: 8 },
  seekBlock: { instructions: 4, event: 'searchSteps' },
  merge: { instructions: 4, event: 'merges' },
  insert: { instructions: 8 },
} as const;

export class FreeList {
  /** The word that leads to the lowest free block. */
  readonly head: number;
  private readonly byteCounter: number;
  private readonly step;

  /** @param headerBytes bytes in front of the data, which is what alignments are about */
  constructor(
    private readonly machine: Machine,
    private readonly store: Store,
    private readonly headerBytes: number,
  ) {
    this.head = machine.reserve('free list', 8);
    this.byteCounter = machine.reserve('free byte counter', 8);
    this.step = machine.defineSteps('textbook free list', STEPS);
  }

  /** Bytes on the list as the allocator counts them; for observers, never charged. */
  get freeBytes(): number {
    return this.machine.peek(this.byteCounter);
  }

  /** The link to the lowest block that serves; else to the block at the break, or the one where it would hang. */
  searchFirst(wanted: number, align: number): number {
    const { machine } = this;
    const end = this.store.end();
    let link = this.head;
    let blocks = 0;
    for (let block = machine.load(link); block !== 0; block = machine.load(link)) {
      blocks++;
      const bytes = machine.chase(block + SIZE);
      if (block + bytes === end || this.lead(block, align) + wanted <= bytes) {
        break;
      }
      link = block + NEXT;
    }
    machine.work(this.step.searchBlock, blocks);
    return link;
  }

  /** Like `searchFirst` for the smallest block that serves, the lowest among equals. */
  searchBest(wanted: number, align: number): number {
    const { machine } = this;
    const end = this.store.end();
    let link = this.head;
    let best = 0;
    let bestBytes = 0;
    let blocks = 0;
    for (let block = machine.load(link); block !== 0; block = machine.load(link)) {
      blocks++;
      const bytes = machine.chase(block + SIZE);
      if (block + bytes === end) {
        break;
      }
      if ((best === 0 || bytes < bestBytes) && this.lead(block, align) + wanted <= bytes) {
        best = link;
        bestBytes = bytes;
      }
      link = block + NEXT;
    }
    machine.work(this.step.searchBlock, blocks);
    return best === 0 ? link : best;
  }

  /** The link to the lowest free block at or above an address. */
  linkFrom(address: number): number {
    const before = this.blockBefore(address);
    return before === 0 ? this.head : before + NEXT;
  }

  /**
   * Cuts `wanted` bytes out of the block that a search found and returns their address, or 0 where the heap is full:
   * a block that touches the break, or is still to be made there, grows as far as need be.
   */
  take(link: number, wanted: number, align: number): number {
    const { machine } = this;
    const found = machine.peek(link);
    const serves = found !== 0 && this.lead(found, align) + wanted <= machine.peek(found + SIZE);
    return serves || this.extend(link, wanted, align) ? this.cut(link, wanted, align) : 0;
  }

  /** Hangs a block in its place by address and joins it with the neighbours that it touches. */
  insert(block: number, bytes: number): void {
    const { machine, step } = this;
    const before = this.blockBefore(block);
    const link = before === 0 ? this.head : before + NEXT;
    let next = machine.load(link);
    const beforeEnd = before === 0 ? 0 : before + machine.load(before + SIZE);
    if (beforeEnd > block || (next !== 0 && block + bytes > next)) {
      throw new HeapCorruption(block, 'what is freed is free already');
    }
    let merged = bytes;
    if (block + bytes === next) {
      merged += machine.load(next + SIZE);
      next = machine.load(next + NEXT);
      machine.work(step.merge);
    }
    if (beforeEnd === block) {
      machine.store(before + SIZE, block - before + merged);
      machine.store(before + NEXT, next);
      machine.work(step.merge);
    } else {
      machine.store(block + SIZE, merged);
      machine.store(block + NEXT, next);
      machine.store(link, block);
      machine.work(step.insert);
    }
    this.count(bytes);
  }

  /** The highest free block below an address, or 0. */
  private blockBefore(address: number): number {
    const { machine } = this;
    let blocks = 0;
    let before = 0;
    for (let block = machine.load(this.head); block !== 0 && block < address;) {
      blocks++;
      before = block;
      block = machine.chase(block + NEXT);
    }
    machine.work(this.step.seekBlock, blocks);
    return before;
  }

  /** Moves the break up until the block at `link` serves; false where the heap is too small for that. */
  private extend(link: number, wanted: number, align: number): boolean {
    const { machine, store } = this;
    const end = store.end();
    const touching = machine.peek(link);
    const block = touching === 0 ? end : touching;
    const bytes = this.lead(block, align) + wanted;
    const missing = block + bytes - end;
    machine.work(this.step.extend);
    if (!store.extend(end, missing)) {
      return false;
    }
    machine.store(block + SIZE, bytes);
    if (touching === 0) {
      machine.store(block + NEXT, 0);
      machine.store(link, block);
    }
    this.count(missing);
    return true;
  }

  /** Takes `wanted` bytes out of the block at `link`; what lies before and behind them stays free. */
  private cut(link: number, wanted: number, align: number): number {
    const { machine, step } = this;
    const block = machine.peek(link);
    const lead = this.lead(block, align);
    const taken = block + lead;
    const left = machine.load(block + SIZE) - lead - wanted;
    let next = machine.load(block + NEXT);
    if (left > 0) {
      const rest = taken + wanted;
      machine.store(rest + SIZE, left);
      machine.store(rest + NEXT, next);
      machine.work(step.split);
      next = rest;
    }
    if (lead > 0) {
      machine.store(block + SIZE, lead);
      machine.store(block + NEXT, next);
      machine.work(step.split);
    } else {
      machine.store(link, next);
    }
    this.count(-wanted);
    machine.work(step.take);
    return taken;
  }

  /** Bytes to leave free at a block's front so that the data in the rest is aligned. */
  private lead(block: number, align: number): number {
    const data = block + this.headerBytes;
    return align === 0 ? 0 : (align - (data % align)) % align;
  }

  private count(bytes: number): void {
    this.machine.store(this.byteCounter, this.machine.load(this.byteCounter) + bytes);
  }
}
