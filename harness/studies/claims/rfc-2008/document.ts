import { claimsOf } from '../trial';

export const RFC_SOURCE = 'Dan Magenheimer, "[RFC] Replacing Xen\'s xmalloc engine and(?) API", xen-devel';
export const RFC_DATE = '2008-10';

export const claim = claimsOf({ name: 'rfc-2008', source: RFC_SOURCE, date: RFC_DATE });

/** The engine that the RFC wants to replace, the one it brings, and what became of that. */
export const FIRST_FIT = 'xmalloc-first-fit';
export const TLSF_2008 = 'xmalloc-tlsf-2008';
export const TLSF_HEAD = 'xmalloc-tlsf';
