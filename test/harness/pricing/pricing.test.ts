import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { LOAD, STORE, UPDATE } from '../../../harness/machine/access-stream';
import { PRICED_NAMES } from '../../../harness/machine/domain-events';
import { CAUSES } from '../../../harness/pricing/costs';
import { Pricing } from '../../../harness/pricing/pricing';
import { parsePricing } from '../../../harness/pricing/specification';
import { KINDS, NaiveHierarchy, type Access } from './oracle';
import {
  accesses,
  pricedBy,
  priceOperations,
  smallPricing,
  smallProfile,
  type Happening,
  type PricedOperation,
} from './priced-stream';

const SEED = 20081121;
const HEAP = 0x1000_0000;
const PAGE = 4096;

const sums = suite('sums');

sums('events cost what the profile says, a rounded cycle at the end', () => {
  const event = (name: (typeof PRICED_NAMES)[number], times: number): Happening => ({ event: name, times });
  const [odd, all] = priceOperations(smallPricing(), [
    [event('instructions', 6)],
    PRICED_NAMES.map((name) => event(name, 2)),
  ]);
  assert.equal(odd, { cycles: 2, causes: { instructions: 2 }, held: [0, 0, 0, 0, 0, 0, 0, 0] });
  assert.equal(all!.causes, {
    instructions: 1,
    bitScans: 6,
    mispredicts: 30,
    maps: 200,
    unmaps: 240,
    tlbFlushes: 6000,
  });
  assert.is(all!.cycles, 6477);
});

sums('causes are rounded so that they add up', () => {
  const thirds = smallPricing({ profile: smallProfile('cycles: 0.25', 'cycles: 0.34') });
  const [price] = priceOperations(thirds, [
    [{ event: 'instructions', times: 1 }, { event: 'bitScans', times: 1 }, { access: [HEAP, STORE] }],
  ]);
  // 0.34 of instructions alone are none, the store's 11, the walk's 27 − 10, the bit scan's 3: 31.34.
  assert.equal(price!.causes, { dram: 11, tlb: 17, bitScans: 3 });
  assert.is(price!.cycles, 31);
});

sums('locks are charged with what happens while they are held, nested ones alike', () => {
  const [price, next] = priceOperations(smallPricing(), [
    [
      { event: 'instructions', times: 400 },
      { acquire: 0 },
      { event: 'instructions', times: 40 },
      { acquire: 3 },
      { event: 'instructions', times: 4 },
      { release: 0 },
      { event: 'bitScans', times: 5 },
      { release: 3 },
      { event: 'bitScans', times: 7 },
    ],
    [{ event: 'bitScans', times: 1 }],
  ]);
  assert.equal(price!.held, [11, 0, 0, 16, 0, 0, 0, 0]);
  assert.is(price!.cycles, 100 + 11 + 15 + 21);
  assert.equal(next!.held, [0, 0, 0, 0, 0, 0, 0, 0]);
});

sums('flat, accesses cost what their kind does, however many of them there are', () => {
  const flat = parsePricing('flat');
  assert.ok(flat.profile.model === 'flat');
  const distinct = { load: 1, chase: 2, store: 3, source: 'made up' };
  const pricing = { ...flat, profile: { ...flat.profile, accesses: distinct } };
  for (let count = 0; count <= 11; count++) {
    for (const [kind, cycles] of [1, 2, 3, 20].entries()) {
      const list = Array.from({ length: count }, (_, at): Access => [HEAP + PAGE * at, kind]);
      const [price] = priceOperations(pricing, [[...accesses(...list), 'drain', ...accesses([HEAP, LOAD])]]);
      assert.is(price!.cycles, cycles * count + 1, `${count} of kind ${kind}`);
    }
  }
});

sums('cold code is fetched once: the instructions of loops come but for the first', () => {
  const coldCode = 'coldCode: { cyclesPerInstruction: 2, instructionsMax: 10, source: made up }\n  bitScan:';
  const profile = smallProfile('bitScan:', coldCode);
  const instructions = (times: number): Happening => ({ event: 'instructions', times });
  const played: Happening[][] = [
    [instructions(4), { acquire: 2 }, instructions(4), 'drain', { release: 2 }, instructions(400)],
    [instructions(8)],
  ];
  const cold = priceOperations(smallPricing({ profile, state: { kind: 'cold' } }), played);
  assert.equal(
    cold.map(({ causes }) => causes),
    [{ instructions: 102 + 20 }, { instructions: 2 + 16 }],
  );
  assert.is(cold[0]!.held[2], 1 + 8);
  const warm = priceOperations(smallPricing({ profile }), played);
  assert.equal(
    warm.map(({ cycles }) => cycles),
    [102, 2],
  );
});

sums('an operation that never ends is not priced', () => {
  const priced = priceOperations(smallPricing(), [accesses([HEAP, LOAD])], accesses([HEAP, UPDATE]));
  assert.is(priced.length, 1);
});

sums.run();

const oracle = suite('against the model told plainly');

/** Accesses that meet each other: few lines, runs of regular strides, all kinds. */
const lineAddress = fc.oneof(
  fc.tuple(fc.nat(40), fc.nat(2)).map(([line, word]) => HEAP + 64 * line + 4 * word),
  fc.nat(600).map((line) => HEAP + 64 * line),
  fc.tuple(fc.nat(200), fc.nat(15)).map(([page, line]) => HEAP + page * PAGE + 256 * line),
  fc.nat(8).map((page) => HEAP + page * 2 ** 21),
);
const access = fc.tuple(lineAddress, fc.constantFrom(...KINDS));
const strided = fc
  .record({
    first: fc.nat(100),
    stride: fc.constantFrom(64, 128, 4096, -64, 4160),
    kind: fc.constantFrom(...KINDS),
    count: fc.integer({ min: 3, max: 9 }),
  })
  .map(({ first, stride, kind, count }): Access[] =>
    Array.from({ length: count }, (_, index) => [HEAP + 2 ** 20 + first * 64 + index * stride, kind]),
  );
/** A line that a store still fetches, driven out of its set or nearly so, and wanted again. */
const wantedAgain = fc
  .record({ line: fc.nat(40), between: fc.nat(12), kind: fc.constantFrom(...KINDS) })
  .map(({ line, between, kind }): Access[] => {
    const wanted = HEAP + 64 * line;
    const others = Array.from({ length: between }, (_, index): Access => [wanted + PAGE * (index + 1), LOAD]);
    return [[wanted, STORE], ...others, [wanted, kind], [wanted, LOAD], [wanted + 4, LOAD]];
  });
const operation = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: access.map((one) => [one]) },
      { weight: 1, arbitrary: strided },
      { weight: 1, arbitrary: wantedAgain },
    ),
    { maxLength: 60 },
  )
  .map((runs) => runs.flat());
const operations = fc.array(operation, { minLength: 1, maxLength: 12 });

const profiles = {
  'three levels': smallProfile(),
  'no third level': smallProfile('  l3: { bytes: 8192, ways: 8, cycles: 50, source: made up }\n'),
  'one level': smallProfile(
    '  l2: { bytes: 2048, ways: 4, cycles: 16, source: made up }\n' +
      '  l3: { bytes: 8192, ways: 8, cycles: 50, source: made up }\n',
  ),
  'a hashed third level with neighbours': smallProfile(
    'ways: 8, cycles: 50, source: made up }\n',
    'ways: 8, cycles: 50, index: hashed, source: made up }\n' +
      'neighbours: { l3BytesPerKilocycle: 700, cyclesBetweenOperations: 300, source: made up }\n',
  ),
  'neighbours in two levels': smallProfile(
    'memory: { cycles: 400',
    'neighbours: { l3BytesPerKilocycle: 3000, cyclesBetweenOperations: 300, l3LinesPerL2Line: 3, source: made up }\n' +
      'memory: { cycles: 400',
  ),
  'odd ways': smallProfile('bytes: 8192, ways: 8', 'bytes: 11264, ways: 11'),
  'a second TLB for 2M alone': smallProfile(
    'second: { 4k: { entries: 16, ways: 4 }',
    'second: { 2m: { entries: 2, ways: 1 }',
  ),
};
const states = [{ kind: 'warm' }, { kind: 'cold' }, { kind: 'shared', bytes: 1000 }, { kind: 'shared', bytes: 70_000 }] as const; // prettier-ignore

for (const [name, profile] of Object.entries(profiles)) {
  for (const state of states) {
    for (const mapping of ['4k', '2m'] as const) {
      const title = `${name}, ${state.kind === 'shared' ? `shared:${state.bytes}` : state.kind}, ${mapping}`;
      oracle(title, () => {
        const specification = { profile, state, mapping };
        const property = fc.property(operations, (played) => {
          const naive = new NaiveHierarchy(specification);
          const priced = priceOperations(
            specification,
            played.map((each) => accesses(...each)),
          );
          played.forEach((each, index) => {
            const expected = rounded(naive.operation(each));
            assert.equal(priced[index]!.causes, expected);
            assert.is(
              priced[index]!.cycles,
              Object.values(expected).reduce((sum, cycles) => sum + cycles, 0),
            );
          });
        });
        fc.assert(property, { seed: SEED, numRuns: 12 });
      });
    }
  }
}

/** Rounds the running sum, in the order of the causes. */
function rounded(costs: Readonly<Partial<Record<string, number>>>) {
  const causes: Record<string, number> = {};
  let sum = 0;
  for (const cause of CAUSES) {
    const before = Math.floor(sum + 0.5);
    sum += costs[cause] ?? 0;
    const cycles = Math.floor(sum + 0.5) - before;
    if (cycles !== 0) {
      causes[cause] = cycles;
    }
  }
  return causes;
}

oracle.run();

const spans = suite('operations that span batches');

spans('cost what they cost in one', () => {
  const happening = fc.oneof(
    { weight: 10, arbitrary: access.map((one): Happening => ({ access: one })) },
    { weight: 2, arbitrary: fc.constantFrom<Happening>({ acquire: 1 }, { release: 1 }, { acquire: 2 }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...PRICED_NAMES).map((event): Happening => ({ event, times: 3 })),
    },
    { weight: 1, arbitrary: fc.constant<Happening>('drain') },
  );
  const property = fc.property(
    fc.array(fc.array(happening, { maxLength: 40 }), { minLength: 1, maxLength: 8 }),
    fc.constantFrom(
      parsePricing('flat'),
      smallPricing({ mapping: '4k' }),
      smallPricing({ profile: profiles['a hashed third level with neighbours'] }),
      smallPricing({ state: { kind: 'shared', bytes: 3000 } }),
    ),
    (played, specification) => {
      const undrained = played.map((each) => each.filter((one) => one !== 'drain'));
      const pricing = new Pricing(specification);
      const priced = pricedBy(pricing, played);
      assert.equal(priced, priceOperations(specification, undrained));
      assert.equal([...pricing.causeTotals], totalsOf(priced));
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 200 });
});

function totalsOf(operations: readonly PricedOperation[]): number[] {
  return CAUSES.map((cause) => operations.reduce((sum, { causes }) => sum + (causes[cause] ?? 0), 0));
}

spans('leave nothing behind where a pricing starts again', () => {
  const cold = parsePricing('zen4-2022@cold');
  const load: Happening = { access: [HEAP, LOAD] };
  const instructions: Happening = { event: 'instructions', times: 12 };
  const operations: Happening[][] = [
    [{ acquire: 1 }, load, instructions, { event: 'maps', times: 1 }, { release: 1 }],
    [load],
  ];
  const brokenOff: Happening[] = [{ acquire: 1 }, { acquire: 3 }, load, instructions, 'drain', load];
  const pricing = new Pricing(cold);
  assert.is(pricedBy(pricing, [operations[0]!], brokenOff).length, 1);
  pricing.restart();
  assert.is(Math.max(...pricing.causeTotals), 0);
  const again = pricedBy(pricing, operations);
  assert.equal(again, priceOperations(cold, operations));
  assert.equal([...pricing.causeTotals], totalsOf(again));
});

spans.run();
