/**
 * The ways of one set, the most recently used first: vectors of four tags of 32 bits or eight of 16 bits. A tag is
 * looked for in all ways of a vector at once; up to where it was found, every way takes the tag of the one before it.
 */
export class Ways {
  /** Moves a tag to the front of a set of one vector; whether it was there. `wanted` is made of it. */
  @inline
  static touchOne<T>(first: usize, wanted: v128): bool {
    const ways = v128.load(first);
    const found = v128.eq<T>(ways, wanted);
    if (Ways.isAny(found)) {
      Ways.moveUpTo<T>(found, first, wanted, ways);
      return true;
    }
    Ways.moveOn<T>(first, wanted, ways);
    return false;
  }

  /** The same in a set of two. */
  @inline
  static touchTwo<T>(first: usize, wanted: v128): bool {
    const one = v128.load(first);
    const inOne = v128.eq<T>(one, wanted);
    if (Ways.isAny(inOne)) {
      Ways.moveUpTo<T>(inOne, first, wanted, one);
      return true;
    }
    Ways.moveOn<T>(first, wanted, one);
    const two = v128.load(first, 16);
    const inTwo = v128.eq<T>(two, wanted);
    if (Ways.isAny(inTwo)) {
      Ways.moveUpTo<T>(inTwo, first + 16, one, two);
      return true;
    }
    Ways.moveOn<T>(first + 16, one, two);
    return false;
  }

  /**
   * The same in a set of so many; returns the place where the tag was, in bytes from the start of the set, or the bytes
   * of the set if it was not there.
   */
  @inline
  static moveToFront<T>(first: usize, wanted: v128, vectors: i32): i32 {
    const one = v128.load(first);
    const inOne = v128.eq<T>(one, wanted);
    if (Ways.isAny(inOne)) {
      Ways.moveUpTo<T>(inOne, first, wanted, one);
      return Ways.placeOf(inOne);
    }
    Ways.moveOn<T>(first, wanted, one);
    if (vectors == 1) {
      return 16;
    }
    const two = v128.load(first, 16);
    const inTwo = v128.eq<T>(two, wanted);
    if (Ways.isAny(inTwo)) {
      Ways.moveUpTo<T>(inTwo, first + 16, one, two);
      return 16 + Ways.placeOf(inTwo);
    }
    Ways.moveOn<T>(first + 16, one, two);
    if (vectors == 2) {
      return 32;
    }
    return Ways.moveThrough<T>(first, wanted, two, vectors);
  }

  /** From the third vector on. */
  @inline
  private static moveThrough<T>(first: usize, wanted: v128, two: v128, vectors: i32): i32 {
    const bytes = vectors << 4;
    let before = two;
    for (let offset = 32; offset < bytes; offset += 16) {
      const here = v128.load(first + offset);
      const found = v128.eq<T>(here, wanted);
      if (Ways.isAny(found)) {
        Ways.moveUpTo<T>(found, first + offset, before, here);
        return offset + Ways.placeOf(found);
      }
      Ways.moveOn<T>(first + offset, before, here);
      before = here;
    }
    return bytes;
  }

  /** Whether the tag was found in any way of a vector. */
  @inline
  static isAny(found: v128): bool {
    return v128.bitmask<i8>(found) != 0;
  }

  @inline
  private static placeOf(found: v128): i32 {
    return ctz(v128.bitmask<i8>(found));
  }

  /** Every way of the vector `here` takes the tag of the one before it, the first one the last of `before`. */
  @inline
  static moveOn<T>(at: usize, before: v128, here: v128): void {
    v128.store(at, Ways.movedOn<T>(before, here));
  }

  /** The same as far as the way where the tag was found. */
  @inline
  static moveUpTo<T>(found: v128, at: usize, before: v128, here: v128): void {
    // Subtracting one makes ones of what a number has below its lowest one; a half that has none is all ones then.
    const ones = i64x2.splat(-1);
    const inEitherHalf = v128.or(found, i64x2.add(found, ones));
    const isNotInLow = v128.shuffle<i64>(ones, i64x2.eq(found, i64x2.splat(0)), 0, 2);
    const upTo = v128.and(inEitherHalf, isNotInLow);
    v128.store(at, v128.bitselect(Ways.movedOn<T>(before, here), here, upTo));
  }

  @inline
  private static movedOn<T>(before: v128, here: v128): v128 {
    if (sizeof<T>() == 2) {
      return v128.shuffle<i16>(before, here, 7, 8, 9, 10, 11, 12, 13, 14);
    }
    return v128.shuffle<i32>(before, here, 3, 4, 5, 6);
  }
}
