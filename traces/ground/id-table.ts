import { folded, tablePlace } from './integer-hash';

/**
 * Which ids are live, and a handle for each: a small number, used again once its id is gone, by which whoever tracks
 * objects keeps their figures in plain arrays. Most traces number their objects: small ids have a place each, of four
 * bytes, as far as the largest of them. All others, up to 2^53 − 1, are hashed, with open addressing and linear
 * probing: one that is live costs about thirty bytes however far apart they lie, and one that is gone costs nothing.
 */

const SMALL_IDS_INITIAL = 1 << 10;
const SMALL_IDS_MAX = 1 << 22;
const PLACES_INITIAL_SHIFT = 11;
const PLACES_INITIAL = 1 << PLACES_INITIAL_SHIFT;
const HANDLES_INITIAL = 1 << 10;
const EMPTY = 0;
/** No object has this handle: what `find` says of an id that is not in the table. */
export const NO_HANDLE = -1;

export class IdTable {
  /** The handle + 1 of each small id, or `EMPTY`. */
  private small = new Int32Array(SMALL_IDS_INITIAL);
  /**
   * Two words a place, side by side for the host's cache: an id, folded, and its handle + 1, negative where the folded
   * id does not say all, or `EMPTY`.
   */
  private places = new Int32Array(2 * PLACES_INITIAL);
  private mask = PLACES_INITIAL - 1;
  /** For `tablePlace`. */
  private shift = 32 - PLACES_INITIAL_SHIFT;
  private placesTaken = 0;
  /** By handle the ids that have more than 32 bits; no room until there is one. */
  private wideIds = new Float64Array(0);
  private freeHandles = new Int32Array(HANDLES_INITIAL);
  private freeHandleCount = 0;
  private handlesMade = 0;

  /** A table of ids that have handles already: by handle, below 0 where there is none. */
  static of(ids: Float64Array): IdTable {
    const table = new IdTable();
    table.freeHandles = new Int32Array(ids.length);
    table.handlesMade = ids.length;
    for (const [handle, id] of ids.entries()) {
      if (id >= 0) {
        table.giveHandle(handle);
        table.add(id);
      }
    }
    for (let handle = ids.length - 1; handle >= 0; handle--) {
      if (ids[handle]! < 0) {
        table.giveHandle(handle);
      }
    }
    return table;
  }

  /** How many ids are in the table. */
  get size(): number {
    return this.handlesMade - this.freeHandleCount;
  }

  /** Handles there is room for. */
  get capacity(): number {
    return this.freeHandles.length;
  }

  /** The id's handle, or `NO_HANDLE`. */
  find(id: number): number {
    if (id < SMALL_IDS_MAX) {
      return id < this.small.length ? this.small[id]! - 1 : NO_HANDLE;
    }
    return this.handleAt(this.placeOf(id));
  }

  /** In one look, what is the id's handle as a rule: it may be another's, or `NO_HANDLE`. */
  glance(id: number): number {
    return id < this.small.length ? this.small[id]! - 1 : this.handleAt(tablePlace(folded(id), this.shift));
  }

  /** Adds an id (from 0 to 2^53 − 1) and returns its handle, or `NO_HANDLE` where it is in the table already. */
  add(id: number): number {
    if (id >= SMALL_IDS_MAX) {
      return this.addHashed(id);
    }
    if (id >= this.small.length) {
      this.growSmall(id);
    }
    if (this.small[id] !== EMPTY) {
      return NO_HANDLE;
    }
    const handle = this.takeHandle();
    this.small[id] = handle + 1;
    return handle;
  }

  /** Takes the id out and returns the handle it had, or `NO_HANDLE` where it was not in the table. */
  remove(id: number): number {
    if (id >= SMALL_IDS_MAX) {
      return this.removeHashed(id);
    }
    const handle = id < this.small.length ? this.small[id]! - 1 : NO_HANDLE;
    if (handle !== NO_HANDLE) {
      this.small[id] = EMPTY;
      this.giveHandle(handle);
    }
    return handle;
  }

  /** Every id with its handle, in an order that depends on nothing but the ids and their history. */
  *[Symbol.iterator](): Generator<readonly [id: number, handle: number]> {
    for (const [id, entry] of this.small.entries()) {
      if (entry !== EMPTY) {
        yield [id, entry - 1];
      }
    }
    for (let place = 0; place <= this.mask; place++) {
      const handle = this.handleAt(place);
      if (handle !== NO_HANDLE) {
        const isWide = this.places[2 * place + 1]! < 0;
        yield [isWide ? this.wideIds[handle]! : this.places[2 * place]! >>> 0, handle];
      }
    }
  }

  private growSmall(id: number): void {
    let length = 2 * this.small.length;
    while (id >= length) {
      length *= 2;
    }
    this.small = grown(this.small, new Int32Array(length));
  }

  private takeHandle(): number {
    if (this.freeHandleCount > 0) {
      return this.freeHandles[--this.freeHandleCount]!;
    }
    if (this.handlesMade === this.capacity) {
      this.freeHandles = grown(this.freeHandles, new Int32Array(2 * this.capacity));
    }
    return this.handlesMade++;
  }

  private giveHandle(handle: number): void {
    this.freeHandles[this.freeHandleCount++] = handle;
  }

  private addHashed(id: number): number {
    if (2 * this.placesTaken > this.mask) {
      this.growPlaces();
    }
    const place = this.placeOf(id);
    if (this.places[2 * place + 1] !== EMPTY) {
      return NO_HANDLE;
    }
    const handle = this.takeHandle();
    this.placesTaken++;
    this.places[2 * place] = folded(id);
    if (id <= WORD_MAX) {
      this.places[2 * place + 1] = handle + 1;
    } else {
      this.places[2 * place + 1] = -handle - 1;
      this.keepWide(handle, id);
    }
    return handle;
  }

  private removeHashed(id: number): number {
    const place = this.placeOf(id);
    const handle = this.handleAt(place);
    if (handle !== NO_HANDLE) {
      this.closeGap(place);
      this.placesTaken--;
      this.giveHandle(handle);
    }
    return handle;
  }

  private handleAt(place: number): number {
    return Math.abs(this.places[2 * place + 1]!) - 1;
  }

  /** The place that holds the id, or the empty one where it would go. */
  private placeOf(id: number): number {
    const { places, mask } = this;
    const word = folded(id);
    for (let place = tablePlace(word, this.shift); ; place = (place + 1) & mask) {
      const entry = places[2 * place + 1]!;
      if (entry === EMPTY || (places[2 * place] === word && this.isSo(id, entry))) {
        return place;
      }
    }
  }

  /** Whether it is the id of an entry, of which it is known that it folds to the same. */
  private isSo(id: number, entry: number): boolean {
    return id <= WORD_MAX ? entry > 0 : entry < 0 && this.wideIds[-entry - 1] === id;
  }

  /** Empties a place and moves up what had to pass it, so that no search ends too early (Knuth 6.4, Algorithm R). */
  private closeGap(emptied: number): void {
    const { places, mask } = this;
    let gap = emptied;
    for (let place = (gap + 1) & mask; places[2 * place + 1] !== EMPTY; place = (place + 1) & mask) {
      const home = tablePlace(places[2 * place]!, this.shift);
      if (((place - home) & mask) >= ((place - gap) & mask)) {
        places[2 * gap] = places[2 * place]!;
        places[2 * gap + 1] = places[2 * place + 1]!;
        gap = place;
      }
    }
    places[2 * gap + 1] = EMPTY;
  }

  private growPlaces(): void {
    const { places } = this;
    this.places = new Int32Array(2 * places.length);
    this.mask = places.length - 1;
    this.shift--;
    for (let entry = 0; entry < places.length; entry += 2) {
      if (places[entry + 1] !== EMPTY) {
        this.moveIn(places[entry]!, places[entry + 1]!);
      }
    }
  }

  private keepWide(handle: number, id: number): void {
    if (this.wideIds.length < this.capacity) {
      this.wideIds = grown(this.wideIds, new Float64Array(this.capacity));
    }
    this.wideIds[handle] = id;
  }

  private moveIn(word: number, entry: number): void {
    let place = tablePlace(word, this.shift);
    while (this.places[2 * place + 1] !== EMPTY) {
      place = (place + 1) & this.mask;
    }
    this.places[2 * place] = word;
    this.places[2 * place + 1] = entry;
  }
}

function grown<A extends Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

const WORD_MAX = 0xffff_ffff;
