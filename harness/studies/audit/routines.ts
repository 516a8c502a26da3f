import { PAGE_BYTES } from '../../../traces/ground/integers';

/**
 * Which routines belong together, by the names that a trace's `call` column gives: what one of a family allocates, one
 * of the same family frees. From the RFC of October 2008, Xen of today, C and C++.
 */

export interface RoutineFamily {
  readonly name: string;
  readonly allocates: readonly string[];
  readonly frees: readonly string[];
  /** Families whose objects its frees take too. */
  readonly freesAlso: readonly string[];
}

const xmallocNames = (prefix: string): string[] =>
  [`${prefix}malloc`, `${prefix}zalloc`].flatMap((name) => [
    name,
    `_${name}`,
    `${name}_array`,
    `${name}_bytes`,
    `${name}_flex_struct`,
  ]);

const ROUTINE_FAMILIES: readonly RoutineFamily[] = [
  {
    name: 'pages',
    allocates: ['page_alloc', 'alloc_xenheap_pages', 'alloc_xenheap_page'],
    frees: ['page_free', 'free_xenheap_pages', 'free_xenheap_page'],
    freesAlso: [],
  },
  {
    name: 'xmalloc_subpage',
    allocates: ['xmalloc_subpage', 'xzalloc_subpage'],
    frees: ['xfree_subpage'],
    freesAlso: [],
  },
  {
    name: 'xmalloc',
    allocates: [...xmallocNames('x'), 'xmemdup', 'xmemdup_bytes', 'xstrdup', 'xrealloc', 'xrealloc_array'],
    frees: ['xfree'],
    freesAlso: [],
  },
  {
    name: 'vmalloc',
    allocates: ['vmalloc', 'vzalloc', 'vmalloc_xen'],
    frees: ['vfree'],
    freesAlso: [],
  },
  {
    name: 'xvmalloc',
    allocates: [...xmallocNames('xv'), 'xvmemdup', 'xvrealloc', 'xvrealloc_array'],
    frees: ['xvfree'],
    freesAlso: ['xmalloc', 'vmalloc'],
  },
  {
    name: 'malloc',
    allocates: [
      'malloc',
      'calloc',
      'realloc',
      'reallocarray',
      'memalign',
      'posix_memalign',
      'aligned_alloc',
      'valloc',
      'strdup',
      'strndup',
    ],
    frees: ['free', 'cfree'],
    freesAlso: [],
  },
  { name: 'new', allocates: ['operator new', 'new'], frees: ['operator delete', 'delete'], freesAlso: [] },
  {
    name: 'new[]',
    allocates: ['operator new[]', 'new[]'],
    frees: ['operator delete[]', 'delete[]'],
    freesAlso: [],
  },
];

const allocatingFamily = new Map(
  ROUTINE_FAMILIES.flatMap((family) => family.allocates.map((name) => [name, family] as const)),
);
const freeingFamily = new Map(
  ROUTINE_FAMILIES.flatMap((family) => family.frees.map((name) => [name, family] as const)),
);

/** A routine as the trace names it: `page_alloc(2)` is `page_alloc` of order 2. */
interface Named {
  readonly routine: string;
  readonly order: number | undefined;
}

function named(call: string): Named {
  const [, routine = call, order] = /^([^(]*)\((\d{1,2})\)$/.exec(call) ?? [];
  return { routine, order: order === undefined ? undefined : Number(order) };
}

/** The family that allocates under this name; undefined for a name that none has. */
export const familyOfAllocation = (call: string): RoutineFamily | undefined =>
  allocatingFamily.get(named(call).routine);

/** Bytes above which `xmalloc_subpage` refuses: such an object can only be pages. */
const SUBPAGE_BYTES_MAX = 4032;

/**
 * What is wrong with freeing an object of so many bytes, allocated under one name, by the routine of another; undefined
 * where nothing is, or nothing is known of one of them.
 */
export function mismatch(allocatedBy: string, bytes: number, freedBy: string): string | undefined {
  const freeing = freeingFamily.get(named(freedBy).routine);
  if (freeing === undefined) {
    return undefined;
  }
  const allocating = familyOfAllocation(allocatedBy);
  if (allocating === undefined) {
    const isPages = freeing.name === 'xmalloc_subpage' && allocatedBy === '' && bytes > SUBPAGE_BYTES_MAX;
    return isPages ? 'a page object is given to the sub-page free' : undefined;
  }
  if (freeing !== allocating && !freeing.freesAlso.includes(allocating.name)) {
    return `${wordsOf(allocating)} is given to ${freeWordsOf(freeing)}`;
  }
  return allocating.name === 'pages' ? wrongOrder(allocatedBy, bytes, freedBy) : undefined;
}

function wrongOrder(allocatedBy: string, bytes: number, freedBy: string): string | undefined {
  const believed = named(freedBy).order;
  const order = named(allocatedBy).order ?? orderOf(bytes);
  return believed === undefined || believed === order
    ? undefined
    : `pages of order ${order} are freed as order ${believed}`;
}

function orderOf(bytes: number): number {
  let order = 0;
  for (let block = PAGE_BYTES; block < bytes; block *= 2) {
    order += 1;
  }
  return order;
}

function wordsOf({ name }: RoutineFamily): string {
  if (name === 'pages') {
    return 'a page object';
  }
  return name === 'xmalloc_subpage' ? 'a sub-page object' : `an object of ${name}`;
}

function freeWordsOf({ name, frees }: RoutineFamily): string {
  if (name === 'pages') {
    return 'the page free';
  }
  return name === 'xmalloc_subpage' ? 'the sub-page free' : frees[0]!;
}
