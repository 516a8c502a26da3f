import { claimsOf } from '../trial';

export const POLICY_SOURCE =
  'Ian Jackson and Gianni Tedesco, "[PATCH] document xl memory management policy", xen-devel';
export const POLICY_DATE = '2010-08-13';

export const claim = claimsOf({ name: 'libxl-policy', source: POLICY_SOURCE, date: POLICY_DATE });

/** The bookkeeping of the policy's time, and that of today. */
export const GC_2010 = 'libxl-gc-2010';
export const GC_HEAD = 'libxl-gc';
export const GENERATION_0 = { generation: '0' } as const;
