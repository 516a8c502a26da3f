/**
 * A set-associative cache (or TLB) with exact least-recently-used replacement. Each set is a short array of tags, the
 * most recently used first; a touch moves its tag to the front. Tags are line or page numbers: the memory behind them
 * is not kept, nor whether a line is dirty.
 */

/** Marks a way that was never filled, or was evicted; such ways are the last of their set. */
const EMPTY = -1;
/** Marks what foreign traffic left: nobody will ask for it. */
export const FOREIGN = -2;

/** Tags are positive 32-bit integers. */
const NO_FOLD = 31;

/** What happens to a cache between operations. */
export type Disturbance = 'none' | 'eviction' | 'foreign traffic';

/**
 * Neighbours use the sets of a shared cache unevenly. How unevenly is a choice: the ratios spread the time for which
 * an unused line survives as widely as the measured storms show (`README.md`).
 */
const UNEVEN_SHARES = [5, 6, 7, 8, 8, 9, 10, 11] as const;
const UNEVEN_TOTAL = UNEVEN_SHARES.reduce((sum, share) => sum + share, 0);

/** Which share a set takes is spread by the multiplier of Fibonacci hashing. */
function unevenShare(set: number): number {
  return UNEVEN_SHARES[Math.imul(set, 0x9e37_79b1) >>> 29]!;
}

export class LruSets {
  readonly tags: Int32Array;
  readonly setMask: number;
  private readonly foldShift: number;
  private readonly isDisturbed: boolean;

  /** Eviction costs no more than the sets that an operation filled: they are remembered as they leave emptiness. */
  private readonly filledSets: Int32Array;
  private filledCount = 0;

  /** Foreign lines so far, as whole rounds over all sets and the sets of the round under way. */
  private foreignRounds = 0;
  private foreignRest = 0;
  /** Neighbours' lines so far, in grains of one line for every eighth set. */
  private neighbourGrains = 0;
  private neighbourRest = 0;
  /** Foreign lines that each set has already taken in. */
  private readonly settled: Int32Array;

  /**
   * @param setCount a power of two
   * @param isHashed whether the tag's higher bits are folded into the number of the set, so that tags at a large
   *   regular distance spread over all sets
   */
  constructor(
    readonly setCount: number,
    readonly ways: number,
    private readonly disturbance: Disturbance,
    isHashed = false,
  ) {
    this.tags = new Int32Array(setCount * ways).fill(EMPTY);
    this.setMask = setCount - 1;
    this.foldShift = isHashed ? 31 - Math.clz32(setCount) : NO_FOLD;
    this.isDisturbed = disturbance !== 'none';
    this.filledSets = new Int32Array(disturbance === 'eviction' ? setCount : 0);
    this.settled = new Int32Array(disturbance === 'foreign traffic' ? setCount : 0);
  }

  /** Uses `tag`: returns whether it was there, and leaves it the most recent of its set. */
  touch(tag: number): boolean {
    const set = (tag ^ (tag >>> this.foldShift)) & this.setMask;
    const first = set * this.ways;
    const tags = this.tags;
    if (this.isDisturbed) {
      this.prepare(set);
    }
    // Search and move to the front in one pass, four ways at a time: every way takes the tag of the one before it.
    const end = first + this.ways;
    let way = first;
    let displaced = tag;
    for (; way + 4 <= end; way += 4) {
      const one = tags[way]!;
      tags[way] = displaced;
      if (one === tag) return true;
      const two = tags[way + 1]!;
      tags[way + 1] = one;
      if (two === tag) return true;
      const three = tags[way + 2]!;
      tags[way + 2] = two;
      if (three === tag) return true;
      const four = tags[way + 3]!;
      tags[way + 3] = three;
      if (four === tag) return true;
      if (four === EMPTY) return false;
      displaced = four;
    }
    for (; way < end; way++) {
      const next = tags[way]!;
      tags[way] = displaced;
      if (next === tag) return true;
      displaced = next;
    }
    return false;
  }

  /** Empties the cache. Only for the disturbance `eviction`. */
  evict(): void {
    for (let index = 0; index < this.filledCount; index++) {
      const first = this.filledSets[index]!;
      const end = first + this.ways;
      for (let way = first; way < end && this.tags[way] !== EMPTY; way++) {
        this.tags[way] = EMPTY;
      }
    }
    this.filledCount = 0;
  }

  /**
   * Lets `lines` consecutive, never repeated foreign lines pass through the cache; every set takes in its share when
   * it is next used. Only for the disturbance `foreign traffic`.
   */
  passForeign(lines: number): void {
    const passed = this.foreignRest + lines;
    // So many rounds displace everything, whatever the rest of the one before; more would outgrow 32 bits soon.
    const rounds = Math.min(Math.floor(passed / this.setCount), this.ways + 1);
    this.foreignRounds = (this.foreignRounds + rounds) | 0;
    this.foreignRest = passed % this.setCount;
  }

  /**
   * Lets `lines` of neighbours into the cache, unevenly: some sets take in twice as many as others, in the ratios of
   * `UNEVEN_SHARES`.
   */
  passNeighbours(lines: number): void {
    const passed = this.neighbourRest + lines;
    const grain = this.setCount / UNEVEN_SHARES.length;
    this.neighbourGrains += Math.floor(passed / grain);
    this.neighbourRest = passed % grain;
  }

  /** Takes the foreign lines in at once, so that `tags` may be read directly. */
  settleAll(): void {
    for (let set = 0; set < this.setCount; set++) {
      this.settle(set);
    }
  }

  /** Before a set is used: lets in the foreign lines that came since, or notes that it is about to be filled. */
  private prepare(set: number): void {
    if (this.disturbance === 'foreign traffic') {
      this.settle(set);
      return;
    }
    const first = set * this.ways;
    if (this.tags[first] === EMPTY) {
      this.filledSets[this.filledCount++] = first;
    }
  }

  private settle(set: number): void {
    const evenly = this.foreignRounds + (set < this.foreignRest ? 1 : 0);
    const arrived = (evenly + Math.floor((this.neighbourGrains * unevenShare(set)) / UNEVEN_TOTAL)) | 0;
    const lines = (arrived - this.settled[set]!) | 0;
    if (lines === 0) {
      return;
    }
    this.settled[set] = arrived;
    const first = set * this.ways;
    const kept = Math.max(0, this.ways - lines);
    for (let way = kept - 1; way >= 0; way--) {
      this.tags[first + way + this.ways - kept] = this.tags[first + way]!;
    }
    this.tags.fill(FOREIGN, first, first + this.ways - kept);
  }
}
