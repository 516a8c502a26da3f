/**
 * A set-associative cache (or TLB) with exact least-recently-used replacement. Each set is a short array of tags, the
 * most recently used first; a touch moves its tag to the front. Tags are line or page numbers: the memory behind them
 * is not kept, nor whether a line is dirty.
 */

/** Marks a way that was never filled, or was evicted; such ways are the last of their set. */
const EMPTY = -1;
/** Marks what foreign traffic left: nobody will ask for it. */
export const FOREIGN = -2;

/** What happens to a cache between operations. */
export type Disturbance = 'none' | 'eviction' | 'foreign traffic';

export class LruSets {
  readonly tags: Int32Array;
  readonly setMask: number;
  private readonly isDisturbed: boolean;

  /** Eviction costs no more than the sets that an operation filled: they are remembered as they leave emptiness. */
  private readonly filledSets: Int32Array;
  private filledCount = 0;

  /** Foreign lines so far, as whole rounds over all sets and the sets of the round under way. */
  private foreignRounds = 0;
  private foreignRest = 0;
  /** Foreign lines that each set has already taken in. */
  private readonly settled: Int32Array;

  /** `setCount` is a power of two. */
  constructor(
    readonly setCount: number,
    readonly ways: number,
    private readonly disturbance: Disturbance,
  ) {
    this.tags = new Int32Array(setCount * ways).fill(EMPTY);
    this.setMask = setCount - 1;
    this.isDisturbed = disturbance !== 'none';
    this.filledSets = new Int32Array(disturbance === 'eviction' ? setCount : 0);
    this.settled = new Int32Array(disturbance === 'foreign traffic' ? setCount : 0);
  }

  /** Uses `tag`: returns whether it was there, and leaves it the most recent of its set. */
  touch(tag: number): boolean {
    const set = tag & this.setMask;
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
    this.foreignRounds = (this.foreignRounds + Math.floor(passed / this.setCount)) | 0;
    this.foreignRest = passed % this.setCount;
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
    const arrived = (this.foreignRounds + (set < this.foreignRest ? 1 : 0)) | 0;
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
