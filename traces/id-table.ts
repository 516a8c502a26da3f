import { integerHash } from './ground/integer-hash';

/**
 * Which ids are live, and a handle for each: a small number, used again once its id is gone, by which whoever tracks
 * objects keeps their figures in plain arrays. Open addressing over ids up to 2^53 − 1, so a live object costs about
 * thirty bytes however far apart the ids lie, and one that is gone costs nothing.
 */

const SLOTS_INITIAL = 1 << 8;
const EMPTY = -1;
/** No object has this handle: what `find` says of an id that is not in the table. */
export const NO_HANDLE = -1;

export class IdTable {
  private ids = new Float64Array(SLOTS_INITIAL).fill(EMPTY);
  private handles = new Int32Array(SLOTS_INITIAL);
  private mask = SLOTS_INITIAL - 1;
  private count = 0;
  private readonly freeHandles: number[] = [];
  private handlesMade = 0;

  /** How many ids are in the table. */
  get size(): number {
    return this.count;
  }

  /** The id's handle, or `NO_HANDLE`. */
  find(id: number): number {
    const slot = this.slotOf(id);
    return this.ids[slot] === EMPTY ? NO_HANDLE : this.handles[slot]!;
  }

  /** Adds an id that is not in the table (from 0 to 2^53 − 1) and returns its handle. */
  add(id: number): number {
    if ((this.count + 1) * 2 > this.ids.length) {
      this.grow();
    }
    const slot = this.slotOf(id);
    const handle = this.freeHandles.pop() ?? this.handlesMade++;
    this.ids[slot] = id;
    this.handles[slot] = handle;
    this.count += 1;
    return handle;
  }

  /** Takes the id out and returns the handle it had, or `NO_HANDLE` where it was not in the table. */
  remove(id: number): number {
    const slot = this.slotOf(id);
    if (this.ids[slot] === EMPTY) {
      return NO_HANDLE;
    }
    const handle = this.handles[slot]!;
    this.freeHandles.push(handle);
    this.count -= 1;
    this.closeGap(slot);
    return handle;
  }

  /** Every id with its handle, in an order that depends on nothing but the ids and their history. */
  *[Symbol.iterator](): Generator<readonly [id: number, handle: number]> {
    for (const [slot, id] of this.ids.entries()) {
      if (id !== EMPTY) {
        yield [id, this.handles[slot]!];
      }
    }
  }

  /** The slot that holds the id, or the empty one where it would go. */
  private slotOf(id: number): number {
    let slot = integerHash(id) & this.mask;
    while (this.ids[slot] !== id && this.ids[slot] !== EMPTY) {
      slot = (slot + 1) & this.mask;
    }
    return slot;
  }

  /** Empties a slot and moves up what had to pass it, so that no search ends too early (Knuth 6.4, Algorithm R). */
  private closeGap(emptied: number): void {
    let gap = emptied;
    for (let slot = (gap + 1) & this.mask; this.ids[slot] !== EMPTY; slot = (slot + 1) & this.mask) {
      const home = integerHash(this.ids[slot]!) & this.mask;
      const movable = ((slot - home) & this.mask) >= ((slot - gap) & this.mask);
      if (!movable) {
        continue;
      }
      this.ids[gap] = this.ids[slot]!;
      this.handles[gap] = this.handles[slot]!;
      gap = slot;
    }
    this.ids[gap] = EMPTY;
  }

  private grow(): void {
    const { ids, handles } = this;
    this.ids = new Float64Array(ids.length * 2).fill(EMPTY);
    this.handles = new Int32Array(ids.length * 2);
    this.mask = this.ids.length - 1;
    for (let slot = 0; slot < ids.length; slot++) {
      if (ids[slot] === EMPTY) {
        continue;
      }
      const moved = this.slotOf(ids[slot]!);
      this.ids[moved] = ids[slot]!;
      this.handles[moved] = handles[slot]!;
    }
  }
}
