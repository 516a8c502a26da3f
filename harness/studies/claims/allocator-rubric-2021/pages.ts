import { PAGE_BYTES } from '../../../machine/memory-layout';
import { decimalRatio } from '../../../text/numbers';
import { confirmedIf, trial } from '../trial';
import { claim, XENHEAP, XMALLOC } from './document';
import { checkerboard, leftover, type CheckerboardNumbers, type LeftoverNumbers } from './fragmented';
import { singleRequest, type SingleRequest } from './single-request';
import { checkerboardText, pagesText, unusablePerMille, unusableText } from './words';

/** `alloc_xenheap_pages` and `xmalloc_whole_pages`: contiguous pages. */

const SIZES = [1, 2, 3, 4, 5, 6, 7, 8].map((pages) => pages * PAGE_BYTES);
const ODD_BYTES = 5 * PAGE_BYTES;
/** What a claim of little fragmentation allows: one free page in ten lost to requests of 8 pages. */
const LITTLE_PER_MILLE = 100;

const contiguousTrial = (name: string, statement: string, engine: string) =>
  trial<readonly SingleRequest[]>({
    claim: claim({
      name,
      statement,
      experiment: `An object of 1 to 8 pages on ${engine}, allocated and freed.`,
      expected: 'Every object is contiguous; nothing is mapped, unmapped or flushed.',
    }),
    measure: (laboratory) => Promise.all(SIZES.map((size) => singleRequest(laboratory, engine, size))),
    judge: (requests) =>
      confirmedIf(
        requests.length > 0 &&
          requests.every(
            ({ contiguous, maps, unmaps, tlbFlushes }) => contiguous && maps + unmaps + tlbFlushes === 0,
          ),
        `${requests.filter(({ contiguous }) => contiguous).length} of ${requests.length} objects are contiguous, with ` +
          `${requests.reduce((sum, { maps, unmaps }) => sum + maps + unmaps, 0)} pages mapped or unmapped.`,
      ),
  });

export const xenheapContiguous = contiguousTrial(
  'xenheap-contiguous-unmapped',
  'alloc_xenheap_pages gives physically contiguous pages; "no mapping or unmapping is done".',
  XENHEAP,
);
export const wholePagesContiguous = contiguousTrial(
  'xmalloc-whole-contiguous-unmapped',
  'xmalloc of a page and more "incurs no mapping or unmapping overhead" and is physically contiguous.',
  XMALLOC,
);

export const xenheapWaste = trial<readonly SingleRequest[]>({
  claim: claim({
    name: 'xenheap-waste',
    statement: 'alloc_xenheap_pages for "sizes not close to PAGE_SIZE * (1 << n)" wastes "a lot of space".',
    experiment: 'Pages taken for an object of 1 to 8 pages on xenheap-pages.',
    expected: 'Nothing is wasted at powers of two; between them up to almost half.',
  }),
  measure: (laboratory) => Promise.all(SIZES.map((size) => singleRequest(laboratory, XENHEAP, size))),
  judge: (requests) => {
    const wasted = ({ pages, sizeBytes }: SingleRequest): number => pages - sizeBytes / PAGE_BYTES;
    const isPower = ({ sizeBytes }: SingleRequest): boolean =>
      ((sizeBytes / PAGE_BYTES) & (sizeBytes / PAGE_BYTES - 1)) === 0;
    const worst = requests.reduce((most, request) => Math.max(most, wasted(request) / request.pages), 0);
    return confirmedIf(
      requests.some((request) => !isPower(request)) &&
        requests.every((request) => isPower(request) === (wasted(request) === 0)) &&
        worst >= 1 / 4,
      `Pages asked for → taken: ${requests.map(pagesText).join(', ')}.`,
    );
  },
});

export const wholePagesWaste = trial<{
  readonly xmalloc: readonly SingleRequest[];
  readonly xenheap: readonly SingleRequest[];
}>({
  claim: claim({
    name: 'xmalloc-whole-waste',
    statement:
      'xmalloc_whole_pages takes an order "large enough" and frees "all the pages which aren’t used": less waste than alloc_xenheap_pages.',
    experiment:
      'Pages taken for an object of 1 to 8 pages, less 100 bytes, on xmalloc-tlsf and on xenheap-pages.',
    expected: 'xmalloc takes exactly the pages needed, never more than xenheap, somewhere fewer.',
  }),
  measure: async (laboratory) => {
    const sizes = SIZES.slice(1).map((size) => size - 100);
    return {
      xmalloc: await Promise.all(sizes.map((size) => singleRequest(laboratory, XMALLOC, size))),
      xenheap: await Promise.all(sizes.map((size) => singleRequest(laboratory, XENHEAP, size))),
    };
  },
  judge: ({ xmalloc, xenheap }) => {
    const total = (requests: readonly SingleRequest[]): number =>
      requests.reduce((sum, { pages }) => sum + pages, 0);
    return confirmedIf(
      xmalloc.length > 0 &&
        xmalloc.every(({ pages, sizeBytes }) => pages === Math.ceil(sizeBytes / PAGE_BYTES)) &&
        total(xmalloc) < total(xenheap),
      `All ${xmalloc.length} sizes together: ${total(xmalloc)} pages by xmalloc, ${total(xenheap)} by alloc_xenheap_pages; ` +
        `xmalloc: ${xmalloc.map(pagesText).join(', ')}.`,
    );
  },
});

const mayFail = (name: string, statement: string, engine: string) =>
  trial<CheckerboardNumbers>({
    claim: claim({
      name,
      statement,
      experiment: `A request of 8 pages on ${engine}, on a heap of 512 pages of which every second is taken.`,
      expected: 'It fails although more pages are free.',
    }),
    measure: (laboratory) => checkerboard(laboratory, engine),
    judge: (numbers) => confirmedIf(!numbers.succeeds && numbers.freePages >= 8, checkerboardText(numbers)),
  });

export const xenheapMayFail = mayFail(
  'xenheap-may-fail-fragmented',
  'alloc_xenheap_pages "may fail if the memory becomes very fragmented".',
  XENHEAP,
);
export const wholePagesMayFail = mayFail(
  'xmalloc-whole-may-fail-fragmented',
  'xmalloc of several pages "may fail if memory fragmented to the point that a contiguous allocation … cannot be found".',
  XMALLOC,
);

export const xenheapContributesLittle = trial<LeftoverNumbers>({
  claim: claim({
    name: 'xenheap-contributes-little',
    statement: 'alloc_xenheap_pages does "not tend to contribute to that memory fragmentation much".',
    experiment: 'Objects of 5 pages fill three quarters of a heap of 512 pages; three of four are freed.',
    expected: 'Less than a tenth of the free pages is lost to requests of 8 pages.',
  }),
  measure: (laboratory) => leftover(laboratory, XENHEAP, ODD_BYTES, 8),
  judge: (numbers) =>
    confirmedIf(
      numbers.freePages > 0 && unusablePerMille(numbers) < LITTLE_PER_MILLE,
      `${unusableText(numbers)}.`,
    ),
});

export const wholePagesFragmentMore = trial<{
  readonly xmalloc: LeftoverNumbers;
  readonly xenheap: LeftoverNumbers;
}>({
  claim: claim({
    name: 'xmalloc-whole-fragments-more',
    statement: 'xmalloc of several pages "also tend[s] to fragment memory more" than alloc_xenheap_pages.',
    experiment: 'The same with xmalloc-tlsf beside xenheap-pages.',
    expected: 'A larger share of the free pages is lost to requests of 8 pages.',
  }),
  measure: async (laboratory) => ({
    xmalloc: await leftover(laboratory, XMALLOC, ODD_BYTES, 5),
    xenheap: await leftover(laboratory, XENHEAP, ODD_BYTES, 8),
  }),
  judge: ({ xmalloc, xenheap }) =>
    confirmedIf(
      unusablePerMille(xmalloc) > unusablePerMille(xenheap),
      `xmalloc: ${unusableText(xmalloc)}; alloc_xenheap_pages: ${unusableText(xenheap)} ` +
        `(${decimalRatio(unusablePerMille(xmalloc), 10, 1)} % against ${decimalRatio(unusablePerMille(xenheap), 10, 1)} %).`,
    ),
});
