/**
 * The most memory accesses of one call of the page allocator, derived by following its code: what each step touches,
 * times how often it can be taken. `orderMax` is the largest block that the heap can hold.
 */

/** Zones of x86: one for each bit of a page number of 40 bits, and one for none. */
export const ZONES_MAX = 41;

/** Largest order that either version serves. */
export const ORDER_MAX = 20;

/**
 * The allocator of 2008. Once: lock and unlock 2, counter 3 (looked at, read, written), the block found 1 and its
 * unlinking 6. A look at every larger list; six accesses a split; two a bitmap word; four a page.
 */
export function takeAccessesMax2008(order: number, orderMax = ORDER_MAX): number {
  const pages = 1 << order;
  const splits = orderMax - order;
  return 12 + (splits + 1) + 6 * splits + 2 * bitmapWords(pages) + 4 * pages;
}

/** Once: lock and unlock 2, counter 2, order 1, the append 5; a bitmap word 1; three a page; a merge 2 + 6. */
export function giveAccessesMax2008(order: number, orderMax = ORDER_MAX): number {
  const pages = 1 << order;
  return 10 + bitmapWords(pages) + 3 * pages + 8 * (orderMax - order);
}

/**
 * Today's allocator, which serves orders to 18. Once: two locks 4, counters 11, tables by node 4, the block found 4,
 * its node and zone 4, its removal 4; two accesses a zone without pages; a look at every larger list; seven a split,
 * whose list is empty; seven a page, of which one takes the mark "unscrubbed" off it.
 */
export function takeAccessesMaxHead(order: number, orderMax = ORDER_MAX - 2, zones = 1): number {
  const pages = 1 << order;
  const splits = orderMax - order;
  return 31 + 2 * (zones - 1) + (splits + 1) + 7 * splits + 7 * pages;
}

/** Once: lock and unlock 2, node and zone 5, counters 6, the mark 2, the listing 8; seven a page; a merge 8 + 6. */
export function giveAccessesMaxHead(order: number, orderMax = ORDER_MAX - 2): number {
  return 23 + 7 * (1 << order) + 14 * (orderMax - order);
}

/** Whichever version is installed, on a heap of any size. */
export function takeAccessesMax(order: number): number {
  const head = order <= ORDER_MAX - 2 ? takeAccessesMaxHead(order, ORDER_MAX - 2, ZONES_MAX) : 0;
  return Math.max(takeAccessesMax2008(order), head);
}

export function giveAccessesMax(order: number): number {
  return Math.max(giveAccessesMax2008(order), order <= ORDER_MAX - 2 ? giveAccessesMaxHead(order) : 0);
}

/** Giving any number of pages back in one piece of each order. */
export function givePiecesAccessesMax(): number {
  let accesses = 0;
  for (let order = 0; order <= ORDER_MAX; order++) {
    accesses += giveAccessesMax(order);
  }
  return accesses;
}

function bitmapWords(pages: number): number {
  return Math.max(1, pages / 64);
}
