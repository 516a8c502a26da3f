import { PAGE_BYTES } from '../../machine/memory-layout';

/**
 * The rubric as a decision: which of Xen's allocators a call site should use, by its sizes and whether it needs
 * physically contiguous memory (Dunlap, "docs: Document allocator properties and the rubric for using them", xen-devel,
 * 16 February 2021). Its "is order 2" means powers of two, as its body makes plain.
 */

/** The allocators, by the names that callers know, and the engine that is each of them. */
export const ALLOCATORS = ['alloc_xenheap_pages', 'xmalloc', 'vmalloc', 'xvmalloc'] as const;
export type Allocator = (typeof ALLOCATORS)[number];

export const ENGINE_OF: Readonly<Record<Allocator, string>> = {
  alloc_xenheap_pages: 'xenheap-pages',
  xmalloc: 'xmalloc-tlsf',
  vmalloc: 'vmalloc',
  xvmalloc: 'xvmalloc',
};

/** What the rubric asks about a site. */
export interface SiteNeeds {
  readonly bytesMin: number;
  readonly bytesMax: number;
  /** Whether every size is exactly a page times a power of two. */
  readonly wholePowers: boolean;
  readonly contiguous: boolean;
}

export type RubricCase =
  | 'contiguous, exactly 2^k pages'
  | 'contiguous, may exceed a page'
  | 'contiguous, up to a page'
  | 'always below a page'
  | 'always above a page'
  | 'default';

export interface RubricAdvice {
  readonly rule: RubricCase;
  readonly allocator: Allocator;
  /** What the rubric says, in our words. */
  readonly because: string;
  /** Other allocators that the rubric does not object to. */
  readonly alsoFine: readonly Allocator[];
}

const ADVICE: Readonly<Record<RubricCase, Omit<RubricAdvice, 'rule'>>> = {
  'contiguous, exactly 2^k pages': {
    allocator: 'alloc_xenheap_pages',
    because: 'contiguous memory of exactly a page times a power of two: nothing is wasted or mapped',
    alsoFine: ['xmalloc'],
  },
  'contiguous, may exceed a page': {
    allocator: 'xmalloc',
    because:
      'contiguous memory that may exceed a page, not of powers of two: xmalloc returns the unused pages',
    alsoFine: [],
  },
  'contiguous, up to a page': {
    allocator: 'xvmalloc',
    because: 'never above a page, where xvmalloc is xmalloc, whose memory is contiguous',
    alsoFine: ['xmalloc'],
  },
  'always below a page': {
    allocator: 'xmalloc',
    because: 'always below a page: xmalloc may be called directly',
    alsoFine: ['xvmalloc'],
  },
  'always above a page': {
    allocator: 'vmalloc',
    because: 'always above a page and no need of contiguity: vmalloc may be called directly',
    alsoFine: ['xvmalloc'],
  },
  default: {
    allocator: 'xvmalloc',
    because: 'no property that calls for another: xvmalloc is the default',
    alsoFine: [],
  },
};

export function choose(needs: SiteNeeds): RubricAdvice {
  const rule = ruleFor(needs);
  return { rule, ...ADVICE[rule] };
}

function ruleFor({ bytesMin, bytesMax, wholePowers, contiguous }: SiteNeeds): RubricCase {
  if (bytesMax < PAGE_BYTES) {
    return 'always below a page';
  }
  if (contiguous) {
    if (wholePowers) {
      return 'contiguous, exactly 2^k pages';
    }
    return bytesMax > PAGE_BYTES ? 'contiguous, may exceed a page' : 'contiguous, up to a page';
  }
  return bytesMin > PAGE_BYTES ? 'always above a page' : 'default';
}

/** Why an allocator is out of the question for a site; undefined where it is not. */
export function objection(allocator: Allocator, { bytesMax, contiguous }: SiteNeeds): string | undefined {
  if (!contiguous) {
    return undefined;
  }
  if (allocator === 'vmalloc') {
    return 'not physically contiguous';
  }
  const leavesContiguity = allocator === 'xvmalloc' && bytesMax > PAGE_BYTES;
  return leavesContiguity ? 'not physically contiguous above a page' : undefined;
}

/** Whether a size is a page times a power of two. */
export function isWholePower(bytes: number): boolean {
  const pages = bytes / PAGE_BYTES;
  return Number.isInteger(pages) && pages > 0 && (BigInt(pages) & BigInt(pages - 1)) === 0n;
}

/** What the sizes of a site have in common, in words. */
export function shapeOf({ bytesMin, bytesMax, wholePowers }: SiteNeeds): string {
  if (wholePowers) {
    return bytesMax === PAGE_BYTES ? 'exactly a page' : 'exactly 2^k pages';
  }
  if (bytesMax < PAGE_BYTES) {
    return 'always below a page';
  }
  if (bytesMin > PAGE_BYTES) {
    return 'always above a page';
  }
  return bytesMax === PAGE_BYTES ? 'up to a page' : 'below and above a page';
}
