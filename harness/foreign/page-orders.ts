import { PAGE_BYTES } from '../machine/memory-layout';

/** Orders of pages, as page allocators are asked for them. Beyond the largest there is no heap. */
export const PAGE_ORDER_MAX = 19;

export const pagesBytes = (order: number): number => PAGE_BYTES * (1 << order);

/** The smallest order of pages that hold so many bytes; one above `PAGE_ORDER_MAX` where none does. */
export function orderOf(bytes: number): number {
  let order = 0;
  while (order <= PAGE_ORDER_MAX && pagesBytes(order) < bytes) {
    order++;
  }
  return order;
}
