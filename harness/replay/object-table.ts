import type { Placement } from '../../traces/trace';
import { integerHash } from '../../traces/ground/integer-hash';

/**
 * The objects of a running trace, by id: where each was placed, what was asked and what was granted.
 *
 * Ids are any integers up to 2^53 and may come back after a free, so they are keys of an open-addressing hash table
 * (linear probing, backward-shift deletion: no tombstones, bounded by the live objects whatever the trace does).
 */

/** An object's row; its placement is a block, `ZERO`, or the `NULL` or `BUG` that it got instead. */
const ID = 0;
const PLACEMENT = 1;
const REQUESTED_BYTES = 2;
const ALIGN = 3;
const GRANTED_BYTES = 4;
const HEADER_BYTES = 5;
/** Which allocation of a block it was, so that a free in the same block knows it. */
const BORN = 6;
/** Rows of 64 bytes: whatever is asked of an object costs the host one cache line. */
const ROW_SHIFT = 3;

/** Slots are handed out densely and reused; a slot is valid from `add` to `remove`. */
export class ObjectTable {
  private rows = new Float64Array(INITIAL_SLOTS << ROW_SHIFT);
  private freeSlots = new Int32Array(INITIAL_SLOTS);
  private freeSlotCount = 0;
  private slotCount = 0;
  /** slot + 1 by hash position; 0 is empty. */
  private positions = new Int32Array(INITIAL_SLOTS * 2);
  private objectCount = 0;

  get size(): number {
    return this.objectCount;
  }

  /** Slots there is room for. */
  get capacity(): number {
    return this.freeSlots.length;
  }

  id(slot: number): number {
    return this.rows[(slot << ROW_SHIFT) + ID]!;
  }

  placement(slot: number): Placement {
    return asInteger(this.rows[(slot << ROW_SHIFT) + PLACEMENT]!) as Placement;
  }

  requestedBytes(slot: number): number {
    return asInteger(this.rows[(slot << ROW_SHIFT) + REQUESTED_BYTES]!);
  }

  align(slot: number): number {
    return asInteger(this.rows[(slot << ROW_SHIFT) + ALIGN]!);
  }

  grantedBytes(slot: number): number {
    return this.rows[(slot << ROW_SHIFT) + GRANTED_BYTES]!;
  }

  headerBytes(slot: number): number {
    return this.rows[(slot << ROW_SHIFT) + HEADER_BYTES]!;
  }

  setPlacement(slot: number, placement: Placement): void {
    this.rows[(slot << ROW_SHIFT) + PLACEMENT] = placement;
  }

  setRequest(slot: number, bytes: number, align: number): void {
    this.rows[(slot << ROW_SHIFT) + REQUESTED_BYTES] = bytes;
    this.rows[(slot << ROW_SHIFT) + ALIGN] = align;
  }

  setGrant(slot: number, bytes: number, headerBytes: number): void {
    this.rows[(slot << ROW_SHIFT) + GRANTED_BYTES] = bytes;
    this.rows[(slot << ROW_SHIFT) + HEADER_BYTES] = headerBytes;
  }

  /** The number of the allocation in a block; −1 where it was in none. */
  born(slot: number): number {
    return this.rows[(slot << ROW_SHIFT) + BORN]!;
  }

  setBorn(slot: number, number: number): void {
    this.rows[(slot << ROW_SHIFT) + BORN] = number;
  }

  /** The object's slot, or −1 for an id that no live object has. */
  slotOf(id: number): number {
    const mask = this.positions.length - 1;
    for (let position = integerHash(id) & mask; ; position = (position + 1) & mask) {
      const slot = this.positions[position]! - 1;
      if (slot < 0 || this.id(slot) === id) {
        return slot;
      }
    }
  }

  /** A fresh slot for an id that has none. */
  add(id: number): number {
    if (this.objectCount * 2 >= this.positions.length) {
      this.grow();
    }
    const slot = this.freeSlotCount > 0 ? this.freeSlots[--this.freeSlotCount]! : this.slotCount++;
    this.rows[(slot << ROW_SHIFT) + ID] = id;
    this.rows[(slot << ROW_SHIFT) + BORN] = -1;
    this.insert(id, slot);
    this.objectCount++;
    return slot;
  }

  remove(slot: number): void {
    const mask = this.positions.length - 1;
    let hole = integerHash(this.id(slot)) & mask;
    while (this.positions[hole] !== slot + 1) {
      hole = (hole + 1) & mask;
    }
    for (let position = (hole + 1) & mask; this.positions[position] !== 0; position = (position + 1) & mask) {
      const home = integerHash(this.id(this.positions[position]! - 1)) & mask;
      if (((position - home) & mask) >= ((position - hole) & mask)) {
        this.positions[hole] = this.positions[position]!;
        hole = position;
      }
    }
    this.positions[hole] = 0;
    this.freeSlots[this.freeSlotCount++] = slot;
    this.objectCount--;
  }

  /** Visits every live slot, in no particular but always the same order. */
  forEach(visit: (slot: number) => void): void {
    for (const entry of this.positions) {
      if (entry !== 0) {
        visit(entry - 1);
      }
    }
  }

  private insert(id: number, slot: number): void {
    const mask = this.positions.length - 1;
    let position = integerHash(id) & mask;
    while (this.positions[position] !== 0) {
      position = (position + 1) & mask;
    }
    this.positions[position] = slot + 1;
  }

  private grow(): void {
    const slots = this.capacity * 2;
    const rows = new Float64Array(slots << ROW_SHIFT);
    rows.set(this.rows);
    this.rows = rows;
    const freeSlots = new Int32Array(slots);
    freeSlots.set(this.freeSlots);
    this.freeSlots = freeSlots;
    const old = this.positions;
    this.positions = new Int32Array(slots * 2);
    for (const entry of old) {
      if (entry !== 0) {
        this.insert(this.id(entry - 1), entry - 1);
      }
    }
  }
}

/** A power of two; the table is at most half full. */
const INITIAL_SLOTS = 1024;

/**
 * The same number, as an integer where 32 bits hold it. What comes out of a `Float64Array` is a double to V8, and an
 * address that has once been one makes every sum of an engine's hot path a floating-point sum.
 */
export function asInteger(value: number): number {
  const integer = value | 0;
  return integer === value ? integer : value;
}
