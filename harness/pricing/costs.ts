import { CHASE, KIND_COUNT, LOAD, STORE, UPDATE } from '../machine/access-stream';
import { PRICED_COUNT, PRICED_NAMES, type PricedName } from '../machine/domain-events';
import {
  DEEPENED,
  DEEPENED_PAIRS,
  DRAINED,
  DRAM,
  FOUND,
  L1,
  L2,
  LEVELS,
  OUTCOME_COUNT,
  OVERLAPPED,
  PREFETCHED,
  SECOND_TLB,
  WALKED,
} from './outcomes';
import type { CachesProfile, FlatProfile, Mapping, Profile } from './profile';

/**
 * The figures of a profile as tables of integers: what every outcome and every priced domain event costs, in 1/256
 * cycle, and to which cause it goes.
 */

/** Costs are sums of 1/256 cycle, rounded once per operation. */
export const COST_PER_CYCLE = 256;

/** What the cycles of an operation are put down to, in the order of reports. */
export const CAUSES = [
  'instructions',
  /** Accesses of the flat model, which knows no caches. */
  'accesses',
  ...LEVELS,
  /** Lines that the stride prefetcher brought in time. */
  'prefetched',
  /** Second-level TLB hits and page walks. */
  'tlb',
  'lockedUpdates',
  'bitScans',
  'mispredicts',
  'maps',
  'unmaps',
  'tlbFlushes',
] as const;
export type Cause = (typeof CAUSES)[number];
export const CAUSE_COUNT = CAUSES.length;

export interface CostTables {
  /** Cost of each outcome, a locked update's own cost not included. */
  readonly outcomes: Float64Array;
  /** Cause of each outcome. */
  readonly outcomeCauses: Uint8Array;
  readonly lockedUpdate: number;
  /** Cost of each priced domain event. */
  readonly events: Float64Array;
  /** Cause of each priced domain event. */
  readonly eventCauses: Uint8Array;
}

export function costTables(profile: Profile, mapping: Mapping): CostTables {
  const costs = profile.costs;
  const eventCycles: Record<PricedName, number> = {
    instructions: costs.instruction.cycles,
    bitScans: costs.bitScan.cycles,
    mispredicts: costs.mispredict.cycles,
    maps: costs.map.cycles,
    unmaps: costs.unmap.cycles,
    tlbFlushes: costs.tlbFlush.cycles,
  };
  const cycles =
    profile.model === 'flat' ? flatOutcomeCycles(profile) : cachesOutcomeCycles(profile, mapping);
  return {
    outcomes: Float64Array.from(cycles, toCost),
    outcomeCauses: profile.model === 'flat' ? flatOutcomeCauses() : cachesOutcomeCauses(),
    lockedUpdate: toCost(costs.lockedUpdate.cycles),
    events: Float64Array.from({ length: PRICED_COUNT }, (_, event) =>
      toCost(eventCycles[PRICED_NAMES[event]!]),
    ),
    eventCauses: Uint8Array.from(PRICED_NAMES, causeIndex),
  };
}

export function causeIndex(cause: Cause): number {
  return CAUSES.indexOf(cause);
}

function toCost(cycles: number): number {
  return Math.round(cycles * COST_PER_CYCLE);
}

function flatOutcomeCycles({ accesses }: FlatProfile): number[] {
  const cycles = new Array<number>(OUTCOME_COUNT).fill(0);
  cycles[FOUND + LOAD] = accesses.load;
  cycles[FOUND + CHASE] = accesses.chase;
  cycles[FOUND + STORE] = accesses.store;
  // A locked update is charged as such, and for nothing else.
  cycles[FOUND + UPDATE] = 0;
  return cycles;
}

function flatOutcomeCauses(): Uint8Array {
  return new Uint8Array(OUTCOME_COUNT).fill(causeIndex('accesses'));
}

/** The rules by which latencies become costs; `README.md` gives the reasons. */
function cachesOutcomeCycles(profile: CachesProfile, mapping: Mapping): number[] {
  const { caches, memory, independentLoads, stores, prefetch, tlb } = profile;
  const latency = [caches.l1.cycles, caches.l2?.cycles ?? 0, caches.l3?.cycles ?? 0, memory.cycles];
  const storeCost = [stores.l1, stores.l2, stores.l3, stores.memory];
  const prefetchCost = [0, prefetch.l2, prefetch.l3, prefetch.memory];
  const beside = latency.map((each) => each / independentLoads.parallelMisses);
  const alone = latency.map((each, level) =>
    level === L1 ? 0 : Math.max(each - independentLoads.hiddenCycles, beside[level]!),
  );
  const cycles = new Array<number>(OUTCOME_COUNT).fill(0);
  for (let level = L1; level <= DRAM; level++) {
    const found = FOUND + level * KIND_COUNT;
    cycles[found + LOAD] = alone[level]!;
    cycles[found + CHASE] = latency[level]!;
    cycles[found + STORE] = storeCost[level]!;
    cycles[found + UPDATE] = level === L1 ? 0 : latency[level]!;
    if (level >= L2) {
      cycles[OVERLAPPED + level] = beside[level]!;
      cycles[PREFETCHED + level] = prefetchCost[level]!;
      cycles[DRAINED + level] = Math.max(latency[level]! - storeCost[level]!, 0);
    }
  }
  DEEPENED_PAIRS.forEach(({ from, to }, pair) => {
    cycles[DEEPENED + pair] = Math.max(alone[to]! - alone[from]!, beside[to]!);
  });
  fillTranslationCycles(cycles, tlb.second?.cycles ?? 0, tlb.walk[mapping], independentLoads.hiddenCycles);
  return cycles;
}

/** A dependent load waits for its translation; other accesses wait for what the core cannot hide. */
function fillTranslationCycles(cycles: number[], second: number, walk: number, hidden: number): void {
  for (let kind = LOAD; kind <= UPDATE; kind++) {
    const hides = kind === LOAD || kind === STORE ? hidden : 0;
    cycles[SECOND_TLB + kind] = Math.max(second - hides, 0);
    cycles[WALKED + kind] = Math.max(second + walk - hides, 0);
  }
}

function cachesOutcomeCauses(): Uint8Array {
  const causes = new Uint8Array(OUTCOME_COUNT).fill(causeIndex('tlb'), SECOND_TLB);
  LEVELS.forEach((name, level) => {
    const cause = causeIndex(name);
    causes.fill(cause, FOUND + level * KIND_COUNT, FOUND + (level + 1) * KIND_COUNT);
    causes[OVERLAPPED + level] = cause;
    causes[DRAINED + level] = cause;
    causes[PREFETCHED + level] = causeIndex('prefetched');
  });
  DEEPENED_PAIRS.forEach(({ to }, pair) => {
    causes[DEEPENED + pair] = causeIndex(LEVELS[to]!);
  });
  return causes;
}
