import { CHASE, KIND_COUNT, LOAD, STORE, UPDATE } from '../machine/access-stream';
import { PRICED_NAMES, type PricedName } from '../machine/domain-events';
import {
  deepened,
  drained,
  DRAM,
  found,
  L1,
  L2,
  L3,
  LEVELS,
  LOCKED,
  OUTCOME_COUNT,
  overlapped,
  prefetched,
  SECOND_TLB,
  WALKED,
} from './outcomes';
import type { CachesProfile, FlatProfile, Mapping, Profile } from './profile';

/**
 * The figures of a profile as tables of integers: what every outcome and every priced domain event costs, in 1/256
 * cycle, and the causes that operations are put down to.
 */

/** Costs are sums of 1/256 cycle, rounded once per operation. */
export const COST_PER_CYCLE = 256;

/** What the cycles of an operation are put down to, in the order of reports: an even number, for the kernel. */
export const CAUSES = [
  /** With what fetching them costs where they are cold. */
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

export function causeIndex(cause: Cause): number {
  return CAUSES.indexOf(cause);
}

/** What each outcome costs, and the cause that it goes to. */
export interface OutcomeCosts {
  readonly cycles256: Float64Array;
  readonly causes: Uint8Array;
}

/** What each priced domain event costs, and the cause that it goes to. */
export interface EventCosts {
  readonly cycles256: Float64Array;
  readonly causes: Uint8Array;
}

export function eventCosts({ costs }: Profile): EventCosts {
  const cycles: Record<PricedName, number> = {
    instructions: costs.instruction.cycles,
    bitScans: costs.bitScan.cycles,
    mispredicts: costs.mispredict.cycles,
    maps: costs.map.cycles,
    unmaps: costs.unmap.cycles,
    tlbFlushes: costs.tlbFlush.cycles,
  };
  return {
    cycles256: Float64Array.from(PRICED_NAMES, (name) => toCost(cycles[name])),
    causes: Uint8Array.from(PRICED_NAMES, causeIndex),
  };
}

export function outcomeCosts(profile: Profile, mapping: Mapping): OutcomeCosts {
  const cycles =
    profile.model === 'flat' ? flatOutcomeCycles(profile) : cachesOutcomeCycles(profile, mapping);
  cycles[LOCKED] = profile.costs.lockedUpdate.cycles;
  return { cycles256: Float64Array.from(cycles, toCost), causes: outcomeCauses() };
}

/** The nearest 1/256 cycle. */
export function toCost(cycles: number): number {
  return Math.round(cycles * COST_PER_CYCLE);
}

function flatOutcomeCycles({ accesses }: FlatProfile): number[] {
  const cycles = new Array<number>(OUTCOME_COUNT).fill(0);
  cycles[found(L1, LOAD)] = accesses.load;
  cycles[found(L1, CHASE)] = accesses.chase;
  cycles[found(L1, STORE)] = accesses.store;
  return cycles;
}

/** The rules by which latencies become costs; `README.md` gives the reasons. */
function cachesOutcomeCycles(profile: CachesProfile, mapping: Mapping): number[] {
  const { caches, memory, independentLoads, stores, prefetch } = profile;
  const latency = [caches.l1.cycles, caches.l2?.cycles ?? 0, caches.l3?.cycles ?? 0, memory.cycles];
  const storing = [stores.l1, stores.l2, stores.l3, stores.memory];
  const fetchedAhead = [0, prefetch.l2, prefetch.l3, prefetch.memory];
  const beside = latency.map((each) => each / independentLoads.parallelMisses);
  const alone = latency.map((each, level) => Math.max(each - independentLoads.hiddenCycles, beside[level]!));

  const cycles = new Array<number>(OUTCOME_COUNT).fill(0);
  // A load or locked update that finds its line in L1 costs no more than the instruction that it is.
  cycles[found(L1, CHASE)] = latency[L1]!;
  cycles[found(L1, STORE)] = storing[L1]!;
  for (const level of [L2, L3, DRAM]) {
    cycles[found(level, LOAD)] = alone[level]!;
    cycles[found(level, CHASE)] = latency[level]!;
    cycles[found(level, STORE)] = storing[level]!;
    cycles[found(level, UPDATE)] = latency[level]!;
    cycles[overlapped(level)] = beside[level]!;
    for (let from = L2; from < level; from++) {
      cycles[deepened(level, from)] = Math.max(alone[level]! - alone[from]!, beside[level]!);
    }
    cycles[drained(level)] = Math.max(alone[level]! - storing[level]!, 0);
    cycles[prefetched(level)] = fetchedAhead[level]!;
  }
  fillTranslationCycles(cycles, profile, mapping);
  return cycles;
}

/** Dependent loads and locked updates wait for their translation; of the others' the core hides what it can. */
function fillTranslationCycles(cycles: number[], profile: CachesProfile, mapping: Mapping): void {
  const second = profile.tlb.second?.cycles ?? 0;
  const walk = second + profile.tlb.walk[mapping];
  for (let kind = LOAD; kind < KIND_COUNT; kind++) {
    const hidden = kind === LOAD || kind === STORE ? profile.independentLoads.hiddenCycles : 0;
    cycles[SECOND_TLB + kind] = Math.max(second - hidden, 0);
    cycles[WALKED + kind] = Math.max(walk - hidden, 0);
  }
}

function outcomeCauses(): Uint8Array {
  const causes = new Uint8Array(OUTCOME_COUNT).fill(causeIndex('tlb'), SECOND_TLB, LOCKED);
  for (const [level, name] of LEVELS.entries()) {
    causes.fill(causeIndex(name), found(level, 0), found(level + 1, 0));
    causes[prefetched(level)] = causeIndex('prefetched');
  }
  causes[LOCKED] = causeIndex('lockedUpdates');
  return causes;
}
