import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../traces/input-error';
import { END_OF_OPERATION } from '../machine/access-stream';
import type { PriceAccesses } from './access-pricing';
import { CAUSE_COUNT, causeIndex, COST_PER_CYCLE, type OutcomeCosts } from './costs';
import { L1, L2, L3, LEVELS } from './outcomes';
import type { CachesProfile, Mapping } from './profile';
import type { CacheState } from './specification';

/**
 * The processor's way to memory: data caches, data TLB, stride prefetcher, the window in which independent misses
 * overlap, and the store buffer. It runs as WebAssembly with 128-bit SIMD (`kernel/`). Each hierarchy has a memory of
 * its own, in which its caches live from batch to batch; batches are copied into it and costs out of it.
 */

/** sha256 of the built module: whoever changes the kernel changes this, and with it the keys of cached results. */
export const KERNEL_SHA256 = 'c3b6a5c56bf9a556f268a7bdcce1046cb7a13462bf412122778ca44b54bb422b';

const LINE_BYTES = 64;
/** The causes of accesses follow each other: the levels, prefetched lines, the TLB. */
const ACCESS_CAUSES = causeIndex(LEVELS[L1]);
const PAGE_SHIFTS = { '4k': 12, '2m': 21 } as const;
const UNDISTURBED = 0;
const EVICTION = 1;
const FOREIGN_TRAFFIC = 2;
const DISTURBANCES: Readonly<Record<CacheState['kind'], number>> = {
  warm: UNDISTURBED,
  cold: EVICTION,
  shared: FOREIGN_TRAFFIC,
};

/** What `kernel/kernel.ts` exports. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  describeCache(level: number, sets: number, ways: number, isHashed: boolean, disturbance: number): void;
  describeFirstTlb(pageShift: number, entries: number, ways: number): void;
  describeSecondTlb(entries: number, ways: number, disturbance: number): void;
  describeCore(strideLinesMax: number, trainingStrides: number, windowAccesses: number): void;
  describeNeighbours(l3BytesPerKilocycle: number, costBetween: number, linesPerL2Line: number): void;
  describeState(disturbance: number, foreignBytes: number): void;
  describeCauses(accesses: number, lockedUpdates: number): void;
  describeCost(outcome: number, cost: number, cause: number): void;
  restart(): void;
  makeRoom(entries: number, segments: number, rows: number, causes: number): number;
  priceAccesses(segmentCount: number): void;
}

/** The arrays of the longest batch so far, in the memory of the kernel. */
interface Room {
  readonly segmentCosts: Float64Array;
  readonly causeCosts: Float64Array;
  readonly entries: Int32Array;
  readonly segmentEnds: Int32Array;
  readonly segmentFlags: Int32Array;
}

/** Null where the host has no WebAssembly, none with SIMD, or orders the bytes of a word the other way round. */
const kernelModule = compileKernel();

function compileKernel(): WebAssembly.Module | null {
  const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
  if (typeof WebAssembly === 'undefined' || !isLittleEndian) {
    return null;
  }
  const bytes = readFileSync(join(__dirname, 'kernel', 'pricing-kernel.wasm'));
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
}

export class MemoryHierarchy {
  private readonly kernel: Kernel;
  private costs: OutcomeCosts | undefined;
  private room: Room | undefined;

  /** Throws a `UsageError` when the host cannot run the kernel, or has no memory left for another one. */
  constructor(profile: CachesProfile, mapping: Mapping, state: CacheState, module = kernelModule) {
    if (module === null) {
      throw new UsageError({
        problem: 'this host has no WebAssembly with SIMD, on which caches are modelled',
        expected: 'a Node.js that has it, or the pricing flat',
      });
    }
    try {
      this.kernel = new WebAssembly.Instance(module).exports as unknown as Kernel;
    } catch (error) {
      if (error instanceof RangeError) {
        throw new UsageError({ problem: 'this host has no memory left for another pricing' });
      }
      throw error;
    }
    this.describe(profile, mapping, state);
    this.restart();
  }

  /** Forgets all accesses, as if newly made: a hundredth of the time that making another takes. */
  restart(): void {
    this.kernel.restart();
  }

  /** See `PriceAccesses`. */
  readonly priceAccesses: PriceAccesses = (
    entries,
    segmentEnds,
    segmentFlags,
    segmentCount,
    costs,
    segmentCosts,
    causeCosts,
  ) => {
    if (segmentCount === 0) {
      return;
    }
    this.describeCosts(costs);
    const room = this.roomFor(entries.length, segmentEnds.length, causeCosts.length);
    room.entries.set(entries.subarray(0, segmentEnds[segmentCount - 1]!));
    room.segmentEnds.set(segmentEnds.subarray(0, segmentCount));
    room.segmentFlags.set(segmentFlags.subarray(0, segmentCount));
    if (causeCosts === room.causeCosts && segmentCosts === room.segmentCosts) {
      this.kernel.priceAccesses(segmentCount);
      return;
    }
    room.segmentCosts.set(segmentCosts.subarray(0, segmentCount));
    const used = CAUSE_COUNT * rowsOf(segmentFlags, segmentCount);
    room.causeCosts.set(causeCosts.subarray(0, used));
    this.kernel.priceAccesses(segmentCount);
    segmentCosts.set(room.segmentCosts.subarray(0, segmentCount));
    causeCosts.set(room.causeCosts.subarray(0, used));
  };

  /**
   * Arrays for the costs of batches whose own arrays are as long as this: in the memory of the kernel, so that
   * `priceAccesses` has none to copy. They last until longer ones are asked for.
   */
  costArrays(entries: number, segments: number, causes: number): Pick<Room, 'segmentCosts' | 'causeCosts'> {
    return this.roomFor(entries, segments, causes);
  }

  private describe(profile: CachesProfile, mapping: Mapping, state: CacheState): void {
    const { kernel } = this;
    const { caches, neighbours, prefetch, independentLoads, tlb } = profile;
    const disturbance = DISTURBANCES[state.kind];
    const hasNeighbours = (neighbours?.l3BytesPerKilocycle ?? 0) > 0 && state.kind !== 'cold';
    const linesPerL2Line = neighbours?.l3LinesPerL2Line ?? 0;
    const cache = (level: number, described: CachesProfile['caches']['l2'], isShared: boolean): void => {
      if (described !== undefined) {
        const { bytes, ways, index } = described;
        const sets = bytes / (LINE_BYTES * ways);
        kernel.describeCache(level, sets, ways, index === 'hashed', isShared ? FOREIGN_TRAFFIC : disturbance);
      }
    };
    cache(L1, caches.l1, false);
    cache(L2, caches.l2, hasNeighbours && linesPerL2Line > 0);
    cache(L3, caches.l3, hasNeighbours);
    const { entries, ways } = tlb.first[mapping];
    kernel.describeFirstTlb(PAGE_SHIFTS[mapping], entries, ways);
    const second = tlb.second?.[mapping];
    if (second !== undefined) {
      kernel.describeSecondTlb(second.entries, second.ways, disturbance);
    }
    const { trainingStrides, strideBytesMax } = prefetch;
    kernel.describeCore(
      Math.floor(strideBytesMax / LINE_BYTES),
      trainingStrides,
      independentLoads.windowAccesses,
    );
    kernel.describeNeighbours(
      neighbours?.l3BytesPerKilocycle ?? 0,
      (neighbours?.cyclesBetweenOperations ?? 0) * COST_PER_CYCLE,
      linesPerL2Line,
    );
    kernel.describeState(disturbance, state.kind === 'shared' ? state.bytes : 0);
  }

  private describeCosts(costs: OutcomeCosts): void {
    if (costs === this.costs) {
      return;
    }
    this.costs = costs;
    this.kernel.describeCauses(ACCESS_CAUSES, causeIndex('lockedUpdates'));
    for (const [outcome, cost] of costs.cycles256.entries()) {
      this.kernel.describeCost(outcome, cost, costs.causes[outcome]! - ACCESS_CAUSES);
    }
  }

  private roomFor(entries: number, segments: number, causes: number): Room {
    const { room } = this;
    const isEnough =
      room !== undefined &&
      entries <= room.entries.length &&
      segments <= room.segmentEnds.length &&
      causes <= room.causeCosts.length;
    this.room = isEnough ? room : this.makeRoom(entries, segments, causes);
    return this.room;
  }

  private makeRoom(entryCount: number, segmentCount: number, causes: number): Room {
    const start = this.kernel.makeRoom(entryCount, segmentCount, causes / CAUSE_COUNT, CAUSE_COUNT);
    const { buffer } = this.kernel.memory;
    const segmentCosts = new Float64Array(buffer, start, segmentCount);
    const causeCosts = new Float64Array(buffer, endOf(segmentCosts), causes);
    const entries = new Int32Array(buffer, endOf(causeCosts), entryCount);
    const segmentEnds = new Int32Array(buffer, endOf(entries), segmentCount);
    const segmentFlags = new Int32Array(buffer, endOf(segmentEnds), segmentCount);
    return { segmentCosts, causeCosts, entries, segmentEnds, segmentFlags };
  }
}

function endOf({ byteOffset, byteLength }: ArrayBufferView): number {
  return byteOffset + byteLength;
}

/** Operations that end in the batch, and the one under way at its end. */
function rowsOf(segmentFlags: Int32Array, segmentCount: number): number {
  let rows = 1;
  for (let segment = 0; segment < segmentCount; segment++) {
    rows += (segmentFlags[segment]! & END_OF_OPERATION) === 0 ? 0 : 1;
  }
  return rows;
}
