import type { MetricName } from '../../metrics/registry';

/**
 * The worst cases that searches have found of the engines that ship: each a trace in `traces/adversaries`, which the
 * tests replay to the very value, and a line beside the bounds of its engine in reports.
 */
export interface WorstCase {
  readonly engine: string;
  readonly metric: MetricName;
  readonly value: number;
  readonly events: number;
  /** As in `adversaries:NAME`. */
  readonly trace: string;
  readonly pricing: string;
  readonly heapPages: number;
  readonly cause: string;
  /** The command that found what the trace was shrunk from. */
  readonly foundBy: string;
}

const DEFAULTS = { pricing: 'zen4-2022', heapPages: 8192 } as const;

/** In the order of engines, then metrics. */
export const WORST_CASES: readonly WorstCase[] = [
  {
    ...DEFAULTS,
    engine: 'plan9-pool',
    metric: 'search.steps.max',
    value: 1245,
    events: 534,
    trace: 'plan9-pool-tree',
    cause: 'free blocks of ever other sizes make a list of the tree that nobody balances',
    foundBy: 'search -a plan9-pool --maximize search.steps.max --evaluations 420 --events 1500',
  },
  {
    engine: 'textbook-first-fit',
    metric: 'held.bytes.peak',
    value: 49_152,
    events: 2816,
    trace: 'textbook-first-fit-robson',
    pricing: 'flat',
    heapPages: 64,
    cause:
      'what goes leaves holes that the next larger size does not fit: Robson’s bound of 1971, found again',
    foundBy:
      'search -a textbook-first-fit --maximize held.bytes.peak --unit-bytes 16 --live-bytes 16384 --request-bytes 256 --no-resize --heap-pages 64 -p flat --start synth:churn?live=50&ops=200 --evaluations 3000',
  },
  {
    ...DEFAULTS,
    engine: 'vmalloc',
    metric: 'alloc.cycles.max',
    value: 1_258_492,
    events: 1,
    trace: 'vmalloc-alloc',
    cause: 'every page of an object is taken, mapped and entered by itself',
    foundBy: 'search -a vmalloc --maximize search.steps.max --evaluations 420 --events 1500',
  },
  {
    ...DEFAULTS,
    engine: 'xmalloc-first-fit',
    metric: 'free.cycles.max',
    value: 105_746,
    events: 3770,
    trace: 'xmalloc-first-fit-free',
    cause: 'a free walks the list of free blocks to the place where the object goes',
    foundBy: 'search -a xmalloc-first-fit --maximize free.cycles.max',
  },
  {
    ...DEFAULTS,
    engine: 'xmalloc-tlsf',
    metric: 'alloc.cycles.max',
    value: 99_913,
    events: 1,
    trace: 'xmalloc-tlsf-alloc',
    cause: 'one more page than a power of two: twice as many pages are made ready, and the rest given back',
    foundBy: 'search -a xmalloc-tlsf --maximize alloc.cycles.max',
  },
  {
    ...DEFAULTS,
    engine: 'xmalloc-tlsf',
    metric: 'free.cycles.max',
    value: 21_140,
    events: 2,
    trace: 'xmalloc-tlsf-free',
    cause: 'every page of an object is looked at when it is given back',
    foundBy: 'search -a xmalloc-tlsf --maximize free.cycles.max',
  },
  {
    ...DEFAULTS,
    engine: 'xmalloc-tlsf-2008',
    metric: 'allocations.refused',
    value: 1,
    events: 1,
    trace: 'xmalloc-tlsf-2008-refused',
    cause: 'requests of 4,033 to 4,063 bytes round to a class above a region',
    foundBy: 'search -a xmalloc-tlsf-2008 --maximize allocations.refused',
  },
];
