import { createHash } from 'node:crypto';
import * as v from 'valibot';

/**
 * A profile: what a processor's memory accesses and instructions cost, as data. Profiles are YAML files; every group
 * of figures carries its `source` in words, because a figure nobody can trace is worth nothing. Times are in core
 * cycles and may have decimals; the cost tables round them once to 1/256 cycle.
 *
 * Two models: `caches` follows every line and page through caches and TLBs, `flat` charges fixed costs per access
 * (it compares work, not time).
 */

const CYCLES_MAX = 1_000_000;
const CAPACITY_BYTES_MAX = 1 << 30;
const LINE_BYTES = 64;
/** More than any processor has; each takes up to four slots, which are numbered in 16 bits (`kernel/page-slots.ts`). */
const TLB_ENTRIES_MAX = 1 << 13;
/** More than any processor has; the log that they are kept in must hold each of them and room beside. */
const ASSOCIATIVE_ENTRIES_MAX = 1024;

const source = v.pipe(v.string(), v.nonEmpty('a text that says where the figures come from'));
const cycles = v.pipe(
  v.number(),
  v.minValue(0, `cycles from 0 to ${CYCLES_MAX}`),
  v.maxValue(CYCLES_MAX, `cycles from 0 to ${CYCLES_MAX}`),
);
const cost = v.strictObject({ cycles, source });

function wholeNumber(smallest: number, largest: number) {
  const range = `a whole number from ${smallest} to ${largest}`;
  return v.pipe(v.number(), v.integer(range), v.minValue(smallest, range), v.maxValue(largest, range));
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(value) && value > 0 && (value & (value - 1)) === 0;
}

const geometry = { bytes: wholeNumber(1, CAPACITY_BYTES_MAX), ways: wholeNumber(1, 1024), cycles, source };
const CACHE_SHAPE = `bytes / (ways × ${LINE_BYTES}) to be a power of two (the number of sets)`;
const hasCacheShape = ({ bytes, ways }: { bytes: number; ways: number }) =>
  isPowerOfTwo(bytes / (ways * LINE_BYTES));

/** The set is found from the low bits of the line's number: there is no time to mix them. */
const firstCache = v.pipe(
  v.strictObject(geometry),
  v.check((level) => hasCacheShape(level), CACHE_SHAPE),
);

const cache = v.pipe(
  v.strictObject({
    ...geometry,
    /** How the set is found: from the low bits of the line's number, or from all of them. Plain by default. */
    index: v.optional(v.picklist(['plain', 'hashed'])),
  }),
  v.check((level) => hasCacheShape(level), CACHE_SHAPE),
);

/** As many ways as entries make it fully associative. */
const tlbEntries = v.pipe(
  v.strictObject({ entries: wholeNumber(1, TLB_ENTRIES_MAX), ways: wholeNumber(1, TLB_ENTRIES_MAX) }),
  v.check((level) => isPowerOfTwo(level.entries / level.ways), 'entries / ways to be a power of two'),
  v.check(
    ({ entries, ways }) => entries !== ways || entries <= ASSOCIATIVE_ENTRIES_MAX,
    `at most ${ASSOCIATIVE_ENTRIES_MAX} entries where all of them are one set`,
  ),
);

const named = {
  name: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'up to 64 lower-case letters, digits, dots and hyphens'),
  ),
  summary: v.pipe(v.string(), v.nonEmpty('a line of text')),
  clock: v.strictObject({
    gigahertz: v.pipe(
      v.number(),
      v.minValue(0.001, 'a clock above 0'),
      v.maxValue(1000, 'a clock below 1000'),
    ),
    source,
  }),
};

/** What costs the same wherever the data lies. */
const costs = v.strictObject({
  /** Reciprocal throughput of an instruction, in the mix that allocators are. */
  instruction: cost,
  bitScan: cost,
  mispredict: cost,
  /**
   * What fetching an instruction from memory adds to it in an operation that starts cold, up to so many instructions:
   * the rest are those of loops, which have come already. Left out where code is never cold.
   */
  coldCode: v.optional(
    v.strictObject({ cyclesPerInstruction: cycles, instructionsMax: wholeNumber(0, 1_000_000), source }),
  ),
  /** A locked read-modify-write of a line in the first cache; the way of the line to it is added. */
  lockedUpdate: cost,
  /** Entering a page into page tables, without the entry's own store. */
  map: cost,
  unmap: cost,
  /** Flushing one translation on all processors. */
  tlbFlush: cost,
});

const flatSchema = v.strictObject({
  ...named,
  model: v.literal('flat'),
  costs,
  /** Fixed costs by kind of access; `chase` is a load whose address was just loaded. */
  accesses: v.strictObject({ load: cycles, chase: cycles, store: cycles, source }),
});

const cachesSchema = v.strictObject({
  ...named,
  model: v.literal('caches'),
  costs,
  /** Load-to-use latencies; a level that the processor lacks is left out. */
  caches: v.strictObject({ l1: firstCache, l2: v.optional(cache), l3: v.optional(cache) }),
  memory: cost,
  /** Other cores that use the same third-level cache; left out where it is not shared. */
  neighbours: v.optional(
    v.strictObject({
      l3BytesPerKilocycle: wholeNumber(0, 100_000),
      /** Their traffic goes on while the caller does something else. */
      cyclesBetweenOperations: wholeNumber(0, 1_000_000),
      /** One in so many of their lines comes from this very core, and passes through its second level; 0 for none. */
      l3LinesPerL2Line: v.optional(wholeNumber(0, 1_000_000)),
      source,
    }),
  ),
  /** Loads whose address does not depend on the load before: the core goes on underneath. */
  independentLoads: v.strictObject({
    /** Cycles of other work found under a miss. */
    hiddenCycles: cycles,
    /** Misses under way at once: those after the first cost their share of the latency. */
    parallelMisses: wholeNumber(1, 256),
    /** Accesses after a miss that may still run beside it. */
    windowAccesses: wholeNumber(1, 4096),
    source,
  }),
  /** What a store costs that finds its line there: the store buffer hides the rest, until a locked update drains it. */
  stores: v.strictObject({ l1: cycles, l2: cycles, l3: cycles, memory: cycles, source }),
  /** The stride prefetcher, and what a line costs that it fetched in time. */
  prefetch: v.strictObject({
    /** 0 where there is none. */
    strideBytesMax: wholeNumber(0, CAPACITY_BYTES_MAX),
    /** Equal strides seen in a row before the next line is fetched ahead. */
    trainingStrides: wholeNumber(1, 64),
    l2: cycles,
    l3: cycles,
    memory: cycles,
    source,
  }),
  tlb: v.strictObject({
    first: v.strictObject({ '4k': tlbEntries, '2m': tlbEntries, source }),
    /** A page size that the second level does not hold is left out. */
    second: v.optional(
      v.strictObject({ '4k': v.optional(tlbEntries), '2m': v.optional(tlbEntries), cycles, source }),
    ),
    /** A page walk whose tables lie in the caches, by page size. */
    walk: v.strictObject({ '4k': cycles, '2m': cycles, source }),
  }),
});

export const PROFILE_SCHEMAS = { flat: flatSchema, caches: cachesSchema } as const;

export type FlatProfile = v.InferOutput<typeof flatSchema>;
export type CachesProfile = v.InferOutput<typeof cachesSchema>;
export type Profile = FlatProfile | CachesProfile;
/** One cache of any level. */
export type CacheGeometry = NonNullable<CachesProfile['caches']['l2']>;

/** Sizes of the mapping that a pricing may assume: 4 KiB or 2 MiB pages. */
export type Mapping = '4k' | '2m';

/**
 * Identity of a profile's figures: sha256 over its JSON with keys in code-unit order and without the texts that
 * explain it (`summary`, `source`), in hexadecimal.
 */
export function profileSha256(profile: Profile): string {
  return createHash('sha256').update(canonicalJson(profile)).digest('hex');
}

function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  const members = Object.entries(value)
    .filter(([key, member]) => key !== 'source' && key !== 'summary' && member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
