import { belowStep, Class, classOf, SECOND_LEVELS, SECOND_LEVELS_LOG2 } from './size-classes';
import { bug, lockNamed, NULL, PAGE_BYTES, pageAlloc, pageFree, pageWord, panic, unlockNamed, ZERO } from './port';

/**
 * Xen's xmalloc of today (commit c447b7308b, August 2026) in AssemblyScript, from its description: a TLSF pool for what
 * fits a page, whole pages without a header for the rest. `../c/tlsf.c` explains it; this is the same allocator.
 *
 * Pointers have 4 bytes here and 8 in Xen: fields lie where Xen has them, the upper halves stay zero.
 */

// "xmalloc pool"
const LOCK_NAME = memory.data<u8>([120, 109, 97, 108, 108, 111, 99, 32, 112, 111, 111, 108, 0]);
// "not held"
const NOT_HELD = memory.data<u8>([110, 111, 116, 32, 104, 101, 108, 100, 0]);
// "no pool"
const NO_POOL = memory.data<u8>([110, 111, 32, 112, 111, 111, 108, 0]);

/** Address of the pool, NULL before the first request; in memory, as every global variable of an allocator. */
const POOL_POINTER = memory.data(8, 8);

// Blocks: a header of 16 bytes in front of every payload; the links of a free block lie in its payload.

const BEFORE: usize = 0;
const WORD: usize = 8;
const PREVIOUS: usize = 16;
const NEXT: usize = 24;
const HEADER_BYTES: u32 = 16;
const GRANULE_BYTES: u32 = 16;
const LEFTOVER_BYTES_MIN: u32 = 32;
const REGION_PAYLOAD_BYTES: u32 = PAGE_BYTES - 2 * HEADER_BYTES;

const BLOCK_FREE: u32 = 1;
const BEFORE_FREE: u32 = 2;
const FLAGS: u32 = BLOCK_FREE | BEFORE_FREE;

@inline
function blockAt(block: usize, bytes: u32): usize {
  return block + HEADER_BYTES + bytes;
}

@inline
function blockClearLinks(block: usize): void {
  store<u32>(block, 0, PREVIOUS);
  store<u32>(block, 0, NEXT);
}

// The pool: bitmaps of the lists that hold a block, their heads, the lock, two counters.

const FIRST_MAP: usize = 0;
const SECOND_MAPS: usize = 4;
const HEADS: usize = 104;
const LOCK: usize = 6248;
const USED_BYTES: usize = 6272;
const REGION_COUNT: usize = 6280;
const POOL_BYTES: u32 = 6320;
const POOL_ORDER: u32 = 1;

@inline
function poolLock(pool: usize): void {
  lockNamed(LOCK_NAME);
  atomic.xchg<u32>(pool, 1, LOCK);
}

@inline
function poolUnlock(pool: usize): void {
  atomic.store<u32>(pool, 0, LOCK);
  unlockNamed(LOCK_NAME);
}

@inline
function poolHead(pool: usize, list: Class): usize {
  return pool + HEADS + ((<usize>list) << 3);
}

@inline
function secondMap(pool: usize, first: u32): usize {
  return pool + SECOND_MAPS + ((<usize>first) << 2);
}

@inline
function count(pool: usize, counter: usize, by: u32): void {
  store<u32>(pool + counter, load<u32>(pool + counter) + by);
}

@inline
function poolMarkEmpty(pool: usize, list: Class): void {
  const first = list >> SECOND_LEVELS_LOG2;
  const map = secondMap(pool, first);
  atomic.and<u32>(map, ~(1 << (list & (SECOND_LEVELS - 1))));
  if (load<u32>(map) == 0) atomic.and<u32>(pool, ~(1 << first), FIRST_MAP);
}

@inline
function poolPush(pool: usize, block: usize, bytes: u32): void {
  const list = classOf(bytes);
  const head = poolHead(pool, list);
  const next = load<u32>(head);
  store<u32>(block, 0, PREVIOUS);
  store<u32>(block, next, NEXT);
  if (next) store<u32>(next, block, PREVIOUS);
  store<u32>(head, block);
  const first = list >> SECOND_LEVELS_LOG2;
  atomic.or<u32>(secondMap(pool, first), 1 << (list & (SECOND_LEVELS - 1)));
  atomic.or<u32>(pool, 1 << first, FIRST_MAP);
}

/** Takes a block out of wherever it stands in its list. */
@inline
function poolRemove(pool: usize, block: usize, bytes: u32): void {
  const next = load<u32>(block, NEXT);
  const previous = load<u32>(block, PREVIOUS);
  if (next) store<u32>(next, previous, PREVIOUS);
  if (previous) store<u32>(previous, next, NEXT);
  const list = classOf(bytes);
  const head = poolHead(pool, list);
  if (load<u32>(head) == block) {
    store<u32>(head, next);
    if (!next) poolMarkEmpty(pool, list);
  }
  blockClearLinks(block);
}

/** Takes the newest block of the lowest class from `list` on; NULL where there is none. */
@inline
function poolPop(pool: usize, list: Class): usize {
  let first = list >> SECOND_LEVELS_LOG2;
  let fitting = load<u32>(secondMap(pool, first)) & (u32.MAX_VALUE << (list & (SECOND_LEVELS - 1)));
  if (!fitting) {
    const higher = load<u32>(pool, FIRST_MAP) & ((u32.MAX_VALUE - 1) << first);
    if (!higher) return NULL;
    first = ctz(higher);
    fitting = load<u32>(secondMap(pool, first));
  }
  const found = (first << SECOND_LEVELS_LOG2) + ctz(fitting);
  const head = poolHead(pool, found);
  const block = load<u32>(head);
  const next = load<u32>(block, NEXT);
  store<u32>(head, next);
  if (next) store<u32>(next, 0, PREVIOUS);
  else poolMarkEmpty(pool, found);
  blockClearLinks(block);
  return block;
}

/** Makes a page a region of one free block. */
@inline
function poolAddRegion(pool: usize, region: usize): void {
  store<u32>(region, 0, BEFORE);
  store<u32>(region, REGION_PAYLOAD_BYTES | BLOCK_FREE, WORD);
  poolPush(pool, region, REGION_PAYLOAD_BYTES);
  const end = blockAt(region, REGION_PAYLOAD_BYTES);
  store<u32>(end, region, BEFORE);
  store<u32>(end, BEFORE_FREE, WORD);
  count(pool, USED_BYTES, HEADER_BYTES);
  count(pool, REGION_COUNT, 1);
}

/** Puts the front of a block to use; a leftover worth having becomes a free block. */
@inline
function poolUse(pool: usize, block: usize, wanted: u32): void {
  const word = load<u32>(block, WORD);
  const available = word & ~FLAGS;
  const left = available - wanted;
  const behind = blockAt(block, available);
  let bytes = wanted;
  if (left >= LEFTOVER_BYTES_MIN) {
    const rest = blockAt(block, wanted);
    store<u32>(rest, (left - HEADER_BYTES) | BLOCK_FREE, WORD);
    store<u32>(rest, block, BEFORE);
    store<u32>(behind, rest, BEFORE);
    poolPush(pool, rest, left - HEADER_BYTES);
    store<u32>(block, wanted | (word & BEFORE_FREE), WORD);
  } else {
    bytes = available;
    store<u32>(behind, load<u32>(behind, WORD) & ~BEFORE_FREE, WORD);
    store<u32>(block, word & ~BLOCK_FREE, WORD);
  }
  count(pool, USED_BYTES, bytes + HEADER_BYTES);
}

@inline
function poolRequest(bytes: u32): u32 {
  return bytes < GRANULE_BYTES ? GRANULE_BYTES : (bytes + GRANULE_BYTES - 1) & -GRANULE_BYTES;
}

@inline
function poolAllocate(pool: usize, size: u32): usize {
  let bytes = poolRequest(size);
  poolLock(pool);
  let block: usize = NULL;
  while (true) {
    // Every block of the class serves the request, which is rounded up to the least of them.
    const below = belowStep(bytes);
    const list = classOf(bytes + below);
    bytes = (bytes + below) & ~below;
    block = poolPop(pool, list);
    if (block) break;
    poolUnlock(pool);
    const page: usize = bytes > REGION_PAYLOAD_BYTES ? NULL : pageAlloc(0);
    if (!page) return NULL;
    poolLock(pool);
    poolAddRegion(pool, page);
  }
  poolUse(pool, block, bytes);
  poolUnlock(pool);
  return block + HEADER_BYTES;
}

/** A page that holds nothing else goes back at once, while the lock is held. */
@inline
function poolFree(pool: usize, payload: usize): void {
  let block = payload - HEADER_BYTES;
  poolLock(pool);
  const word = load<u32>(block, WORD);
  let bytes = word & ~FLAGS;
  store<u32>(block, word | BLOCK_FREE, WORD);
  count(pool, USED_BYTES, -(bytes + HEADER_BYTES));
  blockClearLinks(block);
  let behind = blockAt(block, bytes);
  const wordBehind = load<u32>(behind, WORD);
  if (wordBehind & BLOCK_FREE) {
    poolRemove(pool, behind, wordBehind & ~FLAGS);
    bytes += HEADER_BYTES + (wordBehind & ~FLAGS);
    store<u32>(block, bytes | (word & FLAGS) | BLOCK_FREE, WORD);
  }
  if (word & BEFORE_FREE) {
    const before = load<u32>(block, BEFORE);
    const wordBefore = load<u32>(before, WORD);
    poolRemove(pool, before, wordBefore & ~FLAGS);
    store<u32>(before, wordBefore + HEADER_BYTES + bytes, WORD);
    bytes += HEADER_BYTES + (wordBefore & ~FLAGS);
    block = before;
  }
  behind = blockAt(block, bytes);
  store<u32>(behind, block, BEFORE);
  if (!load<u32>(block, BEFORE) && !(load<u32>(behind, WORD) & ~FLAGS)) {
    pageFree(block, 0);
    count(pool, REGION_COUNT, -1);
    count(pool, USED_BYTES, -HEADER_BYTES);
  } else {
    poolPush(pool, block, bytes);
    store<u32>(behind, load<u32>(behind, WORD) | BEFORE_FREE, WORD);
    store<u32>(behind, block, BEFORE);
  }
  poolUnlock(pool);
}

// Whole pages: their number is kept in the page allocator's record of the first.

@inline
function isPageAligned(address: usize): bool {
  return (address & (PAGE_BYTES - 1)) == 0;
}

function orderOf(bytes: u32): u32 {
  let order: u32 = 0;
  for (let pages = (bytes - 1) >> 12; pages > 0; pages >>= 1) order++;
  return order;
}

/** Takes a power of two of pages; the tail that is not needed goes back in ascending pieces. */
function wholePagesAllocate(size: u32, align: u32): usize {
  const order = orderOf(align > size ? align : size);
  const pages = pageAlloc(order);
  if (!pages) return NULL;
  const kept = (size + PAGE_BYTES - 1) >> 12;
  let tail = pages + kept * PAGE_BYTES;
  for (let piece: u32 = 0; piece < order; piece++) {
    if (!(tail & (PAGE_BYTES << piece))) continue;
    pageFree(tail, piece);
    tail += PAGE_BYTES << piece;
  }
  store<u32>(pageWord(pages), kept);
  return pages;
}

/** Gives them back in naturally aligned pieces, the smallest and highest first. */
function wholePagesFree(pages: usize): void {
  const word = pageWord(pages);
  let left = load<u32>(word);
  if (left == 0) panic(NOT_HELD);
  store<u32>(word, 0);
  for (let piece: u32 = 0; left > 0; piece++) {
    if (!(left & (1 << piece))) continue;
    left -= 1 << piece;
    pageFree(pages + left * PAGE_BYTES, piece);
  }
}

// Alignment: an object is moved up in an inflated block; the word in front of it says how far, with bit 0 set.

const PADDED: u32 = 1;

@inline
function objectWord(object: usize): usize {
  return object - HEADER_BYTES + WORD;
}

@inline
function paddingAdd(payload: usize, align: u32): usize {
  const bytes = -(<u32>payload) & (align - 1);
  if (bytes == 0) return payload;
  store<u32>(objectWord(payload + bytes), bytes | PADDED);
  return payload + bytes;
}

@inline
function paddingStrip(object: usize): usize {
  const word = load<u32>(objectWord(object));
  return word & PADDED ? object - (word & ~PADDED) : object;
}

// xmalloc. The pool lies in two pages of its own, which the first request takes and nothing gives back.

function poolCreate(): usize {
  const pool = pageAlloc(POOL_ORDER);
  store<u32>(POOL_POINTER, pool);
  if (!pool) bug(NO_POOL);
  memory.fill(pool, 0, POOL_BYTES);
  return pool;
}

@inline
function alignGranted(align: u32): u32 {
  return align < GRANULE_BYTES ? GRANULE_BYTES : align;
}

@inline
function xmalloc(size: u32, wish: u32): usize {
  if (size == 0) return ZERO;
  const align = alignGranted(wish);
  const padded = size + align - GRANULE_BYTES;
  if (padded < size) return NULL;
  let pool: usize = load<u32>(POOL_POINTER);
  if (!pool) pool = poolCreate();
  if (padded < PAGE_BYTES) {
    const payload = poolAllocate(pool, padded);
    if (payload) return paddingAdd(payload, align);
  }
  return wholePagesAllocate(size, align);
}

@inline
function xfree(object: usize): void {
  if (object == NULL || object == ZERO) return;
  if (isPageAligned(object)) wholePagesFree(object);
  else poolFree(load<u32>(POOL_POINTER), paddingStrip(object));
}

/** Never shrinks a block. Where another alignment moves an object in its block, its contents are not moved along. */
function xrealloc(object: usize, size: u32, wish: u32): usize {
  if (size == 0) {
    xfree(object);
    return ZERO;
  }
  if (object == NULL || object == ZERO) return xmalloc(size, wish);
  const align = alignGranted(wish);
  let current: u32;
  if (isPageAligned(object)) {
    current = load<u32>(pageWord(object)) * PAGE_BYTES;
    if (size <= current && (object & (align - 1)) == 0) return object;
  } else {
    const padded = size + align - GRANULE_BYTES;
    if (padded < size) return NULL;
    const payload = paddingStrip(object);
    current = load<u32>(payload - HEADER_BYTES, WORD) & ~FLAGS;
    if ((padded < PAGE_BYTES ? poolRequest(padded) : padded) <= current) return paddingAdd(payload, align);
  }
  const moved = xmalloc(size, align);
  if (!moved) return NULL;
  memory.copy(moved, object, min(current, size));
  xfree(object);
  return moved;
}

// The port.

export function ar_start(heap: usize, bytes: usize): void {}

export function ar_allocate(size: usize, align: usize): usize {
  return xmalloc(size, align);
}

export function ar_free(object: usize, size: usize, align: usize): void {
  xfree(object);
}

export function ar_reallocate(object: usize, size: usize, align: usize): usize {
  return xrealloc(object, size, align);
}
