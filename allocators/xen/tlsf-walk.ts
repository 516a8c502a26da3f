import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { BlockVisitor } from '../../harness/replay/port';
import type { PageAccount } from './page-account';
import { classOf, FIRST_LEVELS, SECOND_LEVELS } from './tlsf-classes';
import {
  FIRST_LEVEL_MAP,
  FLAGS,
  FREE,
  GRANULE_BYTES,
  HEADER_BYTES,
  LIST_NEXT,
  LIST_PREVIOUS,
  POOL_BYTES,
  PREVIOUS_BLOCK,
  PREVIOUS_FREE,
  REGION_PAYLOAD,
  SENTINEL_OFFSET,
  SIZE,
} from './tlsf-layout';
import { listHead, secondLevelMap } from './tlsf-lists';
import type { TlsfPool } from './tlsf-pool';

/** The observers of a TLSF pool: what lies in its regions, and whether all of it agrees. Never charged. */

/** Payload of the used block whose header lies there, 0 where none can. */
export function usedPayloadAt(machine: Machine, block: number): number {
  const size = machine.peek(block + SIZE);
  const payload = size & ~FLAGS;
  const fits = (block % PAGE_BYTES) + HEADER_BYTES + payload <= SENTINEL_OFFSET;
  return fits && payload >= GRANULE_BYTES && payload % GRANULE_BYTES === 0 && (size & FREE) === 0
    ? payload
    : 0;
}

/** Visits the blocks of one region, verified as it goes; throws `HeapCorruption` where they do not tile the page. */
export function walkRegion(machine: Machine, page: number, visit: BlockVisitor): void {
  const sentinel = page + SENTINEL_OFFSET;
  let before = 0;
  let beforeIsFree = false;
  for (let block = page; ;) {
    const size = machine.peek(block + SIZE);
    const payload = size & ~FLAGS;
    if (machine.peek(block + PREVIOUS_BLOCK) !== before) {
      throw new HeapCorruption(block, 'the header does not point back to the block before it');
    }
    if (((size & PREVIOUS_FREE) !== 0) !== beforeIsFree) {
      throw new HeapCorruption(block, 'the header is wrong about the block before it being free');
    }
    if (block === sentinel) {
      if (payload !== 0 || (size & FREE) !== 0) {
        throw new HeapCorruption(block, `the region's sentinel has the size word ${size}`);
      }
      visit(block, HEADER_BYTES, 'metadata');
      return;
    }
    const next = block + HEADER_BYTES + payload;
    if (payload < GRANULE_BYTES || payload % GRANULE_BYTES !== 0 || next > sentinel) {
      throw new HeapCorruption(block, `a block of ${payload} bytes payload`);
    }
    const isFree = (size & FREE) !== 0;
    if (isFree && beforeIsFree) {
      throw new HeapCorruption(block, 'two free blocks lie side by side');
    }
    visit(block, HEADER_BYTES + payload, isFree ? 'free' : 'allocated');
    before = block;
    beforeIsFree = isFree;
    block = next;
  }
}

/**
 * Holds the pool's lists, bitmaps and counters against the blocks that `walk` visits; throws `HeapCorruption`.
 */
export function checkPool(
  machine: Machine,
  pool: TlsfPool,
  pages: PageAccount,
  walk: (visit: BlockVisitor) => void,
): void {
  if (pool.object === 0 && pages.heldPages === 0) {
    return;
  }
  if (!pages.holds(pool.object, POOL_BYTES)) {
    throw new HeapCorruption(pool.object, 'the pool object does not lie in pages that the engine holds');
  }
  let used = 0;
  let regions = 0;
  let free = 0;
  walk((_start, bytes, state) => {
    if (state === 'free') {
      free++;
    } else if (bytes <= HEADER_BYTES + REGION_PAYLOAD) {
      used += bytes;
      regions += state === 'metadata' ? 1 : 0;
    }
  });
  const listed = checkLists(machine, pages, pool.object, free);
  if (listed !== free) {
    throw new HeapCorruption(pool.object, `${free} blocks are free, ${listed} on the lists`);
  }
  if (regions !== pool.regionCount || used !== pool.usedBytes) {
    const counted = `${pool.usedBytes} bytes used in ${pool.regionCount} regions`;
    throw new HeapCorruption(pool.object, `the pool counts ${counted}, not ${used} in ${regions}`);
  }
}

function checkLists(machine: Machine, pages: PageAccount, object: number, free: number): number {
  let listed = 0;
  for (let level = 0; level < FIRST_LEVELS; level++) {
    const map = machine.peek(secondLevelMap(object, level));
    if ((map !== 0) !== (((machine.peek(object + FIRST_LEVEL_MAP) >>> level) & 1) === 1)) {
      throw new HeapCorruption(object, `the first-level bitmap is wrong about level ${level}`);
    }
    for (let second = 0; second < SECOND_LEVELS; second++) {
      const list = level * SECOND_LEVELS + second;
      const first = machine.peek(listHead(object, list));
      if ((first !== 0) !== (((map >>> second) & 1) === 1)) {
        throw new HeapCorruption(object, `the second-level bitmap is wrong about list ${list}`);
      }
      listed += checkList(machine, pages, list, first, free - listed);
    }
  }
  return listed;
}

/** Follows one list of at most `most` blocks; returns its length. */
function checkList(machine: Machine, pages: PageAccount, list: number, first: number, most: number): number {
  let before = 0;
  let length = 0;
  for (let block = first; block !== 0; block = machine.peek(block + LIST_NEXT)) {
    if (length === most) {
      throw new HeapCorruption(block, `list ${list} holds more blocks than are free`);
    }
    if (!pages.holds(block, HEADER_BYTES + GRANULE_BYTES)) {
      throw new HeapCorruption(block, `list ${list} leads outside the held pages`);
    }
    const size = machine.peek(block + SIZE);
    if ((size & FREE) === 0 || classOf(size & ~FLAGS) !== list) {
      throw new HeapCorruption(block, `a block with the size word ${size} stands on list ${list}`);
    }
    if (machine.peek(block + LIST_PREVIOUS) !== before) {
      throw new HeapCorruption(block, `list ${list} is not linked both ways`);
    }
    before = block;
    length++;
  }
  return length;
}
