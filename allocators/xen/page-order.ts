import { PAGE_BYTES } from '../../harness/machine/memory-layout';

/** No byte count of a trace (below 2^53) needs a larger order. */
const ORDER_ENORMOUS = 52;

/**
 * Smallest order whose 2^order pages hold `bytes`, as Xen's `get_order_from_bytes` computes it on (bytes − 1) >> 12:
 * 0 bytes wrap around and ask for an enormous order, which no allocator can serve.
 */
export function orderOfBytes(bytes: number): number {
  if (bytes === 0) {
    return ORDER_ENORMOUS;
  }
  let order = 0;
  for (let capacity = PAGE_BYTES; capacity < bytes; capacity *= 2) {
    order++;
  }
  return order;
}

/** 2^order, also for the orders that no allocator serves. */
export function pagesOfOrder(order: number): number {
  let pages = 1;
  for (let each = 0; each < order; each++) {
    pages *= 2;
  }
  return pages;
}

/** The largest order of a block at `page`: its alignment, the end of the heap and the allocator's limit bound it. */
export function largestOrderAt(page: number, heapPages: number, orderMax: number): number {
  let order = 0;
  while (order < orderMax && page % (2 << order) === 0 && page + (2 << order) <= heapPages) {
    order++;
  }
  return order;
}
