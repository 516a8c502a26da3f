import { PAGE_BYTES } from '../../../machine/memory-layout';
import { pagesBySize } from '../requests';
import { confirmedIf, confirmedWith, trial } from '../trial';
import { claim, FIRST_FIT, TLSF_2008 } from './document';

/** What xmalloc takes for sizes around a page, found by asking for every size. */

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

interface Doubling {
  readonly engine: string;
  readonly asked: number;
  readonly taken: number | undefined;
}

export const wholePagesTrial = trial<readonly Doubling[]>({
  claim: claim({
    name: 'page-takes-two',
    statement:
      '"xmalloc\'ing a page actually allocates two contiguous pages, xmalloc\'ing two pages actually allocates four and so on."',
    experiment: 'One request of 1, 2, 3, 4 and 8 pages on first-fit and on TLSF of 2008; pages taken for it.',
    expected: 'A request of 2^k pages takes 2^(k+1).',
  }),
  measure: async (laboratory) => {
    const taken: Doubling[] = [];
    for (const engine of [FIRST_FIT, TLSF_2008]) {
      const sizes = [1, 2, 3, 4, 8].map((pages) => pages * PAGE_BYTES);
      for (const { sizeBytes, pages } of await pagesBySize(laboratory, engine, sizes)) {
        taken.push({ engine, asked: sizeBytes / PAGE_BYTES, taken: pages });
      }
    }
    return taken;
  },
  judge: (all) => {
    const powers = all.filter(({ asked }) => (asked & (asked - 1)) === 0);
    const others = all.filter(({ asked }) => (asked & (asked - 1)) !== 0);
    const doubled = powers.length > 0 && powers.every(({ asked, taken }) => taken === 2 * asked);
    const shown = (row: Doubling): string => `${row.engine} ${row.asked} → ${row.taken ?? 'fails'}`;
    const mild = others.filter(({ asked, taken }) => taken !== undefined && taken < 2 * asked);
    return confirmedWith(
      doubled,
      `Pages asked for → taken: ${all.map(shown).join(', ')}.`,
      mild.length === 0
        ? undefined
        : 'Only powers of two double: between them the header fits into what the order takes anyway.',
    );
  },
});

/** The first size below a page that takes two pages, and whether all from there on do. */
export interface Threshold {
  readonly engine: string;
  readonly first: number | undefined;
  readonly gapless: boolean;
}

export const nearPageTrial = trial<readonly Threshold[]>({
  claim: claim({
    name: 'less-than-a-page-takes-two',
    statement:
      '"Worse, xmalloc\'ing slightly LESS than a page, actually allocates two contiguous pages", because of the block header.',
    experiment: 'One request of every size from 3,601 to 4,095 bytes on first-fit and TLSF of 2008.',
    expected: 'From some size below a page on, every request takes two pages.',
  }),
  measure: async (laboratory) => {
    const thresholds: Threshold[] = [];
    for (const engine of [FIRST_FIT, TLSF_2008]) {
      const pages = await pagesBySize(laboratory, engine, range(3601, PAGE_BYTES - 1));
      const from = pages.findIndex((size) => size.pages === 2);
      thresholds.push({
        engine,
        first: pages[from]?.sizeBytes,
        gapless: from >= 0 && pages.slice(from).every((size) => size.pages === 2),
      });
    }
    return thresholds;
  },
  judge: (thresholds) =>
    confirmedIf(
      thresholds.length > 0 && thresholds.every(({ gapless }) => gapless),
      thresholds
        .map(({ engine, first, gapless }) =>
          first === undefined
            ? `${engine}: none takes two pages`
            : `${engine}: two pages from ${first} bytes on${gapless ? '' : ', with gaps'}`,
        )
        .join('; ') + '.',
    ),
});

/** Sizes up to a page that fail although memory is free. */
export interface Refusals {
  readonly asked: number;
  readonly refused: readonly number[];
  readonly stormAllocations: number;
  readonly stormFailures: number;
}

export const hackedTlsfTrial = trial<Refusals>({
  claim: claim({
    name: 'tlsf-meets-near-page-needs',
    statement:
      'The TLSF hacked into Xen is "enough to meet my needs for now": storms of near-page-sized items.',
    experiment:
      'On TLSF of 2008, with memory in plenty, every size from 1 to 4,096 bytes, and a storm of 1,000 near-page-sized objects.',
    expected: 'No request fails.',
  }),
  measure: async (laboratory) => {
    const pages = await pagesBySize(laboratory, TLSF_2008, range(1, PAGE_BYTES));
    const storm = await laboratory.measure({
      trace: { specification: 'synth:near-page-storm?live=1000&ops=1000' },
      engine: TLSF_2008,
    });
    return {
      asked: pages.length,
      refused: pages.filter((size) => size.pages === undefined).map(({ sizeBytes }) => sizeBytes),
      stormAllocations: storm.metrics['alloc.operations']?.value ?? 0,
      stormFailures: storm.outcome.kind === 'ok' ? storm.outcome.failedAllocations : 0,
    };
  },
  judge: ({ asked, refused, stormAllocations, stormFailures }) => {
    if (refused.length === 0 && stormFailures === 0) {
      return confirmedIf(true, `None of ${asked} sizes and ${stormAllocations} storm allocations fails.`);
    }
    const because =
      `${refused.length} of ${asked} sizes fail whatever memory is free, from ${refused[0]} to ${refused.at(-1)} bytes, ` +
      `and ${stormFailures} of the storm's ${stormAllocations} allocations.`;
    // One hole in the sizes is a bug of the port; a storm that mostly fails would be another matter.
    return 2 * stormFailures < stormAllocations
      ? {
          verdict: 'confirmed with a correction',
          because: `${because} They round to a size class above a page's single block.`,
        }
      : { verdict: 'refuted', because };
  },
});
