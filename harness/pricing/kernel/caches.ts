import { DataTlb } from './data-tlb';
import { LruSets } from './lru-sets';

/** The caches of the processor and its TLB; one that is not described does not exist. */
export const l1 = changetype<LruSets>(memory.data(offsetof<LruSets>()));
export const l2 = changetype<LruSets>(memory.data(offsetof<LruSets>()));
export const l3 = changetype<LruSets>(memory.data(offsetof<LruSets>()));
export const tlb = changetype<DataTlb>(memory.data(offsetof<DataTlb>()));

/**
 * Shapes of caches that the compiler tells apart. Most processors have caches of the plain one: eight ways in L1, eight
 * narrow ones in L2 and sixteen in L3, and nothing but accesses happens to them. They need none of the questions that
 * caches of any shape ask at every access.
 */
export type Plain = i8;
export type Any = i32;

export class Caches {
  /** Whether the caches that are described have the plain shape. */
  static havePlainShape(): bool {
    return l1.isPlain(false, 2) && l2.isPlain(true, 1) && l3.isPlain(true, 2);
  }

  @inline
  static arePlain<Shape>(): bool {
    return sizeof<Shape>() == sizeof<Plain>();
  }
}
