import type { Quirk } from '../../harness/replay/port';
import { BUG, NULL } from '../../traces/trace';
import { NULL_NEAR_PAGE } from '../xen/tlsf-quirks';

/** What the engines below show through the adapters, and what two engines side by side bring about. */

const EVERYONE = { share: '100' };

/** @param options what the adapter needs besides so that the engine below serves the request */
export function quirksOfInner(options: Readonly<Record<string, string>> = {}): readonly Quirk[] {
  const overFirstFit = { ...options, engine: 'xmalloc-first-fit' };
  return [
    {
      ...NULL_NEAR_PAGE,
      demonstration: {
        ...NULL_NEAR_PAGE.demonstration!,
        options: { ...options, engine: 'xmalloc-tlsf-2008' },
      },
    },
    {
      name: 'stops-beyond-cache-line',
      summary: 'Over first-fit a request for an alignment above 128 bytes is a fatal bug check.',
      source: 'xmalloc.c, BUG_ON(align > SMP_CACHE_BYTES)',
      demonstration: {
        options: overFirstFit,
        operations: ['alloc,1,64,256'],
        shows: ({ placements }) => placements[0] === BUG,
      },
      breaks: { guarantee: 'served', by: ({ align }) => align > 128 },
    },
  ];
}

const REFUSES: Quirk = {
  name: 'refuses-above-page',
  summary: 'What does not fit a page with its header (3968 bytes over first-fit, 4032 over TLSF) is refused.',
  source: 'the RFC of October 2008: PAGE_SIZE − DELTA',
  demonstration: {
    options: { engine: 'xmalloc-first-fit' },
    operations: ['alloc,1,3968,0', 'alloc,2,3969,0', 'alloc,3,8192,0'],
    shows: ({ placements }) => placements[0] !== NULL && placements[1] === NULL && placements[2] === NULL,
  },
  breaks: { guarantee: 'served', by: ({ sizeBytes }) => sizeBytes > 3968 },
};

export const ARRAY_QUIRKS: readonly Quirk[] = [...quirksOfInner(), REFUSES];

export const SUBPAGE_QUIRKS: readonly Quirk[] = [
  ...quirksOfInner(EVERYONE),
  {
    ...REFUSES,
    demonstration: {
      ...REFUSES.demonstration!,
      options: { ...EVERYONE, engine: 'xmalloc-first-fit' },
    },
  },
  {
    name: 'two-heaps',
    summary:
      'Beside another engine, what is freed in one cannot be used by the other unless a whole page is.',
    source: 'the RFC of October 2008, proposal 3: two allocators over one page allocator',
    demonstration: {
      options: { share: '50', engine: 'xmalloc-tlsf-2008', beside: 'xmalloc-first-fit' },
      operations: [
        ...['alloc,1,100,0', 'alloc,2,100,0', 'alloc,3,2000,0', 'alloc,4,100,0'],
        ...['free,3,0,0', 'alloc,5,100,0', 'alloc,6,2000,0'],
      ],
      shows: ({ placements }) => placements[2] !== placements[6],
    },
    breaks: { guarantee: 'returned', by: () => true },
  },
];
