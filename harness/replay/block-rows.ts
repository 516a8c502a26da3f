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
    const { table, count: row } = this;
    const slot = isPlain(op) ? table.enter(op, id) : -1;
    if (slot < 0) {
      return false;
    }
    this.codes[row] = op;
    this.ids[row] = id;
    this.sizes[row] = size;
    this.aligns[row] = align;
    this.slots[row] = slot;
    this.fill(1);
    return true;
  }

  /** The same for the events of a run, at most so many: returns how many were entered. */
  enterRun(run: EventRun, most: number): number {
    const { from, ops, ids, sizes, aligns } = run;
    const { count: row } = this;
    const end = plainUntil(ops, from, Math.min(run.until, from + most));
    const entered = this.table.enterRun(run, end, this.slots, row);
    this.codes.set(ops.subarray(from, from + entered), row);
    this.ids.set(ids.subarray(from, from + entered), row);
    this.sizes.set(sizes.subarray(from, from + entered), row);
    this.aligns.set(aligns.subarray(from, from + entered), row);
    this.fill(entered);
    return entered;
  }

  /** Fills in what the table says to the next rows, of which codes, ids, sizes, alignments and slots are there. */
  private fill(count: number): void {
    const { table, codes, ids, sizes, slots, verbs, bytes, aligns, objects, placements, firstNumber } = this;
    const end = this.count + count;
    for (let row = this.count; row < end; row++) {
      const slot = slots[row]!;
      if (codes[row] === OP.free) {
        const bornRow = table.born(slot) - firstNumber;
        verbs[row] = FREES;
        bytes[row] = table.requestedBytes(slot);
        aligns[row] = table.align(slot);
        objects[row] = bornRow >= 0 ? -1 - bornRow : table.placement(slot);
        placements[row] = NOTHING;
      } else {
        table.setEntered(slot, ids[row]!, sizes[row]!, aligns[row]!, firstNumber + row);
        verbs[row] = ALLOCATES;
        bytes[row] = sizes[row]!;
        objects[row] = 0;
      }
    }
    this.count = end;
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

const isPlain = (op: number): boolean => op === OP.alloc || op === OP.free || op === OP.heap;

/** Where the first event stands that is no plain allocation or free. */
function plainUntil(ops: Uint8Array, from: number, until: number): number {
  let index = from;
  while (index < until && isPlain(ops[index]!)) {
    index++;
  }
  return index;
}

function numbers(): Float64Array {
  return new Float64Array(BLOCK_OPERATIONS_MAX);
}
