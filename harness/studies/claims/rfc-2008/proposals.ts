import { NULL } from '../../../../traces/trace';
import { PAGE_BYTES } from '../../../machine/memory-layout';
import { groupedInteger as grouped } from '../../../text/numbers';
import { pagesBySize } from '../requests';
import { confirmedIf, confirmedWith, trial } from '../trial';
import { claim, FIRST_FIT, TLSF_2008 } from './document';

/** What the RFC's proposals for the API change, each through an adapter over the engines. */

/** What `xmalloc_subpage` over one engine does with every size around its limit. */
export interface SubpageLimit {
  readonly engine: string;
  /** PAGE_SIZE − DELTA: the largest size that is served. */
  readonly largestServed: number;
  /** Most pages that a served request took. */
  readonly pagesMax: number;
  /** Requests above the limit that were served after all. */
  readonly servedAbove: number;
}

export const refuseTrial = trial<readonly SubpageLimit[]>({
  claim: claim({
    name: 'proposal-refuse-above-delta',
    statement:
      'Proposal 1: xmalloc fails "on allocation sizes greater than PAGE_SIZE - DELTA", which makes the waste explicit.',
    experiment:
      'Every size from 3,601 to 8,192 bytes on xmalloc-subpage over first-fit and over TLSF of 2008.',
    expected: 'There is one limit; what is served takes at most one page, what is larger always fails.',
  }),
  measure: async (laboratory) => {
    const limits: SubpageLimit[] = [];
    for (const engine of [FIRST_FIT, TLSF_2008]) {
      const sizes = Array.from({ length: 8192 - 3600 }, (_, index) => 3601 + index);
      const pages = await pagesBySize(laboratory, 'xmalloc-subpage', sizes, { engine });
      const firstRefused = pages.findIndex((size) => size.pages === undefined);
      const served = firstRefused < 0 ? pages : pages.slice(0, firstRefused);
      limits.push({
        engine,
        largestServed: served.at(-1)?.sizeBytes ?? 0,
        pagesMax: served.reduce((most, size) => Math.max(most, size.pages ?? 0), 0),
        servedAbove: pages.slice(served.length).filter((size) => size.pages !== undefined).length,
      });
    }
    return limits;
  },
  judge: (limits) =>
    confirmedIf(
      limits.length > 0 &&
        limits.every(
          ({ pagesMax, servedAbove, largestServed }) =>
            pagesMax === 1 && servedAbove === 0 && largestServed < PAGE_BYTES,
        ),
      limits
        .map(
          ({ engine, largestServed, pagesMax, servedAbove }) =>
            `Over ${engine} the limit is ${grouped(largestServed)} bytes (DELTA ${PAGE_BYTES - largestServed}), ` +
            `at most ${pagesMax} page a request below it, ${servedAbove} requests served above it`,
        )
        .join('; ') + '.',
    ),
});

export interface DispatchNumbers {
  readonly xmallocPages: number;
  readonly dispatchPages: number;
  /** Wrong releases that stopped the system, of those tried. */
  readonly caught: number;
  readonly wrong: number;
}

const WRONG_RELEASES = [
  ['alloc,1,100,0', 'free,1,0,0,,,,,page_free'],
  ['alloc,1,8192,0', 'free,1,0,0,,,,,xfree_subpage'],
  ['alloc,1,8192,0', 'free,1,0,0,,,,,page_free(2)'],
];

export const dispatchTrial = trial<DispatchNumbers>({
  claim: claim({
    name: 'proposal-caller-dispatch',
    statement:
      'Proposal 1: callers test the size themselves, call the sub-page or the page allocator, and remember which; "I think it isn’t unreasonable in a hypervisor".',
    experiment:
      'Sizes of 256 bytes to 8 pages in steps of 256 on caller-dispatch and on first-fit’s xmalloc; three releases with the wrong routine.',
    expected: 'Dispatching takes fewer pages, and each wrong release is detected.',
  }),
  measure: async (laboratory) => {
    const sizes = Array.from({ length: (8 * PAGE_BYTES) / 256 }, (_, index) => 256 * (index + 1));
    const total = async (engine: string): Promise<number> =>
      (await pagesBySize(laboratory, engine, sizes)).reduce((sum, { pages }) => sum + (pages ?? 0), 0);
    let caught = 0;
    for (const rows of WRONG_RELEASES) {
      const { outcome } = await laboratory.watch({ engine: 'caller-dispatch', trace: rows });
      caught += outcome.kind === 'corrupt' ? 1 : 0;
    }
    return {
      xmallocPages: await total(FIRST_FIT),
      dispatchPages: await total('caller-dispatch'),
      caught,
      wrong: WRONG_RELEASES.length,
    };
  },
  judge: ({ xmallocPages, dispatchPages, caught, wrong }) =>
    confirmedIf(
      dispatchPages < xmallocPages && caught === wrong,
      `All sizes together take ${grouped(dispatchPages)} pages dispatched, ${grouped(xmallocPages)} by xmalloc; ` +
        `${caught} of ${wrong} wrong releases are caught (by this model: the proposal itself leaves them to the caller).`,
    ),
});

export interface ArrayNumbers {
  readonly arrays: number;
  readonly arraysAbovePage: number;
  readonly others: number;
  readonly othersAbovePage: number;
  /** Allocations that xmalloc refuses where xmalloc_array keeps today's semantics. */
  readonly refused: number;
}

const LIFECYCLE = 'synth:domain-lifecycle?seconds=300';

export const arrayTrial = trial<ArrayNumbers>({
  claim: claim({
    name: 'compromise-xmalloc-array',
    statement:
      'Compromise: retain xmalloc_array, as its calls "are much more likely to exceed a page" than others.',
    experiment:
      'Xen’s own heap over five minutes of domain lifecycles (synthesized from Xen’s structure sizes) on xmalloc-array.',
    expected: 'Of the array calls a larger share exceeds a page than of the other calls.',
  }),
  measure: async (laboratory) => {
    const { operations } = await laboratory.watch({ engine: 'xmalloc-array', trace: LIFECYCLE });
    const calls = await laboratory.callsOf(LIFECYCLE);
    const count = (wanted: boolean, above: boolean): number =>
      calls.filter(
        ({ call, sizeBytes }) => call.endsWith('_array') === wanted && (!above || sizeBytes > PAGE_BYTES),
      ).length;
    return {
      arrays: count(true, false),
      arraysAbovePage: count(true, true),
      others: count(false, false),
      othersAbovePage: count(false, true),
      refused: operations.filter(({ placement }) => placement === NULL).length,
    };
  },
  judge: ({ arrays, arraysAbovePage, others, othersAbovePage, refused }) =>
    confirmedIf(
      arraysAbovePage * Math.max(1, others) > othersAbovePage * Math.max(1, arrays),
      `${arraysAbovePage} of ${grouped(arrays)} array calls ask for more than a page, ${othersAbovePage} of ` +
        `${grouped(others)} others; ${refused} plain calls would be refused.`,
    ),
});

/** The supplementary interface at one share of the call sites. */
export interface ShareNumbers {
  readonly sharePercent: number;
  readonly freeCyclesMax: number;
  readonly heldPagesPeak: number;
}

export const supplementTrial = trial<readonly ShareNumbers[]>({
  claim: claim({
    name: 'compromise-xmalloc-subpage',
    statement:
      'Compromise: retain xmalloc and its engine, "supplement it with a new xmalloc_subpage() interface and change caller-side code over time".',
    experiment:
      'A storm of 2,000 half-page objects; 0, 25, 50, 75 and 100 % of the calls moved to xmalloc_subpage on TLSF beside first-fit.',
    expected: 'The worst xfree falls with every share that moves.',
  }),
  measure: async (laboratory) => {
    const shares: ShareNumbers[] = [];
    for (const sharePercent of [0, 25, 50, 75, 100]) {
      const { pricings, metrics } = await laboratory.measure({
        trace: { specification: 'synth:half-page-storm?live=2000&ops=500' },
        engine: 'xmalloc-subpage',
        options: { share: String(sharePercent) },
      });
      shares.push({
        sharePercent,
        freeCyclesMax: pricings[0]?.metrics['free.cycles.max']?.value ?? 0,
        heldPagesPeak: (metrics['held.bytes.peak']?.value ?? 0) / PAGE_BYTES,
      });
    }
    return shares;
  },
  judge: (shares) => {
    const falls = shares.every(
      ({ freeCyclesMax }, index) => index === 0 || freeCyclesMax < shares[index - 1]!.freeCyclesMax,
    );
    const because = shares
      .map(
        ({ sharePercent, freeCyclesMax, heldPagesPeak }) =>
          `${sharePercent} %: worst xfree ${grouped(freeCyclesMax)} cycles, ${grouped(heldPagesPeak)} pages`,
      )
      .join('; ');
    const first = shares[0]?.heldPagesPeak ?? 0;
    const more = shares.some(({ heldPagesPeak }) => heldPagesPeak > first);
    return confirmedWith(
      shares.length > 1 && falls,
      `${because}.`,
      more ? 'While both engines run, neither can use what is free in the other’s pages.' : undefined,
    );
  },
});
