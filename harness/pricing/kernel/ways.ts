/**
 * The ways of one set, the most recently used first: vectors of four tags of 32 bits or eight of 16 bits. A tag is
 * looked for in all ways of a vector at once; up to where it was found, every way takes the tag of the one before it.
 * Places are told in bytes from the start of the set.
 */

/** The mask that ends n bytes before the middle of this lets through the first n bytes of a vector. */
const REACH: usize = memory.data<i32>([-1, -1, -1, -1, 0, 0, 0, 0], 16);

export class Ways {
  /** Moves `tag` to the front; returns the place where it was, or the bytes of the set if it was not there. */
  @inline
  static moveToFront<T>(first: usize, tag: T, vectors: i32): i32 {
    const wanted = v128.splat<T>(tag);
    const one = v128.load(first);
    const bits = Ways.matches<T>(one, wanted);
    const movedOne = Ways.movedOn<T>(wanted, one);
    if (bits != 0) {
      return Ways.settleIn<T>(first, movedOne, one, bits);
    }
    v128.store(first, movedOne);
    if (vectors == 1) {
      return 16;
    }
    const two = v128.load(first, 16);
    const moreBits = Ways.matches<T>(two, wanted);
    const movedTwo = Ways.movedOn<T>(one, two);
    if (moreBits != 0) {
      return 16 + Ways.settleIn<T>(first + 16, movedTwo, two, moreBits);
    }
    v128.store(first, movedTwo, 16);
    if (vectors == 2) {
      return 32;
    }
    return Ways.moveThrough<T>(first, wanted, two, vectors);
  }

  /** From the third vector on. */
  @inline
  static moveThrough<T>(first: usize, wanted: v128, two: v128, vectors: i32): i32 {
    const bytes = vectors << 4;
    let before = two;
    for (let offset = 32; offset < bytes; offset += 16) {
      const here = v128.load(first + offset);
      const bits = Ways.matches<T>(here, wanted);
      const moved = Ways.movedOn<T>(before, here);
      if (bits != 0) {
        return offset + Ways.settleIn<T>(first + offset, moved, here, bits);
      }
      v128.store(first + offset, moved);
      before = here;
    }
    return bytes;
  }

  /** A bit for each byte of the ways that hold the tag. */
  @inline
  static matches<T>(ways: v128, wanted: v128): i32 {
    return v128.bitmask<i8>(v128.eq<T>(ways, wanted));
  }

  /** Every way of `here` takes the tag of the one before it. */
  @inline
  static movedOn<T>(before: v128, here: v128): v128 {
    if (sizeof<T>() == 2) {
      return v128.shuffle<i16>(before, here, 7, 8, 9, 10, 11, 12, 13, 14);
    }
    return v128.shuffle<i32>(before, here, 3, 4, 5, 6);
  }

  /** Stores the ways as far moved on as the first match reaches; returns its place. */
  @inline
  static settleIn<T>(at: usize, moved: v128, ways: v128, bits: i32): i32 {
    const place = ctz(bits);
    const reached = v128.load(REACH + 16 - sizeof<T>() - place);
    v128.store(at, v128.bitselect(moved, ways, reached));
    return place;
  }
}
