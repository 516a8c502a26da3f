import { isVirtual } from '../../../../traces/trace';
import { PAGE_BYTES } from '../../../machine/memory-layout';
import { decimalRatio, groupedInteger as grouped } from '../../../text/numbers';
import { growthPerDoubling, type Point } from '../growth';
import { confirmedIf, confirmedWith, trial } from '../trial';
import { claim, VMALLOC, XMALLOC, XVMALLOC } from './document';
import { checkerboard, leftover, type CheckerboardNumbers, type LeftoverNumbers } from './fragmented';
import { singleRequest, type SingleRequest } from './single-request';
import { checkerboardText, pagesText, unusablePerMille, unusableText } from './words';

/** `vmalloc` and `xvmalloc`: pages that are contiguous in a virtual area alone. */

const LITTLE_PER_MILLE = 100;

export const vmallocPages = trial<readonly SingleRequest[]>({
  claim: claim({
    name: 'vmalloc-pages-and-guard',
    statement: 'vmalloc allocates full pages one by one and maps them "separated by a guard page".',
    experiment: 'Objects of 1 byte to 8 pages on vmalloc: pages taken, address space from one to the next.',
    expected: 'As many pages as needed, one page of address space more.',
  }),
  measure: (laboratory) =>
    Promise.all([1, 4096, 4097, 20_000, 32_768].map((size) => singleRequest(laboratory, VMALLOC, size))),
  judge: (requests) =>
    confirmedIf(
      requests.length > 0 &&
        requests.every(
          ({ sizeBytes, pages, strideBytes }) =>
            pages === Math.ceil(sizeBytes / PAGE_BYTES) && strideBytes === (pages + 1) * PAGE_BYTES,
        ),
      `Pages asked for → taken: ${requests.map(pagesText).join(', ')}; from one object to the next ` +
        `${requests.map(({ strideBytes }) => strideBytes / PAGE_BYTES).join(', ')} pages of address space.`,
    ),
});

export const vmallocSmallWaste = trial<{ readonly vmalloc: SingleRequest; readonly perPage: number }>({
  claim: claim({
    name: 'vmalloc-wasteful-below-a-page',
    statement: 'Using vmalloc for less than PAGE_SIZE "is wasteful".',
    experiment: 'Objects of 100 bytes: pages taken by one on vmalloc, objects in a page on xmalloc-tlsf.',
    expected: 'One page an object against many objects a page.',
  }),
  measure: async (laboratory) => {
    const { operations } = await laboratory.watch({
      engine: XMALLOC,
      trace: Array.from({ length: 400 }, (_, id) => `alloc,${id},100,0`),
    });
    const first = operations[0]?.heldBytes ?? 0;
    const last = operations.at(-1)?.heldBytes ?? 0;
    return {
      vmalloc: await singleRequest(laboratory, VMALLOC, 100),
      perPage: Math.floor(400 / ((last - first) / PAGE_BYTES + 1)),
    };
  },
  judge: ({ vmalloc, perPage }) =>
    confirmedIf(
      vmalloc.pages >= 1 && perPage > 1,
      `An object of 100 bytes takes ${vmalloc.pages} page of vmalloc's; xmalloc puts ${perPage} in one.`,
    ),
});

export const vmallocUnaffected = trial<CheckerboardNumbers>({
  claim: claim({
    name: 'vmalloc-unaffected-not-contiguous',
    statement:
      'vmalloc’s memory is not physically contiguous, so it "is not adversely affected by excessive system fragmentation".',
    experiment: 'A request of 8 pages on vmalloc on a heap of 512 pages of which every second is taken.',
    expected: 'It succeeds, with pages that do not follow each other.',
  }),
  measure: (laboratory) => checkerboard(laboratory, VMALLOC),
  judge: (numbers) => confirmedIf(numbers.succeeds && !numbers.contiguous, checkerboardText(numbers)),
});

export const vmallocHarmless = trial<LeftoverNumbers>({
  claim: claim({
    name: 'vmalloc-contributes-nothing',
    statement: 'vmalloc does not "contribute" to fragmentation.',
    experiment: 'Objects of 5 pages fill three quarters of a heap of 512 pages; three of four are freed.',
    expected: 'Less than a tenth of the free pages is lost to requests of 8 pages.',
  }),
  measure: (laboratory) => leftover(laboratory, VMALLOC, 5 * PAGE_BYTES, 5),
  judge: (numbers) =>
    confirmedIf(
      numbers.freePages > 0 && unusablePerMille(numbers) < LITTLE_PER_MILLE,
      `${unusableText(numbers)}: what vmalloc keeps lies wherever single pages were free.`,
    ),
});

export interface MappingCost {
  readonly pages: number;
  readonly vmallocCycles: number;
  readonly xmallocCycles: number;
  readonly maps: number;
  readonly unmaps: number;
}

export interface MappingNumbers {
  readonly costs: readonly MappingCost[];
  /** Longest vmalloc, in instructions, with so many mappings live whose neighbours come and go. */
  readonly search: readonly Point[];
}

export const vmallocMapping = trial<MappingNumbers>({
  claim: claim({
    name: 'vmalloc-mapping-cost',
    statement:
      'vmalloc and vfree require a map and an unmap operation, "both of which adversely affect system performance".',
    experiment:
      'An object of 1, 2, 4 and 8 pages allocated and freed on vmalloc and on xmalloc-tlsf; then 250 to 2,000 live mappings of which the first and the last are replaced in turn.',
    expected: 'vmalloc costs more than xmalloc at every size.',
  }),
  measure: async (laboratory) => {
    const costs: MappingCost[] = [];
    for (const pages of [1, 2, 4, 8]) {
      const mapped = await singleRequest(laboratory, VMALLOC, pages * PAGE_BYTES);
      const plain = await singleRequest(laboratory, XMALLOC, pages * PAGE_BYTES);
      const { maps, unmaps, cycles } = mapped;
      costs.push({ pages, vmallocCycles: cycles, xmallocCycles: plain.cycles, maps, unmaps });
    }
    const search: Point[] = [];
    for (const live of [250, 500, 1000, 2000]) {
      const { operations } = await laboratory.watch({ engine: VMALLOC, trace: replacedMappings(live) });
      const replaced = operations.slice(-REPLACED).map(({ instructions }) => instructions);
      search.push({ live, cost: Math.max(...replaced) });
    }
    return { costs, search };
  },
  judge: ({ costs, search }) => {
    const dearer = costs.length > 0 && costs.every((cost) => cost.vmallocCycles > cost.xmallocCycles);
    const growth = growthPerDoubling(search) ?? 0;
    const most = search.reduce((max, { cost }) => Math.max(max, cost), 0);
    return confirmedWith(
      dearer,
      costs
        .map(
          ({ pages, vmallocCycles, xmallocCycles, maps, unmaps }) =>
            `${pages} page${pages === 1 ? '' : 's'}: ${grouped(vmallocCycles)} cycles with ${maps} mapped and ${unmaps} unmapped, ` +
            `xmalloc ${grouped(xmallocCycles)}`,
        )
        .join('; ') + '.',
      growth >= 1500
        ? `Not said: the search for addresses is linear in the live mappings; on average, a doubling of them multiplies the instructions of the longest vmalloc by ` +
            `${decimalRatio(growth, 1000, 2)}, to ${grouped(most)} at ${grouped(search.at(-1)?.live ?? 0)}.`
        : undefined,
    );
  },
});

const REPLACED = 2;

/** One-page mappings; the first is freed, which pulls the search back to the start, and two two-page ones follow. */
function replacedMappings(live: number): string[] {
  return [
    ...Array.from({ length: live }, (_, id) => `alloc,${id},4096,0`),
    'free,0,0,0',
    `alloc,${live},8192,0`,
    `alloc,${live + 1},8192,0`,
  ];
}

export interface XvmallocBoundary {
  /** The smallest size that is mapped, and the largest that is not. */
  readonly firstMapped: number | undefined;
  readonly lastPlain: number | undefined;
}

export const xvmallocBoundary = trial<XvmallocBoundary>({
  claim: claim({
    name: 'xvmalloc-boundary',
    statement:
      'xvmalloc is like xmalloc, "except that for allocations > PAGE_SIZE, it calls vmalloc instead".',
    experiment: 'Every size from 4,000 to 4,200 bytes on xvmalloc: which are mapped?',
    expected: 'Exactly those above 4,096 bytes.',
  }),
  measure: async (laboratory) => {
    const { operations } = await laboratory.watch({
      engine: XVMALLOC,
      trace: Array.from({ length: 201 }, (_, index) => `alloc,${index},${4000 + index},0`),
    });
    return {
      firstMapped: operations.find(({ placement }) => isVirtual(placement))?.sizeBytes,
      lastPlain: operations.filter(({ placement }) => !isVirtual(placement)).at(-1)?.sizeBytes,
    };
  },
  judge: ({ firstMapped, lastPlain }) =>
    confirmedIf(
      firstMapped === PAGE_BYTES + 1 && lastPlain === PAGE_BYTES,
      `The smallest size mapped is ${firstMapped ?? 'none'}, the largest that is not ${lastPlain ?? 'none'}.`,
    ),
});
