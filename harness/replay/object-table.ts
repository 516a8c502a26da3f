import type { IdTable } from '../../traces/ground/id-table';
import { ObjectHandles } from '../../traces/object-handles';
import { OP, type EventRun, type Placement } from '../../traces/trace';

/** The objects of a running trace, by id: where each was placed, what was asked and what was granted. */

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

/** Slots are handed out densely and reused; what stands in one can be read until it is given to the next object. */
export class ObjectTable {
  /** Slots are its handles. */
  private readonly handles = new ObjectHandles();
  private rows = new Float64Array(this.capacity << ROW_SHIFT);

  /** Nobody reads it: what was looked at for nothing would not be looked at. */
  protected seen = 0;

  get size(): number {
    return this.handles.lookUp().size;
  }

  /** Slots there is room for. */
  get capacity(): number {
    return this.handles.capacity;
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

  /** Enters an object that has its slot from `enterRun`. */
  setEntered(slot: number, id: number, bytes: number, align: number, born: number): void {
    this.rows[(slot << ROW_SHIFT) + ID] = id;
    this.setRequest(slot, bytes, align);
    this.rows[(slot << ROW_SHIFT) + BORN] = born;
  }

  /** The object's slot, or −1 for an id that no live object has. */
  slotOf(id: number): number {
    return this.handles.lookUp().find(id);
  }

  /** A fresh slot, or −1 for an id that has one. */
  add(id: number): number {
    const slot = this.handles.lookUp().add(id);
    this.makeRoom();
    if (slot >= 0) {
      this.rows[(slot << ROW_SHIFT) + ID] = id;
      this.rows[(slot << ROW_SHIFT) + BORN] = -1;
    }
    return slot;
  }

  remove(slot: number): void {
    this.handles.lookUp().remove(this.id(slot));
  }

  /** Gives or takes the slot of an event's object; −1, and nothing is done, where it cannot be. */
  enter(op: number, id: number): number {
    const table = this.handles.lookUp();
    const slot = op === OP.free ? table.remove(id) : table.add(id);
    this.makeRoom();
    return slot;
  }

  /**
   * Gives and takes the slots of the objects of a run's events, allocations and frees, as far as these are of what
   * does not live and of what does. Returns how many; their slots go into `slots` from `at` on.
   */
  enterRun(run: EventRun, until: number, slots: Int32Array, at: number): number {
    const { from, handles } = run;
    if (this.handles.takeOver(run, from, until)) {
      slots.set(handles!.subarray(from, until), at);
      this.makeRoom();
      return until - from;
    }
    const entered = this.lookUp(run, until, slots, at);
    this.makeRoom();
    return entered;
  }

  private lookUp({ ops, ids, from }: EventRun, until: number, slots: Int32Array, at: number): number {
    const table = this.handles.lookUp();
    this.lookAhead(table, ids, from, until);
    for (let index = from; index < until; index++) {
      const slot = ops[index] === OP.free ? table.remove(ids[index]!) : table.add(ids[index]!);
      if (slot < 0) {
        return index - from;
      }
      slots[at + index - from] = slot;
    }
    return until - from;
  }

  /**
   * Looks at the rows of objects that are about to be asked for: the host then waits for its memory once, and not for
   * one after the other.
   */
  private lookAhead(table: IdTable, ids: Uint32Array, from: number, until: number): void {
    let seen = 0;
    for (let index = from; index < until; index++) {
      const slot = table.glance(ids[index]!);
      seen += this.rows[Math.max(slot, 0) << ROW_SHIFT]!;
    }
    this.seen = seen;
  }

  /** Visits every live slot, in no particular but always the same order. */
  forEach(visit: (slot: number) => void): void {
    for (const [, slot] of this.handles.lookUp()) {
      visit(slot);
    }
  }

  private makeRoom(): void {
    const { capacity, rows } = this;
    if (capacity << ROW_SHIFT > rows.length) {
      this.rows = new Float64Array(capacity << ROW_SHIFT);
      this.rows.set(rows);
    }
  }
}

/**
 * The same number, as an integer where 32 bits hold it. What comes out of a `Float64Array` is a double to V8, and an
 * address that has once been one makes every sum of an engine's hot path a floating-point sum.
 */
export function asInteger(value: number): number {
  const integer = value | 0;
  return integer === value ? integer : value;
}
