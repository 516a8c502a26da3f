import { claimsOf } from '../trial';

export const RUBRIC_SOURCE =
  'George Dunlap, "docs: Document allocator properties and the rubric for using them", xen-devel';
export const RUBRIC_DATE = '2021-02-16';

export const claim = claimsOf({ name: 'allocator-rubric-2021', source: RUBRIC_SOURCE, date: RUBRIC_DATE });

/** `alloc_xenheap_pages` and the three that stand on it. */
export const XENHEAP = 'xenheap-pages';
export const XMALLOC = 'xmalloc-tlsf';
export const VMALLOC = 'vmalloc';
export const XVMALLOC = 'xvmalloc';
