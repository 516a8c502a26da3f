import * as checks from './pool-manual/checks';
import { claim, MANUAL_DATE, MANUAL_SOURCE } from './pool-manual/document';
import * as sizes from './pool-manual/sizes';
import { outOfScope, type SourceDocument } from './trial';

/** Plan 9's manual page pool(2), claim by claim. */
export const poolManual: SourceDocument = {
  name: 'pool-manual',
  title: MANUAL_SOURCE,
  date: MANUAL_DATE,
  parts: [
    sizes.zeroSize,
    checks.doubleFree,
    sizes.alignedAllocation,
    sizes.failedRealloc,
    sizes.limits,
    sizes.arenasMerge,
    sizes.quantumRounding,
    sizes.minblock,
    sizes.quantumReuse,
    sizes.compactNeedsMove,
    sizes.compactionRescue,
    outOfScope(
      claim({
        name: 'lock-is-optional',
        statement: 'The routines call lock and unlock only "when non-nil".',
        experiment: 'None.',
        expected: 'A pool without lock routines works.',
      }),
      'Only the code can show it, and it calls both unconditionally; with lock=off the model leaves the calls out, as the page says.',
    ),
    checks.antagonism,
    checks.paranoia,
    checks.oneByteOverrun,
    checks.tolerance,
    checks.noreuse,
    outOfScope(
      claim({
        name: 'logging-lines',
        statement: 'With LOGGING a single line is printed "at the beginning and end of each pool call".',
        experiment: 'None.',
        expected: 'Two lines a call.',
      }),
      'A replay places blocks and prices accesses; what a pool prints is no part of it. The engine’s quirk log-line-at-the-end-only demonstrates one line, at the end.',
    ),
    outOfScope(
      claim({
        name: 'multiprocess-safety',
        statement: 'The routines are locked "and thus may safely be used in multiprocess programs".',
        experiment: 'None.',
        expected: 'No interleaving of calls breaks the pool.',
      }),
      'Operations of a trace run one after the other; only the code can show what interleaved calls do.',
    ),
  ],
};
