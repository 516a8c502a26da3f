/**
 * What an operation comes to, as a golden's line shows it: an offset from the heap's base, one in the virtual area
 * (`VIRTUAL` more), or a word.
 */
export type Answer = number | 'NULL' | 'ZERO' | 'BUG';

/** Above every offset in the heap. */
export const VIRTUAL = 2 ** 50;

/** An allocator told a second time, from its description alone, over plain arrays and maps. */
export interface Witness {
  allocate(sizeBytes: number, align: number): Answer;
  /** Of what `allocate` returned, `NULL` and `BUG` excepted. */
  free(object: Answer): void;
  reallocate?(object: Answer, sizeBytes: number, align: number): Answer;
}

/** The real code crashes in this operation: none that follow take place. */
export class Crash extends Error {}

export const PAGE = 4096;

export const roundUp = (bytes: number, granule: number): number => Math.ceil(bytes / granule) * granule;
