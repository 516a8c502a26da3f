import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { END_OF_OPERATION, UPDATE } from '../../../harness/machine/access-stream';
import { KERNEL_SHA256, kernelModule } from '../../../harness/pricing/compiled-hierarchy';
import { CAUSE_COUNT, outcomeCosts } from '../../../harness/pricing/costs';
import { accessPricing, type PricingKernel } from '../../../harness/pricing/pricing-kernel';
import { loadShippedProfile, PROFILE_NAMES } from '../../../harness/pricing/profile-file';
import type { CacheState, PricingSpecification } from '../../../harness/pricing/specification';
import { inFolder } from '../cli/command';
import { smallProfile } from './priced-stream';

/** The kernel in WebAssembly costs what the reference in TypeScript costs: every segment, every cause, to the bit. */

const SEED = 20081121;
const ROOT = join(__dirname, '../../..');
const KERNEL = join(ROOT, 'harness/pricing/kernel/pricing-kernel.wasm');
const HEAP = 0x1000_0000;

const build = suite('the built kernel');

build('is what its source compiles to', () =>
  inFolder((folder) => {
    const built = join(folder, 'built.wasm');
    execFileSync(process.execPath, [join(ROOT, '.ci/build-kernel.js'), built], { stdio: 'pipe' });
    const same = readFileSync(built).equals(readFileSync(KERNEL));
    assert.ok(same, 'node .ci/build-kernel.js was not run after the last change of harness/pricing/kernel');
    return Promise.resolve();
  }),
);

build('is the one that the keys of cached results know', () => {
  assert.is(createHash('sha256').update(readFileSync(KERNEL)).digest('hex'), KERNEL_SHA256);
});

build('runs on this host', () => {
  assert.ok(kernelModule instanceof WebAssembly.Module);
});

build.run();

/** A batch as the stream hands it over: entries, and segments with their ends, flags and costs so far. */
interface Batch {
  readonly entries: Int32Array;
  readonly ends: Int32Array;
  readonly flags: Int32Array;
  readonly costs: Float64Array;
}

/** Prices batches; the row of the operation under way goes on in the next. */
function pricedBy(kernel: PricingKernel, specification: PricingSpecification, batches: readonly Batch[]) {
  const price = accessPricing(specification, kernel);
  const costs = outcomeCosts(specification.profile, specification.mapping);
  let underWay = new Float64Array(CAUSE_COUNT);
  return batches.map(({ entries, ends, flags, costs: events }) => {
    const ended = flags.filter((each) => (each & END_OF_OPERATION) !== 0).length;
    const segmentCosts = events.slice();
    const causeCosts = new Float64Array((ended + 1) * CAUSE_COUNT);
    causeCosts.set(underWay);
    price(entries, ends, flags, ends.length, costs, segmentCosts, causeCosts);
    underWay = causeCosts.slice(ended * CAUSE_COUNT);
    return { segmentCosts, causeCosts };
  });
}

function assertEqualCosts(specification: PricingSpecification, batches: readonly Batch[]): void {
  const expected = pricedBy('ts', specification, batches);
  pricedBy('wasm', specification, batches).forEach((actual, batch) => {
    assert.equal(actual.segmentCosts, expected[batch]!.segmentCosts, `segments of batch ${batch}`);
    assert.equal(actual.causeCosts, expected[batch]!.causeCosts, `causes of batch ${batch}`);
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
  isEnd: fc.boolean(),
  isCut: fc.nat(5).map((one) => one === 0),
  cost: fc.nat(300_000),
});
const stream = fc.array(segment, { minLength: 1, maxLength: 24 }).map((segments) => {
  const batches: Batch[] = [];
  let [entries, ends, flags, costs]: number[][] = [[], [], [], []];
  segments.forEach(({ accesses, isEnd, isCut, cost }, at) => {
    entries!.push(...accesses);
    ends!.push(entries!.length);
    flags!.push(isEnd ? END_OF_OPERATION : 1);
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
  'with a full second TLB': smallProfile('4k: { entries: 16, ways: 4 }', '4k: { entries: 24, ways: 3 }'),
};
const shipped = Object.fromEntries(PROFILE_NAMES.map((name) => [name, loadShippedProfile(name)] as const));
const states: readonly CacheState[] = [
  { kind: 'warm' },
  { kind: 'cold' },
  { kind: 'shared', bytes: 1000 },
  { kind: 'shared', bytes: 300_000 },
  { kind: 'shared', bytes: 2 ** 40 },
];

for (const [name, profile] of Object.entries({ ...made, ...shipped })) {
  random(`${name}, in every state, under both mappings`, () => {
    const inState = fc.constantFrom(...(profile.model === 'flat' ? states.slice(0, 1) : states));
    const property = fc.property(stream, inState, fc.constantFrom('4k', '2m'), (batches, state, mapping) =>
      assertEqualCosts({ profile, state, mapping }, batches),
    );
    fc.assert(property, { seed: SEED, numRuns: name in made ? 60 : 20 });
  });
}

random.run();

const long = suite('long streams cost the same');

/** Uses of pages are timed; so many let time start again, with a TLB full of pages of all ages. */
const BATCHES = 24;
const BATCH_ENTRIES = 8192;

function* noise(): Generator<number, never> {
  for (let state = 1; ;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield state >>> 8;
  }
}

for (const [name, mapping] of [
  ['zen4-2022', '2m'],
  ['zen4-guest-2026', '4k'],
  ['skylake-sp-2017', '4k'],
  ['core2-2008', '2m'],
] as const) {
  for (const state of states.slice(0, 3)) {
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
      assertEqualCosts({ profile: loadShippedProfile(name), state, mapping }, batches);
    });
  }
}

long('as many pages as the TLB holds, each in its turn, over and over', () => {
  const held = 72;
  const batches = Array.from({ length: BATCHES }, (_, batch): Batch => {
    const first = batch * BATCH_ENTRIES;
    const entries = Int32Array.from({ length: BATCH_ENTRIES }, (_, at) => ((first + at) % held) * 2 ** 21);
    const ends = Int32Array.of(BATCH_ENTRIES);
    return { entries, ends, flags: Int32Array.of(END_OF_OPERATION), costs: Float64Array.of(0) };
  });
  assertEqualCosts(
    { profile: loadShippedProfile('zen4-2022'), state: { kind: 'warm' }, mapping: '2m' },
    batches,
  );
});

long.run();
