import { allocate } from './memory';
import { Ways } from './ways';

/**
 * A set-associative cache (or TLB) with exact least-recently-used replacement. Each set is a short array of tags, the
 * most recently used first; a touch moves its tag to the front. The memory behind tags is not kept, nor whether a line
 * is dirty.
 *
 * A set takes a whole number of vectors. Where its ways do not fill them, the places beyond hold what was displaced
 * last: to be found there is not to be found, and the order of the others is the same.
 *
 * Tags of 32 bits are the numbers themselves. Tags of 16 bits leave out what the number of the set tells, and twice as
 * many of them fit a vector; a cache of many sets has them.
 */

/** Marks a way that was never filled, or was evicted; such ways are the last of their set. */
export const EMPTY: i32 = -1;
/** Marks what foreign traffic left: nobody will ask for it. */
export const FOREIGN: i32 = -2;
const NO_FOLD: i32 = 31;
/** Lines are numbered below 2^26. Tags below 2^15 leave room for the marks. */
const LINE_BITS: i32 = 26;
const NARROW_TAG_BITS: i32 = 15;
/** What narrow tags leave out, whatever the number of sets. */
const NARROW_TAG_SHIFT: i32 = LINE_BITS - NARROW_TAG_BITS;

/** What happens to a cache between operations. */
export const UNDISTURBED: i32 = 0;
export const EVICTION: i32 = 1;
export const FOREIGN_TRAFFIC: i32 = 2;

/**
 * Neighbours use the sets of a shared cache unevenly. How unevenly is a choice: the ratios, a byte each, spread the time
 * for which an unused line survives as widely as the measured storms show (`../README.md`).
 */
const UNEVEN_SHARES: u64 = 0x0b0a_0908_0807_0605;
const UNEVEN_COUNT: i32 = 8;
const UNEVEN_TOTAL_SHIFT: i64 = 6;
const FIBONACCI: i32 = <i32>0x9e37_79b1;

/** Which share a set takes is spread by the multiplier of Fibonacci hashing. */
function unevenShare(set: i32): i64 {
  const which = (set * FIBONACCI) >>> 29;
  return (UNEVEN_SHARES >> (which << 3)) & 0xff;
}

@unmanaged
export class LruSets {
  tags: usize;
  setCount: i32;
  setMask: i32;
  setBytes: i32;
  vectors: i32;
  ways: i32;
  /** Bytes of the tags that count. */
  wayBytes: i32;
  isNarrow: bool;
  foldShift: i32;
  disturbance: i32;

  /** Eviction costs no more than the sets that an operation filled: they are remembered as they leave emptiness. */
  filledSets: usize;
  filledCount: i32;

  /** Foreign lines so far, as whole rounds over all sets and the sets of the round under way. */
  foreignRounds: i32;
  foreignRest: i32;
  /** Neighbours' lines so far, in grains of one line for every eighth set. */
  neighbourGrains: i64;
  neighbourRest: f64;
  /** Foreign lines that each set has already taken in. */
  settled: usize;

  /** Caches that are never configured do not exist: they hold nothing, and may be disturbed at will. */
  configure(setCount: i32, ways: i32, disturbance: i32, isHashed: bool, isNarrow: bool): void {
    const setBits = 31 - clz(setCount);
    this.isNarrow = isNarrow;
    this.setCount = setCount;
    this.setMask = setCount - 1;
    this.ways = ways;
    this.wayBytes = ways << (isNarrow ? 1 : 2);
    this.vectors = (this.wayBytes + 15) >> 4;
    this.setBytes = this.vectors << 4;
    this.foldShift = isHashed ? setBits : NO_FOLD;
    this.disturbance = disturbance;
    this.tags = allocate(setCount * this.setBytes);
    this.filledSets = allocate((<usize>setCount) << 2);
    this.settled = allocate(disturbance == FOREIGN_TRAFFIC ? (<usize>setCount) << 2 : 0);
  }

  /** Forgets all that has happened. */
  restart(): void {
    memory.fill(this.tags, <u8>EMPTY, this.setCount * this.setBytes);
    this.filledCount = 0;
    this.foreignRounds = 0;
    this.foreignRest = 0;
    this.neighbourGrains = 0;
    this.neighbourRest = 0;
    if (this.disturbance == FOREIGN_TRAFFIC) {
      memory.fill(this.settled, 0, (<usize>this.setCount) << 2);
    }
  }

  /** Uses `line`, and leaves it the most recent of its set; returns a number below 0 if it was there. */
  @inline
  touch(line: i32): i32 {
    if (this.isNarrow) {
      return this.touchAs<i16>(line);
    }
    if (this.setCount != 0) {
      return this.touchAs<i32>(line);
    }
    return 0;
  }

  /** The tag of a line in every cache whose tags are narrow, in every way of a vector. */
  @inline
  static narrowTag(line: i32): v128 {
    return i16x8.splat(<i16>(line >>> NARROW_TAG_SHIFT));
  }

  /** Whether the ways fill so many vectors, one or two, and nothing but accesses happens to them. */
  isPlain(isNarrow: bool, vectors: i32): bool {
    return (
      this.isNarrow == isNarrow &&
      this.wayBytes == vectors << 4 &&
      this.foldShift == NO_FOLD &&
      this.disturbance == UNDISTURBED
    );
  }

  /** Where the set of a line begins, in a plain cache of so many vectors, one or two. */
  @inline
  plainSet(line: i32, vectors: i32): usize {
    return this.tags + ((line & this.setMask) << (vectors == 1 ? 4 : 5));
  }

  /** `touch` in a set of L1, whose tags are wide; it is prepared already. */
  @inline
  touchIn(first: usize, tag: i32): i32 {
    return Ways.moveToFront<i32>(first, i32x4.splat(tag), this.vectors) - this.wayBytes;
  }

  /** Remembers a set that is about to be filled. */
  @inline
  noteFilled(first: usize): void {
    store<usize>(this.filledSets + (this.filledCount++ << 2), first);
  }

  @inline
  touchAs<T>(number: i32): i32 {
    const set = (number ^ (number >>> this.foldShift)) & this.setMask;
    if (this.disturbance != UNDISTURBED) {
      this.prepare(set);
    }
    const tag = sizeof<T>() == 2 ? LruSets.narrowTag(number) : i32x4.splat(number);
    return Ways.moveToFront<T>(this.tags + set * this.setBytes, tag, this.vectors) - this.wayBytes;
  }

  /** Empties the cache. Only for the disturbance `eviction`. */
  evict(): void {
    const setBytes = this.setBytes;
    const end = this.filledSets + (this.filledCount << 2);
    for (let each = this.filledSets; each < end; each += 4) {
      const first = load<usize>(each);
      v128.store(first, i32x4.splat(EMPTY));
      for (let at = first + 16; at < first + setBytes; at += 16) {
        v128.store(at, i32x4.splat(EMPTY));
      }
    }
    this.filledCount = 0;
  }

  /**
   * Lets `lines` consecutive, never repeated foreign lines pass through the cache; every set takes in its share when
   * it is next used. Only for the disturbance `foreign traffic`.
   */
  passForeign(lines: i64): void {
    if (this.setCount != 0) {
      const passed = this.foreignRest + lines;
      this.foreignRounds += <i32>min<i64>(passed / this.setCount, this.ways + 1);
      this.foreignRest = <i32>(passed % this.setCount);
    }
  }

  /**
   * Lets `lines` of neighbours into the cache, unevenly: some sets take in twice as many as others, in the ratios of
   * `UNEVEN_SHARES`.
   */
  passNeighbours(lines: f64): void {
    if (this.setCount != 0) {
      const passed = this.neighbourRest + lines;
      const grain = <f64>this.setCount / UNEVEN_COUNT;
      const grains = Math.floor(passed / grain);
      this.neighbourGrains += <i64>grains;
      this.neighbourRest = passed - grains * grain;
    }
  }

  /** Takes the foreign lines in at once, so that `tags` may be read directly. */
  settleAll(): void {
    for (let set = 0; set < this.setCount; set++) {
      this.settle(set);
    }
  }

  /** Before a set is used: lets in the foreign lines that came since, or notes that it is about to be filled. */
  @inline
  private prepare(set: i32): void {
    if (this.disturbance == FOREIGN_TRAFFIC) {
      this.settle(set);
      return;
    }
    const first = this.tags + set * this.setBytes;
    if ((this.isNarrow ? load<i16>(first) : load<i32>(first)) == EMPTY) {
      this.noteFilled(first);
    }
  }

  @inline
  private settle(set: i32): void {
    const evenly = this.foreignRounds + i32(set < this.foreignRest);
    const arrived = evenly + <i32>((this.neighbourGrains * unevenShare(set)) >> UNEVEN_TOTAL_SHIFT);
    const settled = this.settled + (set << 2);
    const lines = arrived - load<i32>(settled);
    if (lines == 0) {
      return;
    }
    store<i32>(settled, arrived);
    const first = this.tags + set * this.setBytes;
    for (let left = min(lines, this.ways); left > 0; left--) {
      if (this.isNarrow) {
        this.letIn<i16>(first);
      } else {
        this.letIn<i32>(first);
      }
    }
  }

  @inline
  private letIn<T>(first: usize): void {
    let before = v128.splat<T>(<T>FOREIGN);
    for (let at = first; at < first + this.setBytes; at += 16) {
      const here = v128.load(at);
      Ways.moveOn<T>(at, before, here);
      before = here;
    }
  }
}

/** Whether the tags of lines in so many sets are narrow. */
export function hasNarrowTags(setCount: i32): bool {
  return LINE_BITS - (31 - clz(setCount)) <= NARROW_TAG_BITS;
}
