/**
 * The most memory accesses of one call of the page allocator, derived by following its code: what each step touches,
 * times how often it can be taken. `orderMax` is the largest block that the heap can hold.
 */

/** Largest order that either version serves. */
export const ORDER_MAX = 20;

/**
 * The allocator of 2008. Once: lock and unlock 2, counter 3 (looked at, read, written), the block found 1 and its
 * unlinking 6. A look at every larger list; six accesses a split; two a bitmap word; five a page.
 */
export function takeAccessesMax2008(order: number, orderMax = ORDER_MAX): number {
  const pages = 1 << order;
  const splits = orderMax - order;
  return 12 + (splits + 1) + 6 * splits + 2 * bitmapWords(pages) + 5 * pages;
}

/** Once: lock and unlock 2, counter 2, order 1, the append 5; a bitmap word 1; three a page; a merge 2 + 6. */
export function giveAccessesMax2008(order: number, orderMax = ORDER_MAX): number {
  const pages = 1 << order;
  return 10 + bitmapWords(pages) + 3 * pages + 8 * (orderMax - order);
}

/**
 * Today's allocator, which serves orders to 18. Once: two locks 4, counters 11, the block found 1 and its removal 4;
 * a look at every larger list; seven accesses a split, whose list is empty; nine a page, of which one takes the mark
 * "unscrubbed" off it.
 */
export function takeAccessesMaxHead(order: number, orderMax = ORDER_MAX - 2): number {
  const pages = 1 << order;
  const splits = orderMax - order;
  return 20 + (splits + 1) + 7 * splits + 9 * pages;
}

/** Once: lock and unlock 2, counters 6, the listing 8; six a page; a merge 2 + 5. */
export function giveAccessesMaxHead(order: number, orderMax = ORDER_MAX - 2): number {
  return 16 + 6 * (1 << order) + 7 * (orderMax - order);
}

/** Whichever version is installed, on a heap of any size. */
export function takeAccessesMax(order: number): number {
  return Math.max(takeAccessesMax2008(order), order <= ORDER_MAX - 2 ? takeAccessesMaxHead(order) : 0);
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
