import { PAGE_BYTES } from '../../../machine/memory-layout';
import { groupedInteger as grouped } from '../../../text/numbers';
import { confirmedIf, confirmedWith, trial } from '../trial';
import { claim, VMALLOC, XENHEAP, XMALLOC, XVMALLOC } from './document';
import { checkerboard } from './fragmented';
import { singleRequest, type SingleRequest } from './single-request';

/** The TLDR rules: what following one costs, and what breaking it costs. */

/** One way to serve a program: how much memory it needs and how long it takes; undefined where it cannot be served. */
export interface WayNumbers {
  readonly engine: string;
  readonly smallestHeapPages: number | undefined;
  readonly cyclesTotal: number;
}

const PROGRAM = 'recorded:python-json';

export const ruleDefault = trial<readonly WayNumbers[]>({
  claim: claim({
    name: 'rule-default-xvmalloc',
    statement: 'By default, xvmalloc should be used.',
    experiment: `A recorded program (${PROGRAM}) on xvmalloc (following) and on xmalloc, alloc_xenheap_pages and vmalloc (breaking): smallest heap, cycles of all operations.`,
    expected: 'No other allocator needs a smaller heap.',
  }),
  measure: async (laboratory) => {
    const ways: WayNumbers[] = [];
    for (const engine of [XVMALLOC, XMALLOC, XENHEAP, VMALLOC]) {
      const found = await laboratory.smallestHeap(PROGRAM, engine);
      const { pricings } = await laboratory.measure({ trace: { specification: PROGRAM }, engine });
      ways.push({
        engine,
        smallestHeapPages: found.kind === 'found' ? found.heapPages : undefined,
        cyclesTotal: pricings[0]?.metrics['cycles.total']?.value ?? 0,
      });
    }
    return ways;
  },
  judge: ([following, ...breaking]) => {
    const text = ({ engine, smallestHeapPages, cyclesTotal }: WayNumbers): string =>
      `${engine} ${smallestHeapPages === undefined ? 'no heap suffices' : `${grouped(smallestHeapPages)} pages`}, ${grouped(cyclesTotal)} cycles`;
    const heap = following?.smallestHeapPages;
    if (following === undefined || heap === undefined) {
      return { verdict: 'refuted', because: 'The program does not complete on xvmalloc.' };
    }
    const smallest = breaking.every(({ smallestHeapPages }) => (smallestHeapPages ?? Infinity) >= heap);
    const faster = breaking.filter(({ cyclesTotal }) => cyclesTotal < following.cyclesTotal);
    return confirmedWith(
      smallest,
      `Following it: ${text(following)}. Breaking it: ${breaking.map(text).join('; ')}.`,
      faster.length === 0
        ? undefined
        : `It has a price: ${faster.map(({ engine }) => engine).join(' and ')} take fewer cycles.`,
    );
  },
});

export interface PairNumbers {
  readonly following: SingleRequest;
  readonly breaking: SingleRequest;
}

const pairText = ({ following, breaking }: PairNumbers): string =>
  `${Math.ceil(following.sizeBytes / PAGE_BYTES)} pages: ${following.pages} pages and ${grouped(following.cycles)} cycles ` +
  `following, ${breaking.pages} and ${grouped(breaking.cycles)} breaking`;

const pairs = (
  name: string,
  statement: string,
  follow: string,
  breakIt: string,
  pagesAsked: readonly number[],
) => ({
  words: {
    name,
    statement,
    experiment: `An object of ${pagesAsked.join(', ')} pages allocated and freed on ${follow} (following) and on ${breakIt} (breaking).`,
  },
  pagesAsked,
  follow,
  breakIt,
});

const powerOfTwo = pairs(
  'rule-contiguous-order',
  'Memory that must be contiguous, may exceed a page "and is order 2": use alloc_xenheap_pages.',
  XENHEAP,
  XMALLOC,
  [2, 4, 8],
);

export const rulePowerOfTwo = trial<readonly PairNumbers[]>({
  claim: claim({
    ...powerOfTwo.words,
    expected: 'alloc_xenheap_pages takes no more pages and fewer cycles.',
  }),
  measure: async (laboratory) => {
    const numbers: PairNumbers[] = [];
    for (const pages of powerOfTwo.pagesAsked) {
      numbers.push({
        following: await singleRequest(laboratory, XENHEAP, pages * PAGE_BYTES),
        breaking: await singleRequest(laboratory, XMALLOC, pages * PAGE_BYTES),
      });
    }
    return numbers;
  },
  judge: (numbers) => {
    const good = numbers.filter(
      ({ following, breaking }) => following.pages <= breaking.pages && following.cycles < breaking.cycles,
    );
    const beyond = good.filter(({ following }) => following.sizeBytes !== 4 * PAGE_BYTES);
    return confirmedWith(
      good.some(({ following }) => following.sizeBytes === 4 * PAGE_BYTES),
      `${numbers.map(pairText).join('; ')}.`,
      beyond.length === 0
        ? undefined
        : 'It holds for every power of two tried, not for order 2 (four pages) alone, as the body of the text has it.',
    );
  },
});

const notPower = pairs(
  'rule-contiguous-other',
  'Memory that must be contiguous, may exceed a page "and is not order 2": use xmalloc.',
  XMALLOC,
  XENHEAP,
  [3, 5, 6, 7],
);

export const ruleNotPower = trial<readonly PairNumbers[]>({
  claim: claim({ ...notPower.words, expected: 'xmalloc takes fewer pages.' }),
  measure: async (laboratory) => {
    const numbers: PairNumbers[] = [];
    for (const pages of notPower.pagesAsked) {
      numbers.push({
        following: await singleRequest(laboratory, XMALLOC, pages * PAGE_BYTES),
        breaking: await singleRequest(laboratory, XENHEAP, pages * PAGE_BYTES),
      });
    }
    return numbers;
  },
  judge: (numbers) =>
    confirmedIf(
      numbers.length > 0 && numbers.every(({ following, breaking }) => following.pages < breaking.pages),
      `${numbers.map(pairText).join('; ')}.`,
    ),
});

export interface AlwaysAboveNumbers {
  readonly vmalloc: SingleRequest;
  readonly xvmalloc: SingleRequest;
  readonly vmallocSucceedsFragmented: boolean;
  readonly xmallocSucceedsFragmented: boolean;
}

export const ruleAboveAPage = trial<AlwaysAboveNumbers>({
  claim: claim({
    name: 'rule-always-above-a-page',
    statement: 'Where contiguity is not needed and the size is always above PAGE_SIZE, vmalloc may be used.',
    experiment:
      'Objects of 5 pages on vmalloc (following) and xvmalloc; 8 pages on fragmented memory on vmalloc and on xmalloc (breaking).',
    expected: 'vmalloc costs no more than xvmalloc, and succeeds on fragmented memory where xmalloc fails.',
  }),
  measure: async (laboratory) => ({
    vmalloc: await singleRequest(laboratory, VMALLOC, 5 * PAGE_BYTES),
    xvmalloc: await singleRequest(laboratory, XVMALLOC, 5 * PAGE_BYTES),
    vmallocSucceedsFragmented: (await checkerboard(laboratory, VMALLOC)).succeeds,
    xmallocSucceedsFragmented: (await checkerboard(laboratory, XMALLOC)).succeeds,
  }),
  judge: ({ vmalloc, xvmalloc, vmallocSucceedsFragmented, xmallocSucceedsFragmented }) => {
    const word = (succeeds: boolean): string => (succeeds ? 'succeeds' : 'fails');
    return confirmedIf(
      vmalloc.pages <= xvmalloc.pages &&
        vmalloc.cycles <= xvmalloc.cycles &&
        vmallocSucceedsFragmented &&
        !xmallocSucceedsFragmented,
      `Following it: ${grouped(vmalloc.cycles)} cycles against ${grouped(xvmalloc.cycles)} of xvmalloc. Breaking it: on ` +
        `fragmented memory vmalloc ${word(vmallocSucceedsFragmented)}, xmalloc ${word(xmallocSucceedsFragmented)}.`,
    );
  },
});

export interface AlwaysBelowNumbers {
  readonly xmalloc: SingleRequest;
  readonly xvmalloc: SingleRequest;
  readonly vmalloc: SingleRequest;
}

export const ruleBelowAPage = trial<AlwaysBelowNumbers>({
  claim: claim({
    name: 'rule-always-below-a-page',
    statement: 'Where the allocation is always below PAGE_SIZE, xmalloc may be used.',
    experiment: 'Objects of 100 bytes on xmalloc (following), xvmalloc, and vmalloc (breaking).',
    expected: 'xmalloc costs no more than xvmalloc, and less than vmalloc in pages and cycles.',
  }),
  measure: async (laboratory) => ({
    xmalloc: await singleRequest(laboratory, XMALLOC, 100),
    xvmalloc: await singleRequest(laboratory, XVMALLOC, 100),
    vmalloc: await singleRequest(laboratory, VMALLOC, 100),
  }),
  judge: ({ xmalloc, xvmalloc, vmalloc }) => {
    const text = (way: SingleRequest): string =>
      `${grouped(way.cycles)} cycles and ${way.pages === 1 ? '1 new page' : `${way.pages} new pages`}`;
    return confirmedIf(
      xmalloc.cycles <= xvmalloc.cycles && xmalloc.cycles < vmalloc.cycles && xmalloc.pages < vmalloc.pages,
      `Following it: ${text(xmalloc)}; xvmalloc ${text(xvmalloc)}. Breaking it with vmalloc: ${text(vmalloc)}.`,
    );
  },
});
