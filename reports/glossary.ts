import { CAUSE_NAMES } from '../harness/metrics/worst-operations';
import { wordsOf } from './phrase';

/** The words of reports that an outsider need not know, each with one or two sentences. */
export interface GlossaryEntry {
  readonly term: string;
  readonly meaning: string;
}

const CAUSE_MEANINGS: Readonly<Record<(typeof CAUSE_NAMES)[number], string>> = {
  instructions: 'Cycles for executing instructions, with what fetching them costs where the caches are cold.',
  accesses: 'Memory accesses under the flat profile, which knows no caches and charges each the same.',
  l1: 'Accesses that hit the first-level data cache.',
  l2: 'Accesses that missed the first cache and hit the second.',
  l3: 'Accesses that hit the last-level cache.',
  dram: 'Accesses that no cache held, so that memory itself had to be waited for.',
  prefetched:
    'Accesses to lines that the stride prefetcher had fetched in time: cheaper than memory, dearer than a hit.',
  tlb: 'Address translations that missed the first-level TLB: hits of the second, and walks of the page tables.',
  lockedUpdates: 'Read-modify-writes that hold the bus or the line, as taking a spin lock does.',
  bitScans: 'Instructions that find the first set bit of a word.',
  mispredicts: 'Branches that the processor guessed wrong.',
  maps: 'Mapping pages into an address space.',
  unmaps: 'Taking mapped pages away again.',
  tlbFlushes: 'Throwing away cached translations, as removing a mapping demands.',
};

export const GLOSSARY: readonly GlossaryEntry[] = [
  {
    term: 'cycles',
    meaning:
      'Modelled processor cycles, computed from the engine’s own memory accesses and instructions; nothing is timed, so equal inputs give equal figures.',
  },
  {
    term: 'pricing',
    meaning:
      'The hardware profile, and the state of its caches, under which cycles are computed. @cold: caches and TLB are emptied before every operation, as for a call after other guests ran; without it they stay warm.',
  },
  { term: 'worst', meaning: 'The most that any one operation of that kind cost.' },
  {
    term: 'p99.9',
    meaning:
      'What 99.9 % of all operations of that kind do not exceed, by nearest rank over every operation.',
  },
  { term: 'median', meaning: 'What half of all operations of that kind do not exceed.' },
  { term: 'live', meaning: 'Bytes that the program asked for and has not freed.' },
  { term: 'granted', meaning: 'Bytes of the blocks given to live objects, headers and rounding included.' },
  {
    term: 'held',
    meaning:
      'Bytes that the engine has taken from the page source and not given back; of an engine in C that is given the heap as a whole, what it has reached: up to the end of its highest block so far.',
  },
  { term: 'held peak', meaning: 'The most bytes held after any operation.' },
  { term: 'waste', meaning: '(held − live) / held at the first operation of maximal held.' },
  {
    term: '#4',
    meaning:
      'The fourth of Johnstone and Wilson’s measures of fragmentation: (maximal held − maximal live) / maximal live, whenever each occurred.',
  },
  {
    term: 'holes',
    meaning: '1 − largest hole / free bytes inside the held memory, at the first operation of maximal held.',
  },
  { term: 'failed', meaning: 'Allocations that returned NULL.' },
  ...CAUSE_NAMES.map((cause) => ({ term: wordsOf(cause), meaning: CAUSE_MEANINGS[cause] })),
];
