import { PAGE_BYTES } from '../../../machine/memory-layout';
import { percentText } from '../../../text/numbers';
import { confirmedIf, trial } from '../trial';
import { claim, VMALLOC, XENHEAP, XMALLOC } from './document';
import { checkerboard, leftover, type CheckerboardNumbers, type LeftoverNumbers } from './fragmented';
import { singleRequest, type SingleRequest } from './single-request';
import { checkerboardText, unusablePerMille, unusableText } from './words';

/** `xmem_pool_alloc`: xmalloc below a page. */

const SMALL_SIZES = [16, 100, 1000, 2000, 4000];

export interface PoolBoundary {
  /** The smallest size that is served by a page of its own, at its start. */
  readonly firstWholePage: number | undefined;
  readonly gapless: boolean;
}

export const twoAllocators = trial<PoolBoundary>({
  claim: claim({
    name: 'xmalloc-two-allocators',
    statement:
      'xmalloc is two allocators: below PAGE_SIZE xmem_pool_alloc, from PAGE_SIZE on xmalloc_whole_pages.',
    experiment:
      'Every size from 3,901 to 4,300 bytes on xmalloc-tlsf: which are placed at the start of a page?',
    expected: 'Exactly those from 4,096 bytes on.',
  }),
  measure: async (laboratory) => {
    const sizes = Array.from({ length: 400 }, (_, index) => 3901 + index);
    const { operations } = await laboratory.watch({
      engine: XMALLOC,
      trace: sizes.map((size) => `alloc,${size},${size},0`),
    });
    const whole = operations.filter(({ placement }) => placement % PAGE_BYTES === 0);
    const first = whole[0]?.sizeBytes;
    return {
      firstWholePage: first,
      gapless: first !== undefined && whole.length === operations.filter(({ id }) => id >= first).length,
    };
  },
  judge: ({ firstWholePage, gapless }) => {
    const because =
      firstWholePage === undefined
        ? 'No size has pages of its own.'
        : `Sizes from ${firstWholePage} bytes on have pages of their own${gapless ? '' : ', with gaps'}.`;
    if (firstWholePage === undefined || !gapless || firstWholePage > PAGE_BYTES) {
      return { verdict: 'refuted', because };
    }
    return firstWholePage === PAGE_BYTES
      ? { verdict: 'confirmed', because }
      : {
          verdict: 'confirmed with a correction',
          because: `${because} The pool ends ${PAGE_BYTES - firstWholePage} bytes before a page: headers and size classes.`,
        };
  },
});

export const poolUnmapped = trial<readonly SingleRequest[]>({
  claim: claim({
    name: 'xmalloc-pool-unmapped',
    statement: 'xmem_pool_alloc: "no pages are mapped or unmapped".',
    experiment: 'Objects of 16 to 4,000 bytes on xmalloc-tlsf.',
    expected: 'No map, unmap or TLB flush.',
  }),
  measure: (laboratory) => Promise.all(SMALL_SIZES.map((size) => singleRequest(laboratory, XMALLOC, size))),
  judge: (requests) => {
    const events = requests.reduce(
      (sum, { maps, unmaps, tlbFlushes }) => sum + maps + unmaps + tlbFlushes,
      0,
    );
    return confirmedIf(
      requests.length > 0 && events === 0,
      `${events} maps, unmaps and flushes in ${requests.length} lives.`,
    );
  },
});

export interface SmallWaste {
  readonly xmalloc: number;
  readonly xenheap: number;
  readonly vmalloc: number;
}

export const poolWaste = trial<SmallWaste>({
  claim: claim({
    name: 'xmalloc-pool-waste',
    statement: 'xmem_pool_alloc expects sub-page allocations, "so a minimum of space is wasted".',
    experiment:
      'Waste at the peak of a recorded program (python-json) on xmalloc-tlsf, xenheap-pages and vmalloc.',
    expected: 'xmalloc wastes the smallest share, less than a quarter.',
  }),
  measure: async (laboratory) => {
    const wasteOf = async (engine: string): Promise<number> =>
      (await laboratory.measure({ trace: { specification: 'recorded:python-json' }, engine })).metrics[
        'waste.peak'
      ]?.value ?? 0;
    return {
      xmalloc: await wasteOf(XMALLOC),
      xenheap: await wasteOf(XENHEAP),
      vmalloc: await wasteOf(VMALLOC),
    };
  },
  judge: ({ xmalloc, xenheap, vmalloc }) =>
    confirmedIf(
      xmalloc < 2500 && xmalloc < xenheap && xmalloc < vmalloc,
      `xmalloc ${percentText(xmalloc)}, alloc_xenheap_pages ${percentText(xenheap)}, vmalloc ${percentText(vmalloc)}.`,
    ),
});

export const poolSurvives = trial<CheckerboardNumbers>({
  claim: claim({
    name: 'xmalloc-pool-fails-only-when-out',
    statement:
      'xmem_pool_alloc takes pages one by one, so it is "unlikely to fail unless Xen is genuinely out of memory".',
    experiment: 'A request of 4,000 bytes on xmalloc-tlsf on a heap of which every second page is taken.',
    expected: 'It succeeds where a request of 8 pages fails.',
  }),
  measure: (laboratory) => checkerboard(laboratory, XMALLOC, 4000),
  judge: (numbers) =>
    confirmedIf(numbers.succeeds && numbers.largestFreePages < 8, checkerboardText(numbers)),
});

export interface PoolLeftover {
  readonly sizeBytes: number;
  readonly left: LeftoverNumbers;
}

const LITTLE_PER_MILLE = 100;

export const poolFragmentsLittle = trial<readonly PoolLeftover[]>({
  claim: claim({
    name: 'xmalloc-pool-fragments-little',
    statement: 'xmem_pool_alloc, page by page, "doesn’t have a major effect on fragmentation of memory".',
    experiment:
      'Objects of 200, 1,000 and 3,000 bytes fill three quarters of a heap of 512 pages; three of four are freed.',
    expected: 'Less than a tenth of the free pages is lost to requests of 8 pages, whatever the size.',
  }),
  measure: async (laboratory) => {
    const rows: PoolLeftover[] = [];
    for (const [sizeBytes, pagesEach] of [
      [200, 1 / 18],
      [1000, 1 / 3],
      [3000, 1],
    ] as const) {
      rows.push({ sizeBytes, left: await leftover(laboratory, XMALLOC, sizeBytes, pagesEach) });
    }
    return rows;
  },
  judge: (rows) => {
    const little = rows.filter(({ left }) => unusablePerMille(left) < LITTLE_PER_MILLE);
    const because = rows.map(({ sizeBytes, left }) => `${sizeBytes} bytes: ${unusableText(left)}`).join('; ');
    if (little.length === 0) {
      return { verdict: 'refuted', because: `${because}.` };
    }
    return little.length === rows.length
      ? { verdict: 'confirmed', because: `${because}.` }
      : {
          verdict: 'confirmed with a correction',
          because: `${because}. Objects of which one fills a page pin single pages all over the heap.`,
        };
  },
});
