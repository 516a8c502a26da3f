import * as v from 'valibot';
import type { Machine } from '../machine/machine';
import { PAGE_BYTES } from '../machine/memory-layout';
import { FREE, METADATA, VISIT_NUMBERS } from '../replay/port';
import { BASIS_POINTS, ExactSum, scaledRatio } from './exact-ratio';
import { count, counts, type Shape } from './schema';

/**
 * What the free memory of a heap looks like at one moment, and the figures of the literature for how badly it is cut
 * up: largest-hole and squared fragmentation of the free blocks inside the held memory, and Linux's two indices for
 * the free pages of the page source (mm/vmstat.c: unusable_free_index, fragmentation_index).
 */
export const heapSurvey = v.strictObject({
  /** Free bytes inside the held memory. */
  freeBytes: count,
  freeBlocks: count,
  largestFreeBytes: count,
  /** What the engine keeps for itself: sentinels, arena headers, pool objects. */
  metadataBytes: count,
  /** 1 − largest hole / free, in basis points; 0 when nothing is free. */
  largestHoleBasisPoints: count,
  /** 1 − Σ f² / (Σ f)², in basis points; 0 when nothing is free. */
  squaredBasisPoints: count,
  /** Free blocks by size: entry c counts those of [2^c, 2^(c+1)) bytes; as long as the largest needs. */
  freeBlocksByLog2: counts,
  /** Free blocks of the page source by order; null where the memory comes from elsewhere. */
  freeBlocksByOrder: v.nullable(counts),
});
export type HeapSurvey = Shape<typeof heapSurvey>;

/** Adds up the blocks of one walk over the heap. */
export class SurveyBuilder {
  private freeBytes = 0;
  private freeBlocks = 0;
  private largestFreeBytes = 0;
  private metadataBytes = 0;
  private readonly squares = new ExactSum();
  private readonly freeBlocksByLog2 = new Uint32Array(LOG2_COUNT);

  blocks(rows: Float64Array, count: number): void {
    const { squares, freeBlocksByLog2 } = this;
    let { freeBytes, freeBlocks, largestFreeBytes, metadataBytes } = this;
    for (let at = 0; at < count * VISIT_NUMBERS; at += VISIT_NUMBERS) {
      const bytes = rows[at + 1]!;
      const state = rows[at + 2]!;
      if (state === FREE) {
        freeBytes += bytes;
        freeBlocks++;
        largestFreeBytes = Math.max(largestFreeBytes, bytes);
        squares.addProduct(bytes, bytes);
        freeBlocksByLog2[log2Floor(bytes)]!++;
      } else if (state === METADATA) {
        metadataBytes += bytes;
      }
    }
    this.freeBytes = freeBytes;
    this.freeBlocks = freeBlocks;
    this.largestFreeBytes = largestFreeBytes;
    this.metadataBytes = metadataBytes;
  }

  finish(machine: Machine): HeapSurvey {
    const { freeBytes, largestFreeBytes } = this;
    return {
      freeBytes,
      freeBlocks: this.freeBlocks,
      largestFreeBytes,
      metadataBytes: this.metadataBytes,
      largestHoleBasisPoints: largestHoleFragmentation(freeBytes, largestFreeBytes),
      squaredBasisPoints: freeBytes === 0 ? 0 : squaredFragmentation(freeBytes, this.squares.value),
      freeBlocksByLog2: withoutLastZeros(this.freeBlocksByLog2),
      freeBlocksByOrder: freePages(machine),
    };
  }
}

/** 1 − largest / free, in basis points: 0 = all free memory is one hole. */
export function largestHoleFragmentation(freeBytes: number, largestFreeBytes: number): number {
  return freeBytes === 0 ? 0 : scaledRatio(freeBytes - largestFreeBytes, freeBytes, BASIS_POINTS);
}

function squaredFragmentation(freeBytes: number, sumOfSquares: bigint): number {
  const square = BigInt(freeBytes) * BigInt(freeBytes);
  return scaledRatio(square - sumOfSquares, square, BASIS_POINTS);
}

/**
 * Linux's unusable_free_index: the share of the free pages that a request of 2^order pages cannot use, in per mille;
 * 1000 when nothing is free.
 */
export function unusableFreeIndex(freeBlocksByOrder: readonly number[], order: number): number {
  const freePageCount = pagesFrom(freeBlocksByOrder, 0);
  if (freePageCount === 0) {
    return 1000;
  }
  const unusable = freePageCount - pagesFrom(freeBlocksByOrder, order);
  return Math.floor((unusable * 1000) / freePageCount);
}

/**
 * Linux's fragmentation_index: would a request of 2^order pages fail, and why? −1000: it would not; towards 0: for
 * lack of memory; towards 1000: because of fragmentation. 0 when nothing is free.
 */
export function fragmentationIndex(freeBlocksByOrder: readonly number[], order: number): number {
  const blockCount = freeBlocksByOrder.reduce((sum, count) => sum + count, 0);
  if (blockCount === 0) {
    return 0;
  }
  if (pagesFrom(freeBlocksByOrder, order) > 0) {
    return -1000;
  }
  const requested = powerOfTwo(order);
  const freeOverRequested = Math.floor((pagesFrom(freeBlocksByOrder, 0) * 1000) / requested);
  return 1000 - Math.floor((1000 + freeOverRequested) / blockCount);
}

/** The smallest order of pages that holds so many bytes. */
export function orderHolding(bytes: number): number {
  let order = 0;
  for (let held = PAGE_BYTES; held < bytes; held *= 2) {
    order++;
  }
  return order;
}

/** Request sizes of the failure-based curve, in bytes. */
const FAILURE_CURVE_BYTES = [64, 256, 1024, 2048, 3072, 4096] as const;

/** Of the moments at which enough was free for a request in total, at how many no single hole would have held it. */
export const failurePoint = v.strictObject({ requestBytes: count, enoughFree: count, noHole: count });
export type FailurePoint = Shape<typeof failurePoint>;

export function failureCurve(surveys: readonly HeapSurvey[]): FailurePoint[] {
  return FAILURE_CURVE_BYTES.map((requestBytes) => {
    const enough = surveys.filter(({ freeBytes }) => freeBytes >= requestBytes);
    const noHole = enough.filter(({ largestFreeBytes }) => largestFreeBytes < requestBytes);
    return { requestBytes, enoughFree: enough.length, noHole: noHole.length };
  });
}

function freePages({ pageSource }: Machine): readonly number[] | null {
  if (pageSource === undefined) {
    return null;
  }
  const byOrder = new Uint32Array(LOG2_COUNT);
  pageSource.visitFree((_address, order) => byOrder[order]!++);
  return withoutLastZeros(byOrder);
}

/** Pages in free blocks of at least `order`. */
export function pagesFrom(freeBlocksByOrder: readonly number[], order: number): number {
  return freeBlocksByOrder.reduce(
    (sum, count, each) => (each < order ? sum : sum + count * powerOfTwo(each)),
    0,
  );
}

/** Orders stay far below 31: the whole physical memory is 2^20 pages. */
function powerOfTwo(exponent: number): number {
  return (1 << exponent) >>> 0;
}

/** Sizes and orders stay below 2^64. */
const LOG2_COUNT = 64;

function log2Floor(bytes: number): number {
  return bytes < 0x1_0000_0000 ? 31 - Math.clz32(bytes) : 63 - Math.clz32(bytes / 0x1_0000_0000);
}

function withoutLastZeros(counts: Uint32Array): number[] {
  let { length } = counts;
  while (length > 0 && counts[length - 1] === 0) {
    length--;
  }
  return [...counts.subarray(0, length)];
}
