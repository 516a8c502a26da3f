import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { engineNamed } from '../../../allocators/registry';
import { openRequested } from '../../../harness/cli/names/registries';
import {
  CHASE,
  END_OF_OPERATION,
  KIND_COUNT,
  UPDATE,
  type AccessStream,
} from '../../../harness/machine/access-stream';
import { CAUSES, CAUSE_COUNT, COST_PER_CYCLE } from '../../../harness/pricing/costs';
import { KERNEL_SHA256, PricingKernel } from '../../../harness/pricing/pricing-kernel';
import { Pricing } from '../../../harness/pricing/pricing';
import type { CachesProfile } from '../../../harness/pricing/profile';
import { loadShippedProfile, PROFILE_NAMES } from '../../../harness/pricing/profile-file';
import {
  parsePricing,
  type CacheState,
  type PricingSpecification,
} from '../../../harness/pricing/specification';
import { replay } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { UsageError } from '../../../traces/input-error';
import { goldenEntries } from '../../allocators/xen/golden-replay';
import { inFolder } from '../cli/command';
import { NaiveHierarchy, type Access } from './oracle';
import { smallProfile } from './priced-stream';

/** The kernel costs what the reference costs: every operation, every cause, to the bit. */

const SEED = 20081121;
const ROOT = join(__dirname, '../../..');
const GOLDEN = join(__dirname, '../../golden/xen');
const KERNEL = join(ROOT, 'harness/pricing/kernel/pricing-kernel.wasm');
const HEAP = 0x1000_0000;
const KIND_MASK = KIND_COUNT - 1;

const build = suite('the built kernel');

build('is what its source compiles to', () =>
  inFolder((folder) => {
    const built = join(folder, 'built.wasm');
    execFileSync(process.execPath, [join(ROOT, '.ci/build-kernel.js'), 'pricing', built], { stdio: 'pipe' });
    const same = readFileSync(built).equals(readFileSync(KERNEL));
    assert.ok(same, 'node .ci/build-kernel.js was not run after the last change of harness/pricing/kernel');
    return Promise.resolve();
  }),
);

build('is the one that the keys of cached results know', () => {
  assert.is(createHash('sha256').update(readFileSync(KERNEL)).digest('hex'), KERNEL_SHA256);
});

build('has room for the totals of all causes, which it rounds two at a time', () => {
  assert.ok(CAUSE_COUNT <= 16);
  assert.is(CAUSE_COUNT % 2, 0);
});

build('is refused in one line by a host that cannot run it', () => {
  const isRefused = (problem: RegExp) => (error: unknown) =>
    error instanceof UsageError && problem.test(error.message);
  assert.throws(
    () => new PricingKernel(parsePricing('zen4-2022'), null),
    isRefused(/^this host has no WebAssembly with SIMD/),
  );
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class {
    constructor() {
      throw new RangeError('Out of memory');
    }
  } as unknown as typeof Instance;
  try {
    assert.throws(() => new Pricing(parsePricing('zen4-2022')), isRefused(/^this host has no memory left/));
  } finally {
    WebAssembly.Instance = Instance;
  }
});

build.run();

/** A batch as the stream hands it over: entries, and segments with their ends, flags and costs so far. */
interface Batch {
  readonly entries: Int32Array;
  readonly ends: Int32Array;
  readonly flags: Int32Array;
  readonly costs: Float64Array;
}

type Conditions = Pick<PricingSpecification, 'mapping' | 'state'>;

/** Costs of an operation in 1/256 cycle: by cause, and in all with what it costs besides its accesses. */
interface Costs {
  readonly causes: Readonly<Record<string, number>>;
  readonly sum: number;
}

/** What the kernel says of the operations that end; the row of the one under way goes on in the next batch. */
function pricedByKernel(kernel: PricingKernel, batches: readonly Batch[]): Costs[] {
  const operations: Costs[] = [];
  let underWay = new Float64Array(CAUSE_COUNT);
  let sum = 0;
  for (const { entries, ends, flags, costs: events } of batches) {
    const ended = flags.filter(isEnd).length;
    const room = kernel.makeRoom(entries.length, ends.length, ended);
    room.entries.set(entries);
    room.segmentEnds.set(ends);
    room.segmentFlags.set(flags);
    room.segmentCosts.set(events);
    room.causeCosts.fill(0);
    room.causeCosts.set(underWay);
    kernel.priceAccesses(ends.length);
    underWay = room.causeCosts.slice(ended * CAUSE_COUNT);
    let row = 0;
    flags.forEach((flag, segment) => {
      sum += room.segmentCosts[segment]!;
      if (isEnd(flag)) {
        const cells = room.causeCosts.subarray(row, (row += CAUSE_COUNT));
        operations.push({ causes: nonzero(CAUSES.map((cause, at) => [cause, cells[at]!])), sum });
        sum = 0;
      }
    });
  }
  return operations;
}

/** What the reference says of them. */
function pricedByReference(profile: CachesProfile, of: Conditions, batches: readonly Batch[]): Costs[] {
  const reference = new NaiveHierarchy({ profile, ...of });
  const operations: Costs[] = [];
  let accesses: Access[] = [];
  let events = 0;
  for (const { entries, ends, flags, costs } of batches) {
    let index = 0;
    flags.forEach((flag, segment) => {
      for (; index < ends[segment]!; index++) {
        accesses.push([(entries[index]! & ~KIND_MASK) >>> 0, entries[index]! & KIND_MASK]);
      }
      events += costs[segment]!;
      if (isEnd(flag)) {
        const cycles = Object.entries(reference.operation(accesses, events / COST_PER_CYCLE));
        const causes = nonzero(cycles.map(([cause, each]) => [cause, each * COST_PER_CYCLE]));
        operations.push({ causes, sum: Object.values(causes).reduce((sum, each) => sum + each, events) });
        accesses = [];
        events = 0;
      }
    });
  }
  return operations;
}

const isEnd = (flag: number): boolean => (flag & END_OF_OPERATION) !== 0;

const nonzero = (costs: readonly (readonly [string, number])[]): Readonly<Record<string, number>> =>
  Object.fromEntries(costs.filter(([, cost]) => cost !== 0).sort(([one], [other]) => (one < other ? -1 : 1)));

/** @param before batches that are forgotten again */
function assertEqualCosts(
  profile: CachesProfile,
  of: Conditions,
  batches: readonly Batch[],
  before: readonly Batch[] = [],
): void {
  const expected = pricedByReference(profile, of, batches);
  const kernel = new PricingKernel({ profile, ...of });
  pricedByKernel(kernel, before);
  kernel.restart();
  pricedByKernel(kernel, batches).forEach((actual, operation) => {
    assert.equal(actual, expected[operation], `operation ${operation}`);
  });
}

const random = suite('random streams cost the same');

/** Few lines that meet each other, lines of one set, strides, far pages; the top of the address space, too. */
const address = fc.oneof(
  { weight: 4, arbitrary: fc.nat(60).map((word) => HEAP + 4 * word) },
  { weight: 4, arbitrary: fc.nat(400).map((line) => HEAP + 64 * line) },
  { weight: 2, arbitrary: fc.nat(40).map((page) => HEAP + 4096 * page) },
  { weight: 2, arbitrary: fc.nat(150).map((page) => (page % 3) * 64 + page * 2 ** 21) },
  { weight: 1, arbitrary: fc.nat(300).map((line) => 2 ** 32 - 64 * (line + 1)) },
);
const strided = fc
  .record({
    first: address,
    stride: fc.constantFrom(0, 0, 64, 128, 4096, -64, 4160, 2 ** 15),
    count: fc.integer({ min: 1, max: 12 }),
    kinds: fc.array(fc.nat(UPDATE), { minLength: 1, maxLength: 4 }),
  })
  .map(({ first, stride, count, kinds }) =>
    Array.from({ length: count }, (_, at) => (first + at * stride) | (kinds[at % kinds.length]! & 3)),
  );
/** A few words of a few lines, again and again: what stores leave in the store buffer. */
const within = fc
  .tuple(address, fc.array(fc.tuple(fc.nat(2), fc.nat(3), fc.nat(UPDATE)), { minLength: 3, maxLength: 16 }))
  .map(([first, accesses]) =>
    accesses.map(([line, word, kind]) => ((first & ~63) + 64 * line + 4 * word) | kind),
  );
const run = fc.oneof(strided, within);
const segment = fc.record({
  accesses: fc.array(run, { maxLength: 8 }).map((runs) => runs.flat()),
  /** Ends an operation, or the batch, or neither. */
  ends: fc.boolean(),
  isCut: fc.nat(5).map((one) => one === 0),
  cost: fc.nat(300_000),
});
const stream = fc.array(segment, { minLength: 1, maxLength: 24 }).map((segments) => {
  const batches: Batch[] = [];
  let [entries, ends, flags, costs]: number[][] = [[], [], [], []];
  segments.forEach(({ accesses, ends: isLast, isCut, cost }, at) => {
    entries!.push(...accesses);
    ends!.push(entries!.length);
    flags!.push(isLast ? END_OF_OPERATION : 1);
    costs!.push(cost);
    if (isCut || at === segments.length - 1) {
      batches.push({
        entries: Int32Array.from(entries!),
        ends: Int32Array.from(ends!),
        flags: Int32Array.from(flags!),
        costs: Float64Array.from(costs!),
      });
      [entries, ends, flags, costs] = [[], [], [], []];
    }
  });
  return batches;
});

const L3 = 'l3: { bytes: 8192, ways: 8, cycles: 50, source: made up }\n';
const hashedBesideNeighbours = smallProfile(
  L3,
  'l3: { bytes: 8192, ways: 8, cycles: 50, index: hashed, source: made up }\n' +
    'neighbours: { l3BytesPerKilocycle: 700, cyclesBetweenOperations: 300, l3LinesPerL2Line: 3, source: made up }\n',
);
const made = {
  small: smallProfile(),
  'with neighbours': hashedBesideNeighbours,
  'with odd ways': smallProfile('bytes: 8192, ways: 8', 'bytes: 11264, ways: 11'),
  'with many ways': smallProfile('bytes: 2048, ways: 4', 'bytes: 5120, ways: 40'),
  'with ways for few tags': smallProfile('bytes: 512, ways: 2', 'bytes: 1536, ways: 3'),
  'with narrow tags': smallProfile(L3, 'l3: { bytes: 2621440, ways: 20, cycles: 50, source: made up }\n'),
  'without L2 and L3': smallProfile(`  l2: { bytes: 2048, ways: 4, cycles: 16, source: made up }\n  ${L3}`),
  'with a first TLB of six pages': smallProfile('4k: { entries: 4, ways: 4 }', '4k: { entries: 6, ways: 6 }'),
  'with a full second TLB': smallProfile('4k: { entries: 16, ways: 4 }', '4k: { entries: 24, ways: 3 }'),
};
const shipped: Readonly<Record<string, CachesProfile>> = Object.fromEntries(
  PROFILE_NAMES.flatMap((name) => {
    const profile = loadShippedProfile(name);
    return profile.model === 'caches' ? [[name, profile]] : [];
  }),
);
const states: readonly CacheState[] = [
  { kind: 'warm' },
  { kind: 'cold' },
  { kind: 'shared', bytes: 1000 },
  { kind: 'shared', bytes: 300_000 },
  { kind: 'shared', bytes: 2 ** 40 },
];

for (const [name, profile] of Object.entries({ ...(made as Record<string, CachesProfile>), ...shipped })) {
  random(`${name}, in every state, under both mappings`, () => {
    const conditions = fc.record({ state: fc.constantFrom(...states), mapping: fc.constantFrom('4k', '2m') });
    const property = fc.property(stream, conditions, stream, (batches, of, before) =>
      assertEqualCosts(profile, of, batches, before),
    );
    fc.assert(property, { seed: SEED, numRuns: name in made ? 40 : 12 });
  });
}

random.run();

const long = suite('long streams cost the same');

/** Uses of pages are timed; so many let time start again, with a TLB full of pages of all ages. */
const BATCHES = 12;
const BATCH_ENTRIES = 8192;

function* noise(): Generator<number, never> {
  for (let state = 1; ;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield state >>> 8;
  }
}

for (const [name, mapping, state] of [
  ['zen4-2022', '2m', { kind: 'warm' }],
  ['zen4-guest-2026', '4k', { kind: 'shared', bytes: 1000 }],
  ['skylake-sp-2017', '4k', { kind: 'shared', bytes: 300_000 }],
  ['core2-2008', '2m', { kind: 'cold' }],
] as const) {
  long(`${name}/${mapping}, ${state.kind}`, () => {
    const draws = noise();
    const next = (): number => draws.next().value;
    const batches = Array.from({ length: BATCHES }, (): Batch => {
      const entries = Int32Array.from({ length: BATCH_ENTRIES }, (_, at) => {
        const spread = next() % 4 === 0 ? 2 ** 28 : 2 ** 18;
        return ((HEAP + ((next() * 67) % spread)) & ~3) | (at % 7 === 0 ? next() & 3 : at & 1);
      });
      const ends = Int32Array.from({ length: 64 }, (_, at) => (at + 1) * (BATCH_ENTRIES / 64));
      const flags = Int32Array.from({ length: 64 }, (_, at) => (at % 3 === 0 ? END_OF_OPERATION : 0));
      return { entries, ends, flags, costs: new Float64Array(64) };
    });
    assertEqualCosts(shipped[name]!, { state, mapping }, batches);
  });
}

long('as many pages as the TLB holds, each in its turn, over and over', () => {
  const held = 72;
  const batches = Array.from({ length: BATCHES }, (_, batch): Batch => {
    const first = batch * BATCH_ENTRIES;
    const entries = Int32Array.from({ length: BATCH_ENTRIES }, (_, at) => ((first + at) % held) * 2 ** 21);
    const ends = Int32Array.of(BATCH_ENTRIES);
    return { entries, ends, flags: Int32Array.of(END_OF_OPERATION), costs: Float64Array.of(0) };
  });
  assertEqualCosts(shipped['zen4-2022']!, { state: { kind: 'warm' }, mapping: '2m' }, batches);
});

long('a TLB of as many sets as a profile may have', () => {
  const profile = smallProfile(
    '4k: { entries: 4, ways: 4 }',
    '4k: { entries: 8192, ways: 1 }',
  ) as CachesProfile;
  const pages = Array.from({ length: 100 }, (_, at) =>
    [0, 1, 2, 1, 0].map((round) => 8192 * round + 8191 - at),
  ).flat();
  const batch: Batch = {
    entries: Int32Array.from(pages, (page) => page * 4096 + CHASE),
    ends: Int32Array.of(pages.length),
    flags: Int32Array.of(END_OF_OPERATION),
    costs: Float64Array.of(0),
  };
  assertEqualCosts(profile, { state: { kind: 'warm' }, mapping: '4k' }, [batch]);
});

long.run();

const real = suite('what engines do costs the same');

for (const { stack: engine, trace, heapPages, vpages } of goldenEntries()) {
  // Calls at the edges of what each engine does; storms would show no more, and take longer.
  if (trace !== 'edge') {
    continue;
  }
  real(engine, async () => {
    const batches: Batch[] = [];
    const drain = ({ entries, segmentEnds, segmentFlags, segmentCount }: AccessStream): void => {
      const ends = segmentEnds.slice(0, segmentCount);
      const flags = segmentFlags.slice(0, segmentCount);
      batches.push({
        entries: entries.slice(0, ends.at(-1)),
        ends,
        flags,
        costs: new Float64Array(segmentCount),
      });
    };
    await replay(
      await openRequested({ specification: join(GOLDEN, engine, `${trace}.trace.csv.gz`) }),
      createStack(engineNamed(engine), {}, { heapPages, virtualPages: vpages, drain }, engineNamed),
      [],
    );
    assert.ok(batches.length > 0);
    assertEqualCosts(shipped['zen4-guest-2026']!, { state: { kind: 'warm' }, mapping: '2m' }, batches);
    assertEqualCosts(
      shipped['skylake-sp-2017']!,
      { state: { kind: 'shared', bytes: 100_000 }, mapping: '4k' },
      batches,
    );
  });
}

real.run();
