import { NOTHING, OP, type EventRun, type Placement, type TraceEvent } from '../../traces/trace';
import type { ObjectTable } from './object-table';
import { ALLOCATES, BLOCK_OPERATIONS_MAX, FREES, type OperationColumns } from './operation-block';

/** What observers read of the rows of a block that were performed; row r is the event `firstEvent` + r. */
export type PerformedRows = Readonly<
  Pick<
    BlockRows,
    | 'firstEvent'
    | 'codes'
    | 'ids'
    | 'sizes'
    | 'aligns'
    | 'placements'
    | 'heldBytes'
    | 'allocatedAfter'
    | 'liveObjectsAfter'
    | 'liveBytesAfter'
    | 'grantedAfter'
    | 'headersAfter'
  >
>;

/**
 * A block of events as columns: what the trace says, the slots of their objects, what the engine made of them, and what
 * the books say after each. Slots are given and taken when a row is entered, ahead of the engine, so everything that is
 * needed of an object later stands in its row.
 */
export class BlockRows implements OperationColumns {
  readonly verbs;
  readonly bytes;
  readonly aligns;
  readonly objects;
  readonly placements;
  readonly grantedBytes;
  readonly headerBytes;
  readonly heldBytes;

  readonly codes = new Uint8Array(BLOCK_OPERATIONS_MAX);
  readonly ids = numbers();
  readonly sizes = numbers();
  readonly slots = new Int32Array(BLOCK_OPERATIONS_MAX);

  readonly allocatedAfter = numbers();
  readonly liveObjectsAfter = numbers();
  readonly liveBytesAfter = numbers();
  readonly grantedAfter = numbers();
  readonly headersAfter = numbers();

  count = 0;
  /** The first row that the books do not know of yet. */
  settled = 0;
  firstEvent = 0;
  /** The number of row 0 among all that were ever entered. */
  private firstNumber = 0;

  constructor(
    columns: OperationColumns,
    private readonly table: ObjectTable,
  ) {
    this.verbs = columns.verbs;
    this.bytes = columns.bytes;
    this.aligns = columns.aligns;
    this.objects = columns.objects;
    this.placements = columns.placements;
    this.grantedBytes = columns.grantedBytes;
    this.headerBytes = columns.headerBytes;
    this.heldBytes = columns.heldBytes;
  }

  /** Begins a block with an event of that index. */
  begin(firstEvent: number): void {
    this.firstNumber += this.count;
    this.firstEvent = firstEvent;
    this.count = 0;
    this.settled = 0;
  }

  /** Enters an event; false, and it is not entered, where it is no plain allocation or free of what lives. */
  enterEvent({ op, id, size, align }: TraceEvent): boolean {
    const row = this.count;
    this.codes[row] = op;
    this.ids[row] = id;
    this.sizes[row] = size;
    return this.enter(op, id, size, align);
  }

  /** The same for the events of a run, at most so many: returns how many were entered. */
  enterRun({ from, until, ops, ids, sizes, aligns }: EventRun, most: number): number {
    const end = Math.min(until, from + most);
    this.table.lookAhead(ids, from, end);
    this.codes.set(ops.subarray(from, end), this.count);
    this.ids.set(ids.subarray(from, end), this.count);
    this.sizes.set(sizes.subarray(from, end), this.count);
    let index = from;
    while (index < end && this.enter(ops[index]!, ids[index]!, sizes[index]!, aligns[index]!)) {
      index++;
    }
    return index - from;
  }

  /** What the table has to do with it: the rest of a row is what the event says. */
  private enter(op: number, id: number, size: number, align: number): boolean {
    switch (op) {
      case OP.alloc:
      case OP.heap:
        return this.enterAllocation(id, size, align);
      case OP.free:
        return this.enterFree(id);
      default:
        return false;
    }
  }

  private enterAllocation(id: number, size: number, align: number): boolean {
    const { table, count: row } = this;
    const slot = table.add(id);
    if (slot < 0) {
      return false;
    }
    table.setRequest(slot, size, align);
    table.setBorn(slot, this.firstNumber + row);
    this.verbs[row] = ALLOCATES;
    this.bytes[row] = size;
    this.aligns[row] = align;
    this.objects[row] = 0;
    this.slots[row] = slot;
    this.count = row + 1;
    return true;
  }

  private enterFree(id: number): boolean {
    const { table, count: row } = this;
    const slot = table.removeId(id);
    if (slot < 0) {
      return false;
    }
    const bornRow = table.born(slot) - this.firstNumber;
    this.verbs[row] = FREES;
    this.bytes[row] = table.requestedBytes(slot);
    this.aligns[row] = table.align(slot);
    this.objects[row] = bornRow >= 0 ? -1 - bornRow : table.placement(slot);
    this.placements[row] = NOTHING;
    this.slots[row] = slot;
    this.count = row + 1;
    return true;
  }

  /** The event of a row, as far as a block knows it. */
  event(row: number, into: TraceEvent): void {
    const isFree = this.verbs[row] === FREES;
    into.set(this.codes[row]!, this.ids[row]!, this.sizes[row]!, isFree ? 0 : this.aligns[row]!);
  }

  placement(row: number): Placement {
    return this.placements[row]! as Placement;
  }

  object(row: number): Placement {
    return this.objects[row]! as Placement;
  }
}

function numbers(): Float64Array {
  return new Float64Array(BLOCK_OPERATIONS_MAX);
}
