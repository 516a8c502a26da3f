import { isBlock } from '../../../../traces/trace';
import { PAGE_BYTES } from '../../../machine/memory-layout';
import type { Laboratory, Watched } from '../laboratory';
import { isContiguous } from './single-request';

/** Allocators on fragmented memory, and the fragmentation that they leave behind. */

const HEAP_PAGES = 512;
const BIG_REQUEST_PAGES = 8;
const BIG_REQUEST_ORDER = 3;

export interface CheckerboardNumbers {
  readonly freePages: number;
  /** Pages of the largest free block of the page allocator before the request. */
  readonly largestFreePages: number;
  /** Whether a request of 8 pages succeeds. */
  readonly succeeds: boolean;
  /** And whether its pages are contiguous. */
  readonly contiguous: boolean;
}

/** Fills the heap with objects of a page, frees every second of them, then asks for `requestBytes`. */
export async function checkerboard(
  laboratory: Laboratory,
  engine: string,
  requestBytes = BIG_REQUEST_PAGES * PAGE_BYTES,
): Promise<CheckerboardNumbers> {
  const ids = Array.from({ length: HEAP_PAGES }, (_, index) => index + 1);
  const rows = [
    ...ids.map((id) => `alloc,${id},${PAGE_BYTES},0`),
    ...ids.filter((id) => id % 2 === 1).map((id) => `free,${id},0,0`),
  ];
  const before = await laboratory.watch({ engine, heapPages: HEAP_PAGES, trace: rows });
  const requestId = HEAP_PAGES + 1;
  const after = await laboratory.watch({
    engine,
    heapPages: HEAP_PAGES,
    trace: [...rows, `alloc,${requestId},${requestBytes},0`],
  });
  const request = after.operations.find(({ id }) => id === requestId);
  const succeeds = request !== undefined && isBlock(request.placement);
  const byOrder = freePagesByOrder(before);
  return {
    freePages: byOrder.reduce((sum, pages) => sum + pages, 0),
    largestFreePages: byOrder.length === 0 ? 0 : 1 << (byOrder.length - 1),
    succeeds,
    contiguous: succeeds && isContiguous(after, request.placement, requestBytes),
  };
}

export interface LeftoverNumbers {
  readonly freePages: number;
  /** Free pages that no request of 8 contiguous pages can use. */
  readonly unusablePages: number;
}

/** Fills three quarters of the heap with equal objects, frees three of four of them, and looks at the free pages. */
export async function leftover(
  laboratory: Laboratory,
  engine: string,
  sizeBytes: number,
  pagesEach: number,
): Promise<LeftoverNumbers> {
  const count = Math.floor((HEAP_PAGES * 3) / 4 / pagesEach);
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const watched = await laboratory.watch({
    engine,
    heapPages: HEAP_PAGES,
    trace: [
      ...ids.map((id) => `alloc,${id},${sizeBytes},0`),
      ...ids.filter((id) => id % 4 !== 0).map((id) => `free,${id},0,0`),
    ],
  });
  const byOrder = freePagesByOrder(watched);
  const sum = (pages: readonly number[]): number => pages.reduce((total, each) => total + each, 0);
  return { freePages: sum(byOrder), unusablePages: sum(byOrder.slice(0, BIG_REQUEST_ORDER)) };
}

/** Free pages of the page allocator by the order of their block. */
function freePagesByOrder({ stack }: Watched): number[] {
  const pages: number[] = [];
  stack.machine.pageSource?.visitFree((_address, order) => {
    while (pages.length <= order) {
      pages.push(0);
    }
    pages[order]! += 1 << order;
  });
  return pages;
}
