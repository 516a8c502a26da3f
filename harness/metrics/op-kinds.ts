import { OP_NAMES, type OpName } from '../../traces/trace';

/** Operations are compared by what they ask of an allocator; every code of the trace vocabulary has one kind. */
export const OP_KINDS = ['alloc', 'free', 'realloc', 'other'] as const;
export type OpKind = (typeof OP_KINDS)[number];

const KIND_OF_NAME: Readonly<Record<OpName, OpKind>> = {
  alloc: 'alloc',
  free: 'free',
  realloc: 'realloc',
  alignedalloc: 'alloc',
  msize: 'other',
  compact: 'other',
  check: 'other',
  dump: 'other',
  overrun: 'other',
  fill: 'other',
  enter: 'other',
  leave: 'other',
  temp: 'alloc',
  heap: 'alloc',
  adopt: 'other',
  freeall: 'other',
  return: 'other',
  store: 'other',
  use: 'other',
  ctxfree: 'other',
};

/** Index in `OP_KINDS` by operation code. */
export const KIND_OF_CODE = Uint8Array.from(OP_NAMES, (name) => OP_KINDS.indexOf(KIND_OF_NAME[name]));

/** Sizes fall in classes by powers of two: class 0 is size 0, class c is [2^(c−1), 2^c), the last has no end. */
export const SIZE_CLASS_COUNT = 34;

export function sizeClassOf(bytes: number): number {
  return bytes < 0x1_0000_0000 ? 32 - Math.clz32(bytes) : SIZE_CLASS_COUNT - 1;
}

/** Smallest size of a class, in bytes. */
export function sizeClassStart(sizeClass: number): number {
  // 1 << 31 is negative as a signed word.
  return sizeClass === 0
    ? 0
    : sizeClass === SIZE_CLASS_COUNT - 1
      ? 0x1_0000_0000
      : (1 << (sizeClass - 1)) >>> 0;
}
