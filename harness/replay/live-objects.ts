import { isBlock, NULL, type Placement } from '../../traces/trace';
import { HeapCorruption } from '../machine/failures';
import { ObjectTable } from './object-table';
import { Oracle } from './oracle';
import type { Engine } from './port';
import type { Stack } from './stack';

/**
 * The books of a replay: which objects have a block, how many bytes were asked and granted for them, with the oracle
 * as witness of every change.
 */
export class LiveObjects {
  readonly table = new ObjectTable();
  /** Objects that have a block now. */
  count = 0;
  /** Bytes they asked for, bytes of the blocks granted to them, header bytes among those. */
  requestedBytes = 0;
  grantedBytes = 0;
  headerBytes = 0;

  private readonly oracle: Oracle;
  private readonly engine: Engine;

  constructor(stack: Stack) {
    this.engine = stack.engine;
    this.oracle = new Oracle(stack.machine, stack.definition.constants);
  }

  placement(slot: number): Placement {
    return this.table.placement(slot);
  }

  /** The slots of the objects by where they are now: for engines that move blocks. */
  slotsByPlacement(): Map<Placement, number> {
    const slots = new Map<Placement, number>();
    this.table.forEach((slot) => slots.set(this.placement(slot), slot));
    return slots;
  }

  /** Enters what the engine returned for an object; a failed allocation is entered too, without a block. */
  settle(slot: number, placement: Placement, bytes: number, align: number): void {
    const { table } = this;
    checkPlacement(placement);
    table.setPlacement(slot, placement);
    table.setRequest(slot, bytes, align);
    if (!isBlock(placement)) {
      return;
    }
    this.oracle.placed(placement, bytes, align);
    const block = this.engine.blockAt(placement, bytes, align);
    const grantedBytes = block === undefined ? 0 : block.bytes;
    const headerBytes = block === undefined ? 0 : block.headerBytes;
    table.setGrant(slot, grantedBytes, headerBytes);
    this.count++;
    this.requestedBytes += bytes;
    this.grantedBytes += grantedBytes;
    this.headerBytes += headerBytes;
  }

  /** Takes an object's block out of the books; the object keeps its slot. */
  release(slot: number): void {
    const { table } = this;
    const placement = this.placement(slot);
    if (!isBlock(placement)) {
      return;
    }
    const bytes = table.requestedBytes(slot);
    this.oracle.released(placement, bytes);
    this.count--;
    this.requestedBytes -= bytes;
    this.grantedBytes -= table.grantedBytes(slot);
    this.headerBytes -= table.headerBytes(slot);
  }

  /** The object is gone, block and all. */
  remove(slot: number): void {
    this.release(slot);
    this.table.remove(slot);
  }

  /** The engine moved an object's block. */
  move(slot: number, to: Placement): void {
    const bytes = this.table.requestedBytes(slot);
    this.oracle.released(this.placement(slot), bytes);
    this.oracle.placed(to, bytes, 0);
    this.table.setPlacement(slot, to);
  }
}

/** An engine of the user's own may return anything. */
function checkPlacement(placement: Placement): void {
  if (!Number.isInteger(placement) || placement < NULL) {
    throw new HeapCorruption(undefined, `the engine returned ${String(placement)}, which is no placement`);
  }
}
