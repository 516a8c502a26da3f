import type { Watched } from '../laboratory';
import { claimsOf } from '../trial';

export const MANUAL_SOURCE = 'Plan 9 manual page pool(2)';
/** Of the copy at hand; the page itself is older. */
export const MANUAL_DATE = '2017';

export const claim = claimsOf({ name: 'pool-manual', source: MANUAL_SOURCE, date: MANUAL_DATE });

export const POOL = 'plan9-pool';

/** The bits of the pool's flags, as the manual page numbers them. */
export const FLAG = { antagonism: '1', paranoia: '2', tolerance: '32', noreuse: '64' } as const;

/** What stopped a run, or nothing where it reached its end. */
export const stoppedBy = ({ outcome }: Watched): string | undefined =>
  'problem' in outcome ? outcome.problem : undefined;

/** The program writes `count` bytes of `value` past its object. */
export const overrun = (id: number, count: number, value: number): string =>
  `overrun,${id},${count},0,0,0,,,,${value}`;
export const fill = (id: number, value: number): string => `fill,${id},0,0,0,0,,,,${value}`;
