import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fleet } from '../../../traces/synthesizers/fleet';
import { NOTHING, OP, TraceEvent } from '../../../traces/trace';

const test = suite('synthesizers: fleet');

/** Parts per million of the published rates in [2^k, 2^(k+1)) bytes, k from 0, of sizes up to 262,144 bytes. */
// prettier-ignore
const PUBLISHED: readonly (readonly number[])[] = [
  [55, 343, 4_226, 29_288, 79_536, 353_126, 289_626, 92_129, 63_537, 29_766,
    13_002, 16_785, 16_569, 9_332, 971, 471, 1_133, 67, 38],
  [4_364, 20, 2_118, 9_926, 224_521, 396_194, 196_963, 102_957, 14_398, 10_948,
    17_279, 3_868, 14_427, 1_547, 137, 191, 133, 7, 2],
  [0, 7, 19_382, 65_315, 158_989, 296_065, 213_871, 152_404, 52_410, 16_751,
    9_892, 4_038, 7_231, 2_157, 1_086, 244, 136, 12, 10],
  [640, 242, 19_472, 43_484, 206_525, 363_545, 203_150, 62_817, 32_480, 22_388,
    15_996, 9_701, 10_174, 5_280, 2_826, 517, 640, 121, 4],
  [5, 64, 22_375, 18_367, 218_849, 300_379, 249_915, 67_285, 65_345, 18_371,
    11_816, 2_686, 6_179, 17_299, 409, 210, 426, 16, 4],
  [408, 173, 14_343, 27_129, 202_521, 350_575, 228_990, 77_870, 34_953, 34_001,
    11_297, 6_384, 5_486, 3_890, 1_133, 304, 344, 195, 3],
  [94, 0, 7_996, 27_269, 134_646, 327_091, 213_461, 95_753, 50_167, 33_789,
    31_431, 17_585, 33_077, 24_943, 1_251, 672, 683, 77, 16],
  [1_654, 582, 10_882, 51_688, 159_443, 268_529, 257_252, 88_923, 94_578, 27_311,
    17_151, 5_380, 10_752, 3_536, 937, 383, 785, 125, 109],
  [126, 59, 1_352, 10_919, 114_264, 425_274, 134_158, 87_288, 60_071, 45_665,
    38_950, 22_575, 23_333, 22_970, 1_717, 1_910, 8_637, 688, 42],
  [374, 974, 15_330, 29_988, 133_020, 442_251, 224_926, 62_770, 40_881, 20_232,
    7_977, 7_154, 8_161, 2_740, 1_710, 628, 321, 557, 5],
];

const HEAP_KIB = 32_768;

interface Pass {
  readonly allocationsByLog2: readonly number[];
  readonly allocations: number;
  readonly meanLiveBytes: number;
  readonly liveAtEnd: number;
}

/** The events after the build. */
function pass(set: number, seed: number, ops = 102_400): Pass {
  const source = fleet.open({ set, ops, heap: HEAP_KIB }, seed);
  const built = fleet.open({ set, ops: 0, heap: HEAP_KIB, drain: 'no' }, seed);
  const event = new TraceEvent();
  let objects = 0;
  while (built.next(event, NOTHING)) {
    objects++;
  }
  const sizes = new Map<number, number>();
  const byLog2 = new Array<number>(19).fill(0);
  let liveBytes = 0;
  let liveBytesSum = 0;
  let allocations = 0;
  for (let index = 0; source.next(event, NOTHING); index++) {
    if (event.op === OP.alloc) {
      sizes.set(event.id, event.size);
      liveBytes += event.size;
      if (index >= objects) {
        byLog2[Math.floor(Math.log2(event.size))]!++;
        allocations++;
        liveBytesSum += liveBytes;
      }
    } else {
      liveBytes -= sizes.get(event.id)!;
      sizes.delete(event.id);
    }
  }
  const meanLiveBytes = liveBytesSum / allocations;
  return { allocationsByLog2: byLog2, allocations, meanLiveBytes, liveAtEnd: sizes.size };
}

for (const [set, shares] of PUBLISHED.entries()) {
  test(`set ${set} has the published rates within a hundredth in every range of sizes, and the heap that is asked for`, () => {
    for (const seed of set === 0 ? [1, 2] : [1]) {
      const { allocationsByLog2, allocations, meanLiveBytes, liveAtEnd } = pass(set, seed);
      for (const [log2, share] of shares.entries()) {
        const expected = (share * allocations) / 1e6;
        // Of a size that hardly ever comes an object or two are more than a hundredth.
        const near = Math.max(expected / 100, 2);
        assert.ok(
          Math.abs(allocationsByLog2[log2]! - expected) <= near,
          `2^${log2}: ${allocationsByLog2[log2]} instead of ${expected}`,
        );
      }
      assert.ok(Math.abs(meanLiveBytes / (HEAP_KIB * 1024) - 1) < 0.02, `${meanLiveBytes} bytes live`);
      assert.is(liveAtEnd, 0);
    }
  });
}

test('a size lives as long as its live objects and its rate say', () => {
  // Published of set 0: 483,965.9 allocations of 32 bytes for 2,383,225.9 that live; of 64, 362,120.4 for 2,084,810.8.
  const source = fleet.open({ set: 0, heap: 1024 }, 1);
  const event = new TraceEvent();
  const born = new Map<number, { size: number; at: number }>();
  const lifetimes = new Map<number, { sum: number; count: number }>();
  let now = 0;
  while (source.next(event, NOTHING)) {
    if (event.op === OP.alloc) {
      born.set(event.id, { size: event.size, at: now++ });
    } else {
      const { size, at } = born.get(event.id)!;
      const { sum, count } = lifetimes.get(size) ?? { sum: 0, count: 0 };
      lifetimes.set(size, { sum: sum + now - at, count: count + 1 });
    }
  }
  const mean = (size: number) => lifetimes.get(size)!.sum / lifetimes.get(size)!.count;
  const published = 2_383_225.9 / 483_965.9 / (2_084_810.8 / 362_120.4);
  assert.ok(Math.abs(mean(32) / mean(64) / published - 1) < 0.05, `${mean(32)} and ${mean(64)}`);
});

test.run();
