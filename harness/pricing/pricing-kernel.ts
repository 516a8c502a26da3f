import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../traces/input-error';
import { columnsOf, type CountColumns } from '../machine/count-columns';
import { PRICED, PRICED_COUNT } from '../machine/domain-events';
import {
  CAUSE_COUNT,
  causeIndex,
  COST_PER_CYCLE,
  eventCosts,
  outcomeCosts,
  toCost,
  type OutcomeCosts,
} from './costs';
import { L1, L2, L3, LEVELS } from './outcomes';
import type { CachesProfile, Profile } from './profile';
import type { CacheState, PricingSpecification } from './specification';

/**
 * What prices the batches of a stream: WebAssembly with 128-bit SIMD (`kernel/`). Each kernel has a memory of its own,
 * in which the modelled processor lives from batch to batch: data caches, data TLB, stride prefetcher, the window in
 * which independent misses overlap, and the store buffer. Batches are copied into it; their costs are read where they
 * are.
 */

/** Locks that a machine may have: one bit each in the flags of a segment. */
export const LOCK_COUNT = 8;

/** sha256 of the built module: whoever changes the kernel changes this, and with it the keys of cached results. */
export const KERNEL_SHA256 = '230d5eea592dc24e6a8810730584985ed311267872fed958d52d53fdff254eb5';

const COMMON_EVENTS = (1 << PRICED.instructions) | (1 << PRICED.bitScans);
const LINE_BYTES = 64;
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
  describeEvent(event: number, cost: number, cause: number): void;
  describeColdCode(instructionCost: number, instructionsMax: number): void;
  restart(): void;
  totalsOfCauses(): number;
  makeRoom(entries: number, segments: number, operations: number, causes: number): number;
  priceEvents(segmentCount: number, hasRareEvents: boolean): void;
  priceAccesses(segmentCount: number): void;
  finishOperations(segmentCount: number): void;
}

/** The arrays of a batch and of what it costs, in 1/256 cycle unless the name says cycles; in the kernel's memory. */
export interface BatchRoom {
  readonly segmentPriced: CountColumns;
  readonly segmentCosts: Float64Array;
  /** A row of `CAUSE_COUNT` for each operation that ends in the batch, and one for the one under way at its end. */
  readonly causeCosts: Float64Array;
  readonly operationCycles: Float64Array;
  /** Whole cycles of all operations so far. */
  readonly causeTotals: Float64Array;
  /** A row of `LOCK_COUNT` for each operation. */
  readonly heldCycles: Float64Array;
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

type ProcessorSpecification = Pick<PricingSpecification, 'profile' | 'mapping' | 'state'>;

export class PricingKernel {
  private readonly kernel: Kernel;

  /** Throws a `UsageError` when the host cannot run the kernel, or has no memory left for another one. */
  constructor(specification: ProcessorSpecification, module = kernelModule) {
    if (module === null) {
      throw new UsageError({
        problem: 'this host has no WebAssembly with SIMD, which prices',
        expected: 'a Node.js that has it',
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
    const { profile, mapping, state } = specification;
    if (profile.model === 'caches') {
      this.describeCaches(profile, specification);
    }
    // The causes of accesses follow each other: the levels, prefetched lines, the TLB. The flat model has but one.
    const accesses = causeIndex(profile.model === 'caches' ? LEVELS[L1] : 'accesses');
    this.kernel.describeCauses(accesses, causeIndex('lockedUpdates'));
    this.describeCosts(outcomeCosts(profile, mapping));
    this.describeEvents(profile, state.kind === 'cold');
    this.restart();
  }

  /** Forgets all accesses, as if newly made: a hundredth of the time that making another takes. */
  restart(): void {
    this.kernel.restart();
  }

  /** Room for batches as long as this, and for a row more. It lasts until more is asked for. */
  makeRoom(entryCount: number, segmentCount: number, operationCount: number): BatchRoom {
    const start = this.kernel.makeRoom(entryCount, segmentCount, operationCount, CAUSE_COUNT);
    const { buffer } = this.kernel.memory;
    const segmentPriced = new Float64Array(buffer, start, PRICED_COUNT * segmentCount);
    const segmentCosts = new Float64Array(buffer, endOf(segmentPriced), segmentCount);
    const causeCosts = new Float64Array(buffer, endOf(segmentCosts), (operationCount + 1) * CAUSE_COUNT);
    const operationCycles = new Float64Array(buffer, endOf(causeCosts), operationCount);
    const heldCycles = new Float64Array(buffer, endOf(operationCycles), operationCount * LOCK_COUNT);
    const entries = new Int32Array(buffer, endOf(heldCycles), entryCount);
    const segmentEnds = new Int32Array(buffer, endOf(entries), segmentCount);
    const segmentFlags = new Int32Array(buffer, endOf(segmentEnds), segmentCount);
    const causeTotals = new Float64Array(buffer, this.kernel.totalsOfCauses(), CAUSE_COUNT);
    return {
      segmentPriced: columnsOf(segmentPriced, segmentCount),
      segmentCosts,
      causeCosts,
      causeTotals,
      operationCycles,
      heldCycles,
      entries,
      segmentEnds,
      segmentFlags,
    };
  }

  /**
   * What the domain events of the segments cost: they begin with that, and the rows of their operations gain it.
   * @param events those that may have happened, a bit each
   */
  priceEvents(segmentCount: number, events: number): void {
    this.kernel.priceEvents(segmentCount, (events & ~COMMON_EVENTS) !== 0);
  }

  /** Adds what the accesses cost, to segments and rows. */
  priceAccesses(segmentCount: number): void {
    this.kernel.priceAccesses(segmentCount);
  }

  /** Turns the costs of the operations that end into whole cycles. */
  finishOperations(segmentCount: number): void {
    this.kernel.finishOperations(segmentCount);
  }

  private describeCaches(profile: CachesProfile, { mapping, state }: ProcessorSpecification): void {
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

  private describeCosts({ cycles256, causes }: OutcomeCosts): void {
    for (const [outcome, cost] of cycles256.entries()) {
      this.kernel.describeCost(outcome, cost, causes[outcome]! - causeIndex(LEVELS[L1]));
    }
  }

  private describeEvents(profile: Profile, isCold: boolean): void {
    const { cycles256, causes } = eventCosts(profile);
    for (const [event, cost] of cycles256.entries()) {
      this.kernel.describeEvent(event, cost, causes[event]!);
    }
    const coldCode = isCold ? profile.costs.coldCode : undefined;
    this.kernel.describeColdCode(toCost(coldCode?.cyclesPerInstruction ?? 0), coldCode?.instructionsMax ?? 0);
  }
}

function endOf({ byteOffset, byteLength }: ArrayBufferView): number {
  return byteOffset + byteLength;
}
