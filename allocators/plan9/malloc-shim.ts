import type { Pool } from './pool';

/**
 * malloc(2) above the pool: every block begins with two words in which malloc notes who asked for it, so that leak(1)
 * can tell. All sizes and pointers that the pool sees are larger by these two words. The kernel's malloc also zeroes
 * what it returns; the C library's does not. Pointers are users' pointers, 0 is nil.
 */
export interface ObjectCalls {
  allocate(bytes: number): number;
  allocateAligned(bytes: number, align: number, offset: number, span: number): number;
  free(pointer: number): void;
  reallocate(pointer: number, bytes: number): number;
  usableSize(pointer: number): number;
}

/** Without a shim the trace's objects are the pool's. */
export function poolCalls(pool: Pool): ObjectCalls {
  return {
    allocate: (bytes) => pool.poolalloc(bytes),
    allocateAligned: (bytes, align, offset, span) => pool.poolallocalign(bytes, align, offset, span),
    free: (pointer) => pool.poolfree(pointer),
    reallocate: (pointer, bytes) => pool.poolrealloc(pointer, bytes),
    usableSize: (pointer) => pool.poolmsize(pointer),
  };
}

/** The caller's address, as the tag words show it: traces do not know it. */
const CALLER = 0x1020;

export class MallocShim implements ObjectCalls {
  /** Bytes in front of the user's pointer that malloc keeps. */
  readonly tagBytes: number;
  private readonly zeroes: boolean;

  constructor(private readonly pool: Pool) {
    this.tagBytes = 2 * pool.context.layout.wordBytes;
    this.zeroes = pool.settings.source.kind === 'xalloc';
  }

  allocate(bytes: number): number {
    return this.tagged(this.pool.poolalloc(this.withTags(bytes)), bytes);
  }

  allocateAligned(bytes: number, align: number, offset: number, span: number): number {
    const { pool, tagBytes } = this;
    return this.tagged(pool.poolallocalign(this.withTags(bytes), align, offset - tagBytes, span), bytes);
  }

  free(pointer: number): void {
    this.pool.poolfree(this.poolPointer(pointer));
  }

  /** As in C, a size of 0 frees and returns nil. */
  reallocate(pointer: number, bytes: number): number {
    if (bytes === 0) {
      this.free(pointer);
      return 0;
    }
    const moved = this.pool.poolrealloc(this.poolPointer(pointer), this.withTags(bytes));
    if (moved === 0) {
      return 0;
    }
    const { words, layout } = this.pool.context;
    if (pointer === 0) {
      words.store(moved, CALLER);
    }
    words.store(moved + layout.wordBytes, CALLER);
    return moved + this.tagBytes;
  }

  usableSize(pointer: number): number {
    return pointer === 0 ? 0 : this.pool.poolmsize(this.poolPointer(pointer)) - this.tagBytes;
  }

  /** A sum of words, which wraps: the largest requests come out as small ones. */
  private withTags(bytes: number): number {
    const { context } = this.pool;
    return context.isWord(bytes) ? context.word(bytes + this.tagBytes) : bytes;
  }

  private tagged(block: number, bytes: number): number {
    if (block === 0) {
      return 0;
    }
    const { words, layout } = this.pool.context;
    words.store(block, CALLER);
    words.store(block + layout.wordBytes, 0);
    const pointer = block + this.tagBytes;
    if (this.zeroes) {
      words.clear(pointer, bytes);
    }
    return pointer;
  }

  private poolPointer(pointer: number): number {
    return pointer === 0 ? 0 : pointer - this.tagBytes;
  }
}
