import { Fault, HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { isBlock, isVirtual, NULL, type Placement } from '../../traces/trace';
import type { BackingHeap } from './backing-heap';
import type { GcSteps } from './steps';

/**
 * The pointer table of a libxl gc: an array of 8-byte slots in the heap, 0 where empty, searched from its start for
 * every pointer that is entered. So the k-th temporary of a call looks at k slots, in all generations.
 *
 * A gc is two words wherever it lies (on the stack, in the context): the address of its table and the number of
 * slots. The verbs take its address.
 */
export const SLOT_BYTES = 8;
export const GC_BYTES = 16;
const TABLE = 0;
const SLOT_COUNT = 8;
/** Slots of the one table that contexts had before 12 August 2010. */
export const CONTEXT_SLOTS = 256;
/** How many slots a table gains at least. */
const SLOTS_MORE = 25;

/** How a table grows: by 25 into a new array, copied slot by slot, or in place to twice as many and 25. */
export type Growth = 'copied' | 'doubled';

export class PointerTable {
  constructor(
    private readonly machine: Machine,
    private readonly heap: BackingHeap,
    private readonly steps: GcSteps,
    private readonly growth: Growth,
  ) {}

  /** A gc without a table. */
  initialize(gc: number): void {
    this.machine.store64(gc + TABLE, 0);
    this.machine.store(gc + SLOT_COUNT, 0);
  }

  /** A table of empty slots from the start, as the context of old had one. */
  allocate(gc: number, slots: number): void {
    const table = this.heap.allocateZeroed(slots * SLOT_BYTES);
    this.machine.store64(gc + TABLE, table);
    this.machine.store(gc + SLOT_COUNT, isBlock(table) ? slots : 0);
  }

  /** Enters a pointer in the first empty slot; returns the slot, or undefined where the table could not grow. */
  add(gc: number, object: Placement): number | undefined {
    const { machine } = this;
    machine.work(this.steps.add);
    const slot = this.find(gc, NULL);
    if (slot === undefined) {
      return this.grow(gc, object);
    }
    machine.store64(this.slotAddress(gc, slot), object);
    return slot;
  }

  /** Empties the slot of a pointer; returns it, or undefined where there is none. */
  remove(gc: number, object: Placement): number | undefined {
    return this.replace(gc, object, NULL);
  }

  /** Overwrites a pointer; returns its slot, or undefined where there is none. */
  replace(gc: number, object: Placement, replacement: Placement): number | undefined {
    const slot = this.find(gc, object);
    if (slot !== undefined) {
      this.machine.store64(this.slotAddress(gc, slot), replacement);
    }
    return slot;
  }

  /** Clears every slot in order and releases what was in it, which may be nil; returns how many were not. */
  releaseObjects(gc: number): number {
    const { machine, heap } = this;
    const table = machine.load64(gc + TABLE);
    const slots = machine.load(gc + SLOT_COUNT);
    let released = 0;
    for (let slot = 0; slot < slots; slot++) {
      const object = machine.load64(table + slot * SLOT_BYTES) as Placement;
      machine.store64(table + slot * SLOT_BYTES, 0);
      machine.work(this.steps.releaseSlot);
      heap.free(object, heap.bytes(object));
      if (object !== NULL) {
        released++;
      }
    }
    return released;
  }

  /** Releases the table itself; the gc can be used again. */
  releaseTable(gc: number): void {
    const bytes = this.slotCount(gc) * SLOT_BYTES;
    this.heap.free(this.machine.load64(gc + TABLE) as Placement, bytes);
    this.initialize(gc);
  }

  /**
   * Whether the number of slots is one that growth leads to, and there is a table exactly if there are any; uncharged.
   * Throws `HeapCorruption`.
   */
  check(gc: number, slotsAtFirst: number): void {
    const slots = this.slotCount(gc);
    let length = slotsAtFirst;
    while (length < slots) {
      length = this.longer(length);
    }
    const table = this.tableOf(gc);
    if (length !== slots || (table === NULL) !== (slots === 0)) {
      throw new HeapCorruption(gc, `a gc with ${slots} slots at 0x${table.toString(16)}`);
    }
    const block = slots === 0 ? undefined : this.heap.engine.blockAt(table, slots * SLOT_BYTES, 0);
    if (slots > 0 && (block === undefined || block.start + block.bytes < table + slots * SLOT_BYTES)) {
      throw new HeapCorruption(gc, 'the pointer table lies in no block of the heap that holds it');
    }
  }

  /** The number of slots; uncharged. */
  slotCount(gc: number): number {
    return this.machine.peek(gc + SLOT_COUNT);
  }

  /** The table's block, or `NULL`; uncharged. */
  tableOf(gc: number): Placement {
    return this.machine.peek64(gc + TABLE) as Placement;
  }

  /** The slot of a pointer, or undefined; uncharged. */
  slotOf(gc: number, object: Placement): number | undefined {
    const table = this.tableOf(gc);
    const slots = this.slotCount(gc);
    for (let slot = 0; slot < slots; slot++) {
      if (this.machine.peek64(table + slot * SLOT_BYTES) === object) {
        return slot;
      }
    }
    return undefined;
  }

  /** Visits the pointers in the table; uncharged. */
  forEach(gc: number, visit: (object: Placement, slot: number) => void): void {
    const table = this.tableOf(gc);
    const slots = this.slotCount(gc);
    for (let slot = 0; slot < slots; slot++) {
      const object = this.machine.peek64(table + slot * SLOT_BYTES) as Placement;
      if (object !== NULL) {
        visit(object, slot);
      }
    }
  }

  /** The first slot that holds `object`, `NULL` for an empty one, by looking at one slot after the other. */
  private find(gc: number, object: Placement): number | undefined {
    const { machine } = this;
    const table = machine.load64(gc + TABLE);
    const slots = machine.load(gc + SLOT_COUNT);
    for (let slot = 0; slot < slots; slot++) {
      if (machine.load64(table + slot * SLOT_BYTES) === object) {
        machine.work(this.steps.probe, slot + 1);
        return slot;
      }
    }
    machine.work(this.steps.probe, slots);
    return undefined;
  }

  private slotAddress(gc: number, slot: number): number {
    return this.machine.peek64(gc + TABLE) + slot * SLOT_BYTES;
  }

  /** Makes room behind the last slot and puts the pointer there. */
  private grow(gc: number, object: Placement): number | undefined {
    const slots = this.slotCount(gc);
    const table = this.tableOf(gc);
    const longer = this.growth === 'doubled' ? this.extended(table, slots) : this.copied(table, slots);
    this.machine.work(this.steps.grow);
    if (!isBlock(longer.table)) {
      return undefined;
    }
    if (isVirtual(longer.table)) {
      throw new Fault(longer.table, 'a pointer table in the virtual area, where this model cannot follow it');
    }
    this.machine.store64(longer.table + slots * SLOT_BYTES, object);
    if (this.growth === 'doubled') {
      this.clear(longer.table, slots + 1, longer.slots);
    } else {
      this.heap.free(table, slots * SLOT_BYTES);
    }
    this.machine.store64(gc + TABLE, longer.table);
    this.machine.store(gc + SLOT_COUNT, longer.slots);
    return slots;
  }

  private extended(table: Placement, slotCount: number): { table: Placement; slots: number } {
    const slots = this.longer(slotCount);
    const longer = this.heap.reallocate(table, slots * SLOT_BYTES, slotCount * SLOT_BYTES);
    return { table: longer, slots };
  }

  /** A new array with the old one's slots; the old one is still there. */
  private copied(table: Placement, slotCount: number): { table: Placement; slots: number } {
    const { machine } = this;
    const slots = this.longer(slotCount);
    const copy = this.heap.allocateZeroed(slots * SLOT_BYTES);
    if (isBlock(copy)) {
      for (let slot = 0; slot < slotCount; slot++) {
        machine.store64(copy + slot * SLOT_BYTES, machine.load64(table + slot * SLOT_BYTES));
      }
      machine.work(this.steps.copySlot, slotCount);
    }
    return { table: copy, slots };
  }

  private longer(slots: number): number {
    return (this.growth === 'doubled' ? 2 * slots : slots) + SLOTS_MORE;
  }

  private clear(table: Placement, from: number, to: number): void {
    for (let slot = from; slot < to; slot++) {
      this.machine.store64(table + slot * SLOT_BYTES, 0);
    }
    this.machine.work(this.steps.clearSlot, to - from);
  }
}
