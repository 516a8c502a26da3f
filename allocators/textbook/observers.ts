import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE } from '../../harness/machine/memory-layout';
import type { BlockVisitor } from '../../harness/replay/port';
import { IN_USE, NEXT, SIZE } from './block-words';

/** What lies in a textbook allocator's store, and whether all of it agrees. Never charged. */

/** What there is to see of a heap. */
export interface HeapView {
  readonly machine: Machine;
  /** First address beyond the store. */
  readonly end: number;
  /** The word that leads to the lowest free block, and the bytes on the list as the allocator counts them. */
  readonly head: number;
  readonly freeBytes: number;
  readonly granuleBytes: number;
  readonly hasHeaders: boolean;
}

/** Visits every block, verified as it goes; throws `HeapCorruption` where blocks do not tile the store. */
export function walkHeap(heap: HeapView, visit: BlockVisitor): void {
  const { machine, end } = heap;
  let position = HEAP_BASE;
  let isAfterFree = false;
  for (let free = machine.peek(heap.head); free !== 0; free = machine.peek(free + NEXT)) {
    if (free < position || free >= end || (isAfterFree && free === position)) {
      throw new HeapCorruption(free, 'the free list is not in address order, or its blocks are not joined');
    }
    walkAllocated(heap, position, free, visit);
    const bytes = sizeOf(heap, free);
    visit(free, bytes, 'free');
    position = free + bytes;
    isAfterFree = true;
  }
  walkAllocated(heap, position, end, visit);
}

/** Holds the break and the counter against the ledger and the list. */
export function checkHeap(heap: HeapView): void {
  const { machine, head, end } = heap;
  if (end - HEAP_BASE !== machine.ledger.heldBytes) {
    throw new HeapCorruption(
      end,
      `the break stands at ${end - HEAP_BASE} bytes, ${machine.ledger.heldBytes} are held`,
    );
  }
  let free = 0;
  walkHeap(heap, (_start, bytes, state) => {
    free += state === 'free' ? bytes : 0;
  });
  if (free !== heap.freeBytes) {
    throw new HeapCorruption(head, `${free} bytes are on the free list, ${heap.freeBytes} counted`);
  }
}

/** The stretch between two free blocks: one block by one where headers tell them apart, as one where they do not. */
function walkAllocated(heap: HeapView, from: number, to: number, visit: BlockVisitor): void {
  if (!heap.hasHeaders) {
    if (from < to) {
      visit(from, to - from, 'allocated');
    }
    return;
  }
  for (let block = from; block < to;) {
    const bytes = sizeOf(heap, block);
    if (heap.machine.peek(block + NEXT) !== IN_USE || block + bytes > to) {
      throw new HeapCorruption(block, `an allocated block of ${bytes} bytes`);
    }
    visit(block, bytes, 'allocated');
    block += bytes;
  }
}

/** The size word of a block, verified to be one that a walk can step over. */
function sizeOf({ machine, end, granuleBytes }: HeapView, block: number): number {
  const bytes = machine.peek(block + SIZE);
  if (bytes === 0 || bytes % granuleBytes !== 0 || block + bytes > end) {
    throw new HeapCorruption(block, `a block of ${bytes} bytes`);
  }
  return bytes;
}
