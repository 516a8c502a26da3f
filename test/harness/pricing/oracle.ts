import { CHASE, KIND_COUNT, LOAD, STORE, UPDATE } from '../../../harness/machine/access-stream';
import type { Cause } from '../../../harness/pricing/costs';
import type { CacheGeometry, CachesProfile } from '../../../harness/pricing/profile';
import type { PricingSpecification } from '../../../harness/pricing/specification';

/**
 * The memory hierarchy of harness/pricing told as plainly as it can be, the reference for its kernel: caches are lists
 * of numbers, foreign traffic is played line by line, latencies are looked up where they are needed. It shares nothing
 * with the code it checks but the profile. Slow.
 */

type Kind = number;
export type Access = readonly [address: number, kind: Kind];
export type CauseCosts = Partial<Record<Cause, number>>;

/** Neighbours use sets in these ratios. */
const SHARES = [5, 6, 7, 8, 8, 9, 10, 11];

/** Exact LRU: the most recent first, sets by the low bits of the number, or by all of its bits folded together. */
class NaiveCache {
  private readonly sets: number[][];
  private neighbourLines = 0;
  private readonly neighboursIn: number[];

  constructor(
    setCount: number,
    private readonly ways: number,
    private readonly isHashed = false,
  ) {
    this.sets = Array.from({ length: setCount }, () => []);
    this.neighboursIn = this.sets.map(() => 0);
  }

  touch(number: number): boolean {
    return this.touchIn(this.sets[this.setOf(number)]!, number);
  }

  evict(): void {
    for (const set of this.sets) {
      set.length = 0;
    }
  }

  /** Foreign lines, one after the other over all sets whatever the hash does; as many as fit leave nothing else. */
  playForeign(first: number, count: number): void {
    if (count >= this.sets.length * this.ways) {
      this.evict();
      return;
    }
    for (let line = first; line < first + count; line++) {
      this.touchIn(this.sets[line % this.sets.length]!, 2 ** 32 + line);
    }
  }

  playNeighbours(lines: number): void {
    this.neighbourLines += lines;
    const grains = Math.floor(this.neighbourLines / (this.sets.length / 8));
    this.sets.forEach((set, index) => {
      const share = SHARES[Math.imul(index, 0x9e37_79b1) >>> 29]!;
      for (; this.neighboursIn[index]! < Math.floor((grains * share) / 64); this.neighboursIn[index]!++) {
        this.touchIn(set, 2 ** 40 + this.neighboursIn[index]!);
      }
    });
  }

  private touchIn(set: number[], number: number): boolean {
    const at = set.indexOf(number);
    if (at >= 0) {
      set.splice(at, 1);
    }
    set.unshift(number);
    if (set.length > this.ways) {
      set.pop();
    }
    return at >= 0;
  }

  private setOf(number: number): number {
    const folded = Math.floor(number / this.sets.length);
    return (this.isHashed ? number ^ folded : number) % this.sets.length;
  }
}

export class NaiveHierarchy {
  private readonly profile: CachesProfile;
  private readonly levels: { cache: NaiveCache; level: number }[];
  private readonly first: NaiveCache;
  private readonly second: NaiveCache | undefined;
  private readonly pageBytes: number;
  private foreignBytes = 0;
  private cycles = 0;
  private neighbourLines = 0;

  constructor(private readonly specification: PricingSpecification) {
    const { profile, mapping } = specification;
    if (profile.model !== 'caches') {
      throw new Error('no caches');
    }
    this.profile = profile;
    const { l1, l2, l3 } = profile.caches;
    this.levels = [l1, l2, l3].flatMap((cache, level) =>
      cache === undefined ? [] : [{ level, cache: naiveCache(cache) }],
    );
    this.pageBytes = mapping === '4k' ? 4096 : 2 * 1024 * 1024;
    const tlb = ({ entries, ways }: { entries: number; ways: number }) =>
      new NaiveCache(entries / ways, ways);
    this.first = tlb(profile.tlb.first[mapping]);
    const second = profile.tlb.second?.[mapping];
    this.second = second && tlb(second);
  }

  /** Costs of one operation by cause, in cycles that are not rounded; `elseCycles` pass without any access. */
  operation(accesses: readonly Access[], elseCycles = 0): CauseCosts {
    const costs: CauseCosts = {};
    const charge = (cause: Cause, cycles: number) => (costs[cause] = (costs[cause] ?? 0) + round256(cycles));
    const { independentLoads, prefetch, stores } = this.profile;
    const training: number[] = [];
    let missedLine: number | undefined;
    /** The misses beside which an independent load may run, and the store that may still be under way. */
    let window: { end: number; level: number } | undefined;
    let store: { end: number; level: number } | undefined;
    /** The line that the last missing store fetches, with the words that the store buffer holds of it. */
    let fetched: { line: number; level: number; words: Set<number> } | undefined;
    const runBeside = (level: number) => {
      const more = level > window!.level ? this.alone(level) - this.alone(window!.level) : 0;
      charge(causeOf(level), Math.max(more, this.beside(level)));
      window!.level = Math.max(window!.level, level);
    };
    const wait = (kind: Kind, level: number, index: number) => {
      if (kind === CHASE) {
        window = undefined;
        charge(causeOf(level), this.latency(level));
      } else if (window !== undefined && index < window.end) {
        runBeside(level);
      } else {
        window = { end: index + independentLoads.windowAccesses, level };
        charge(causeOf(level), this.alone(level));
      }
    };

    accesses.forEach(([address, kind], index) => {
      this.translate(address, kind, charge);
      if (kind === UPDATE) {
        charge('lockedUpdates', this.profile.costs.lockedUpdate.cycles);
        if (store !== undefined && index < store.end) {
          const { level } = store;
          if (window !== undefined && index < window.end) {
            runBeside(level);
          } else {
            window = { end: index + independentLoads.windowAccesses, level };
            charge(causeOf(level), Math.max(this.alone(level) - this.storing(level), 0));
          }
        }
        store = fetched = undefined;
      }
      const line = Math.floor(address / 64);
      const level = this.find(line);
      if (level === 0) {
        if (fetched?.line === line) {
          if (kind === STORE) {
            fetched.words.add(address);
          } else if (index >= store!.end) {
            fetched = undefined;
          } else if (!fetched.words.has(address)) {
            const { level: fetchedLevel } = fetched;
            fetched = undefined;
            wait(kind, fetchedLevel, index);
            return;
          }
        }
        charge('l1', kind === CHASE ? this.latency(0) : kind === STORE ? stores.l1 : 0);
        return;
      }
      if (fetched?.line === line) {
        fetched = undefined;
      }
      if (kind === STORE) {
        charge(causeOf(level), this.storing(level));
        const deeper = store !== undefined && index < store.end ? store.level : level;
        store = { end: index + independentLoads.windowAccesses, level: Math.max(level, deeper) };
        fetched = { line, level, words: new Set([address]) };
        return;
      }
      if (kind === UPDATE) {
        window = undefined;
        charge(causeOf(level), this.latency(level));
        return;
      }
      const stride = missedLine === undefined ? NaN : line - missedLine;
      missedLine = line;
      const foreseen =
        training.length >= prefetch.trainingStrides &&
        training.slice(-prefetch.trainingStrides).every((each) => each === stride) &&
        stride !== 0 &&
        Math.abs(stride) * 64 <= prefetch.strideBytesMax;
      training.push(stride);
      if (foreseen) {
        charge('prefetched', [0, prefetch.l2, prefetch.l3, prefetch.memory][level]!);
        return;
      }
      wait(kind, level, index);
    });
    this.between(costs, elseCycles);
    return costs;
  }

  private translate(address: number, kind: Kind, charge: (cause: Cause, cycles: number) => unknown): void {
    const page = Math.floor(address / this.pageBytes);
    if (this.first.touch(page)) {
      return;
    }
    const second = this.profile.tlb.second?.cycles ?? 0;
    const held = this.second?.touch(page) ?? false;
    const cycles = held ? second : second + this.profile.tlb.walk[this.specification.mapping];
    const hidden = kind === LOAD || kind === STORE ? this.profile.independentLoads.hiddenCycles : 0;
    charge('tlb', Math.max(cycles - hidden, 0));
  }

  private find(line: number): number {
    for (const { cache, level } of this.levels) {
      if (cache.touch(line)) {
        return level;
      }
    }
    return 3;
  }

  private between(costs: CauseCosts, elseCycles: number): void {
    const { state } = this.specification;
    if (state.kind === 'cold') {
      this.levels.forEach(({ cache }) => cache.evict());
      this.first.evict();
      this.second?.evict();
      return;
    }
    const { neighbours } = this.profile;
    if (neighbours !== undefined) {
      this.cycles += Object.values(costs).reduce(
        (sum, each) => sum + each,
        neighbours.cyclesBetweenOperations + elseCycles,
      );
      const lines = Math.floor((this.cycles * neighbours.l3BytesPerKilocycle) / 64_000);
      const play = (at: number, more: number) =>
        this.levels.find(({ level }) => level === at)?.cache.playNeighbours(more);
      play(2, lines - this.neighbourLines);
      const each = neighbours.l3LinesPerL2Line ?? 0;
      if (each > 0) {
        play(1, Math.floor(lines / each) - Math.floor(this.neighbourLines / each));
      }
      this.neighbourLines = lines;
    }
    if (state.kind === 'shared') {
      this.playForeign(state.bytes);
    }
  }

  /** Foreign lines and pages are numbered on and on, and pass one by one. */
  private playForeign(bytes: number): void {
    const play = (cache: NaiveCache | undefined, grainBytes: number) => {
      const before = Math.floor(this.foreignBytes / grainBytes);
      cache?.playForeign(before, Math.floor((this.foreignBytes + bytes) / grainBytes) - before);
    };
    this.levels.forEach(({ cache }) => play(cache, 64));
    play(this.first, this.pageBytes);
    play(this.second, this.pageBytes);
    this.foreignBytes += bytes;
  }

  private latency(level: number): number {
    const { l1, l2, l3 } = this.profile.caches;
    return [l1.cycles, l2?.cycles ?? 0, l3?.cycles ?? 0, this.profile.memory.cycles][level]!;
  }

  private storing(level: number): number {
    const { stores } = this.profile;
    return [stores.l1, stores.l2, stores.l3, stores.memory][level]!;
  }

  private beside(level: number): number {
    return this.latency(level) / this.profile.independentLoads.parallelMisses;
  }

  private alone(level: number): number {
    return Math.max(this.latency(level) - this.profile.independentLoads.hiddenCycles, this.beside(level));
  }
}

function naiveCache({ bytes, ways, index }: CacheGeometry): NaiveCache {
  return new NaiveCache(bytes / 64 / ways, ways, index === 'hashed');
}

/** The model's grain is 1/256 cycle. */
function round256(cycles: number): number {
  return Math.round(cycles * 256) / 256;
}

function causeOf(level: number): Cause {
  return (['l1', 'l2', 'l3', 'dram'] as const)[level]!;
}

export const KINDS = Array.from({ length: KIND_COUNT }, (_, kind) => kind);
