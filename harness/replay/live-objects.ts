import { BUG, isBlock, isVirtual, NULL, VIRTUAL_BASE, ZERO, type Placement } from '../../traces/trace';
import { HeapCorruption } from '../machine/failures';
import type { Machine } from '../machine/machine';
import { HEAP_BASE } from '../machine/memory-layout';
import type { BlockRows } from './block-rows';
import type { DelayedLedger } from './delayed-ledger';
import { ObjectTable } from './object-table';
import { Oracle } from './oracle';
import { Payload, type PayloadChecks } from './payload';
import { FREES } from './operation-block';
import type { Block, Engine } from './port';
import type { Stack } from './stack';

/** Who looks on: what the objects hold is watched where it is wanted, placements but for a replay made again. */
export interface Witnesses {
  readonly payload: PayloadChecks | undefined;
  readonly isWitnessed: boolean;
}

/**
 * The books of a replay: which objects have a block, how many bytes were asked and granted for them, with the oracle
 * as witness of every change and, where it is wanted, one of what the objects hold.
 */
export class LiveObjects {
  readonly table = new ObjectTable();
  readonly payload: Payload | undefined;
  /** Objects that have a block now. */
  count = 0;
  /** Bytes they asked for, bytes of the blocks granted to them, header bytes among those. */
  requestedBytes = 0;
  grantedBytes = 0;
  headerBytes = 0;
  /** Bytes asked for in all successful allocations so far. */
  allocatedBytes = 0;
  /** Blocks, so far, that did not lie as was asked for: the oracle holds an engine to its own bound only. */
  misalignedPlacements = 0;

  private readonly oracle: Oracle | undefined;
  private readonly engine: Engine;
  private readonly machine: Machine;

  constructor(stack: Stack, { payload, isWitnessed }: Witnesses) {
    this.payload = payload && new Payload(stack, this.table, payload);
    this.engine = stack.engine;
    this.machine = stack.machine;
    this.oracle = isWitnessed ? new Oracle(stack.machine, stack.definition.constants) : undefined;
  }

  /** Has placements witnessed by what was held when they were made, where the engine has gone on since. */
  witnessBy(ledger: DelayedLedger): void {
    this.oracle?.witnessBy(ledger);
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

  /**
   * Enters what the engine returned for an object; a failed allocation is entered too, without a block. `keptAlign` is
   * what had been asked for before a reallocation, which does not say it again.
   */
  settle(slot: number, placement: Placement, bytes: number, align: number, keptAlign = 0): void {
    checkPlacement(placement);
    this.table.setRequest(slot, bytes, align);
    this.place(slot, placement, bytes, align, keptAlign);
    if (isBlock(placement)) {
      this.payload?.paint(slot);
    }
  }

  /** `settle` in a block: the table knows the request already, and perhaps that of the next object in the slot. */
  settleRequested(slot: number, placement: Placement, bytes: number, align: number): void {
    checkPlacement(placement);
    this.place(slot, placement, bytes, align, 0);
  }

  private place(slot: number, placement: Placement, bytes: number, align: number, keptAlign: number): void {
    this.table.setPlacement(slot, placement);
    if (!isBlock(placement)) {
      return;
    }
    if (!isAligned(placement, Math.max(align, keptAlign))) {
      this.misalignedPlacements++;
    }
    if (this.oracle !== undefined) {
      this.oracle.placed(placement, bytes, align);
      this.grant(slot, this.engine.blockAt(placement, bytes, align));
    }
    this.count++;
    this.requestedBytes += bytes;
  }

  private grant(slot: number, block: Block | undefined): void {
    const grantedBytes = block === undefined ? 0 : block.bytes;
    const headerBytes = block === undefined ? 0 : block.headerBytes;
    this.table.setGrant(slot, grantedBytes, headerBytes);
    this.grantedBytes += grantedBytes;
    this.headerBytes += headerBytes;
  }

  /**
   * `settleRequested` for a run of rows, and `release` for the frees among them. Fills in what was live and granted
   * after each; where it throws, `settled` of the rows says which was wrong, and the books stand before it.
   */
  settleRows(rows: BlockRows, until: number, ledger: DelayedLedger): void {
    const { table, oracle } = this;
    const { verbs, slots, bytes, aligns, objects, placements, grantedBytes, headerBytes } = rows;
    const { allocatedAfter, liveObjectsAfter, liveBytesAfter, grantedAfter, headersAfter } = rows;
    let { count, requestedBytes, allocatedBytes, grantedBytes: granted, headerBytes: headers } = this;
    let row = rows.settled;
    try {
      for (; row < until; row++) {
        const slot = slots[row]!;
        const requested = bytes[row]!;
        if (verbs[row] === FREES) {
          count--;
          requestedBytes -= requested;
          if (oracle !== undefined) {
            oracle.released(objects[row]! as Placement, requested);
            granted -= table.grantedBytes(slot);
            headers -= table.headerBytes(slot);
          }
        } else {
          const placement = placements[row]! as Placement;
          const align = aligns[row]!;
          table.setPlacement(slot, placement);
          if (align > 1 && !isAligned(placement, align)) {
            this.misalignedPlacements++;
          }
          if (oracle !== undefined) {
            ledger.comeTo(row);
            oracle.placed(placement, requested, align);
            table.setGrant(slot, grantedBytes[row]!, headerBytes[row]!);
            granted += grantedBytes[row]!;
            headers += headerBytes[row]!;
          }
          count++;
          requestedBytes += requested;
          allocatedBytes += requested;
        }
        allocatedAfter[row] = allocatedBytes;
        liveObjectsAfter[row] = count;
        liveBytesAfter[row] = requestedBytes;
        grantedAfter[row] = granted;
        headersAfter[row] = headers;
      }
    } finally {
      rows.settled = row;
      this.count = count;
      this.requestedBytes = requestedBytes;
      this.allocatedBytes = allocatedBytes;
      this.grantedBytes = granted;
      this.headerBytes = headers;
    }
  }

  /** Takes an object's block out of the books; the object keeps its slot. */
  release(slot: number): void {
    const { table } = this;
    const placement = this.placement(slot);
    if (!isBlock(placement)) {
      return;
    }
    this.payload?.forget(slot);
    this.releaseBlock(slot, placement, table.requestedBytes(slot));
  }

  /** The same of a block for which so much had been asked. */
  releaseBlock(slot: number, placement: Placement, bytes: number): void {
    const { table } = this;
    this.count--;
    this.requestedBytes -= bytes;
    if (this.oracle !== undefined) {
      this.oracle.released(placement, bytes);
      this.grantedBytes -= table.grantedBytes(slot);
      this.headerBytes -= table.headerBytes(slot);
    }
  }

  /** The object is gone, block and all; up to now it held what its program stored. */
  remove(slot: number): void {
    this.payload?.verify(slot);
    this.release(slot);
    this.table.remove(slot);
  }

  /** The engine moved an object's block. */
  move(slot: number, to: Placement): void {
    const bytes = this.table.requestedBytes(slot);
    this.oracle?.released(this.placement(slot), bytes);
    this.oracle?.placed(to, bytes, 0);
    this.table.setPlacement(slot, to);
  }

  /** The program sets every byte of its object; no access of the engine's. */
  fill(slot: number, value: number): void {
    const object = this.placement(slot);
    const write = () => this.writeAsProgram(object, object + this.table.requestedBytes(slot), value);
    if (this.payload === undefined) {
      write();
    } else {
      this.payload.filled(slot, value, write);
    }
  }

  /** The program writes past its object, over whatever lies there. */
  overrun(slot: number, offset: number, bytes: number, value: number): void {
    const first = this.placement(slot) + this.table.requestedBytes(slot) + offset;
    const write = () => this.writeAsProgram(first, first + bytes, value);
    if (this.payload === undefined) {
      write();
    } else {
      this.payload.overrun(first, first + bytes, write);
    }
  }

  private writeAsProgram(first: number, end: number, value: number): void {
    for (let address = first; address < end; address++) {
      this.machine.poke8(address, value);
    }
  }
}

/** Offsets count: where the heap itself begins is no matter of the engine. */
function isAligned(placement: Placement, align: number): boolean {
  return align === 0 || (placement - (isVirtual(placement) ? VIRTUAL_BASE : HEAP_BASE)) % align === 0;
}

/** An engine of the user's own may return anything: a word of the first page that names no outcome, too. */
function checkPlacement(placement: Placement): void {
  const isOutcome = placement === NULL || placement === ZERO || placement === BUG;
  if (!Number.isInteger(placement) || !(isOutcome || isBlock(placement))) {
    throw new HeapCorruption(undefined, `the engine returned ${String(placement)}, which is no placement`);
  }
}
