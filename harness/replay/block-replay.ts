import {
  BUG,
  isBlock,
  NOTHING,
  NULL,
  TraceEvent,
  type EventSource,
  type Placement,
} from '../../traces/trace';
import { BlockRows } from './block-rows';
import { DelayedLedger } from './delayed-ledger';
import { EngineRunner } from './engine-runner';
import { ALLOCATES, BLOCK_OPERATIONS_MAX, FREES, type OperationRunner } from './operation-block';
import type { Operations } from './operations';
import type { PlacementLines } from './placements';
import type { ReplayObserver } from './observer';
import type { Stack } from './stack';

/**
 * Replays plain allocations and frees a block at a time: first all of them are entered, ids become slots; then the
 * engine runs, by itself if it can; then books, oracle, placements and observers go over the columns. What an operation
 * comes to is the same as one at a time, in every figure and in every error: a run ends where somebody has to look at
 * the heap, and whatever is out of the ordinary is performed by its verb.
 */

/** What stands behind the rows that were read: more plain events, an event for itself, or nothing for now. */
export type Ahead = 'more' | 'event' | 'nothing';

export class BlockReplay {
  /** The row that was under way when something was thrown. */
  failedRow = 0;
  private readonly runner: OperationRunner;
  private readonly rows: BlockRows;
  private readonly ledger: DelayedLedger;
  private readonly event = new TraceEvent();
  private isRunning = false;
  /** Where more than this is held somebody wants to look at the heap. */
  private heldBytesMax = Infinity;
  /** Whether the oracle objects to the row that the books have come to. */
  private isDisputed = false;
  private broken: { readonly error: unknown } | undefined;

  private constructor(
    private readonly stack: Stack,
    private readonly operations: Operations,
    private readonly placements: PlacementLines | undefined,
    private readonly observers: readonly ReplayObserver[],
  ) {
    this.runner = stack.engine.runner ?? new EngineRunner(stack);
    this.rows = new BlockRows(this.runner.columns, operations.objects.table);
    const { ledger, stream } = stack.machine;
    this.ledger = new DelayedLedger(ledger);
    operations.objects.witnessBy(this.ledger);
    ledger.watch = (address, bytes, isHeld) => this.changed(address, bytes, isHeld);
    this.runner.held(ledger.heldBytes, false);
    stream.beforeFlush = () => this.beforeFlush();
  }

  /** Undefined where somebody has to look on between any two operations. */
  static of(
    stack: Stack,
    source: EventSource,
    operations: Operations,
    placements: PlacementLines | undefined,
    observers: readonly ReplayObserver[],
  ): BlockReplay | undefined {
    const { engine, machine } = stack;
    const { origin } = source.header;
    const looksOn =
      machine.stream.isObserved ||
      operations.objects.payload !== undefined ||
      engine.callSite !== undefined ||
      engine.watchMoves !== undefined ||
      (origin.kind === 'synthetic' && origin.adaptive) ||
      observers.some((observer) => observer.performed === undefined);
    return looksOn ? undefined : new BlockReplay(stack, operations, placements, observers);
  }

  /** How many events the rows are. */
  get count(): number {
    return this.rows.count;
  }

  /** Reads events as far as they are plain, at most so many; what is not plain is left in `event`. */
  read(source: EventSource, event: TraceEvent, firstEvent: number, most: number): Ahead {
    const { rows } = this;
    rows.begin(firstEvent);
    const wanted = Math.min(most, BLOCK_OPERATIONS_MAX, this.nextLook(firstEvent) - firstEvent + 1);
    while (this.readLent(source, wanted) < wanted) {
      if (!this.next(source, event)) {
        return 'nothing';
      }
      if (!rows.enterEvent(event)) {
        return 'event';
      }
    }
    return 'more';
  }

  /** Performs what was read. What it throws happened in `failedRow`, whose event it leaves in `event`. */
  perform(event: TraceEvent): void {
    const { rows } = this;
    try {
      for (let row = 0; row < rows.count;) {
        row = this.runFrom(row);
      }
    } catch (error) {
      if (this.isDisputed) {
        this.reopen(rows.settled);
      }
      rows.event(this.failedRow, event);
      throw error;
    }
    if (this.broken !== undefined) {
      throw this.broken.error;
    }
  }

  /** Enters what the source can lend, up to so many rows: returns how many there are then. */
  private readLent(source: EventSource, rowsMax: number): number {
    const { rows } = this;
    const run = source.lend?.();
    if (run !== undefined) {
      source.skip!(rows.enterRun(run, rowsMax - rows.count));
    }
    return rows.count;
  }

  /** A source may break behind events that are as good as any: they come first. */
  private next(source: EventSource, event: TraceEvent): boolean {
    try {
      return this.broken === undefined && source.next(event, NOTHING);
    } catch (error) {
      this.broken = { error };
      return false;
    }
  }

  private nextLook(event: number): number {
    let next = Infinity;
    for (const observer of this.observers) {
      const look = observer.nextLook?.(event) ?? Infinity;
      if (look >= event && look < next) {
        next = look;
      }
    }
    return next;
  }

  /** Returns the row to go on with. */
  private runFrom(from: number): number {
    const { runner, rows, stack } = this;
    this.askHeldBytesMax();
    const isHighest = stack.machine.ledger.heldBytes > this.heldBytesMax;
    this.isRunning = true;
    this.failedRow = from;
    let end;
    try {
      end = runner.run(from, isHighest ? from + 1 : rows.count);
    } catch (error) {
      this.isRunning = false;
      if (!this.isDisputed) {
        this.failWithin(runner.next);
      }
      throw error;
    }
    this.isRunning = false;
    const row = runner.next;
    this.settle(row);
    switch (end) {
      case 'between':
        if (stack.machine.stream.isFull) {
          stack.machine.stream.flush();
        }
        return row;
      case 'before':
        this.performAlone(row);
        return row + 1;
      case 'within':
        this.endOperation(row, this.resultOf(row));
        return row + 1;
    }
  }

  /** The engine has failed in a row. */
  private failWithin(row: number): void {
    const { rows, operations } = this;
    this.settle(row);
    this.failedRow = row;
    const object = rows.object(row);
    if (rows.verbs[row] === FREES && isBlock(object)) {
      operations.objects.releaseBlock(rows.slots[row]!, object, rows.bytes[row]!);
    }
  }

  /** Held memory has changed. */
  private changed(address: number, bytes: number, isHeld: boolean): void {
    const { ledger } = this.stack.machine;
    if (this.isRunning) {
      this.ledger.add(this.runner.next, address, bytes, isHeld);
    } else {
      this.ledger.make(address, bytes, isHeld);
    }
    this.runner.held(ledger.heldBytes, isHeld && ledger.heldBytes > this.heldBytesMax);
  }

  /** Observers change their mind between runs, when they are told of operations: pages come and go more often. */
  private askHeldBytesMax(): void {
    this.heldBytesMax = Math.min(...this.observers.map(({ heldBytesMax }) => heldBytesMax ?? Infinity));
  }

  /** An operation of more accesses than a batch holds: what went before it has to be right before it is priced. */
  private beforeFlush(): void {
    if (this.isRunning) {
      this.settle(this.runner.next);
      this.askHeldBytesMax();
      this.describe(this.runner.next, this.runner.next + 1);
      this.runner.stopWithin();
    }
  }

  /** Books, oracle, placements and observers come to a row, up to which all are performed and none skipped. */
  private settle(until: number): void {
    const { operations, rows } = this;
    const from = rows.settled;
    if (from >= until) {
      return;
    }
    this.describe(from, until);
    try {
      operations.objects.settleRows(rows, until, this.ledger);
    } catch (error) {
      this.isDisputed = true;
      this.tell(from, rows.settled);
      throw error;
    }
    this.ledger.comeTo(until - 1);
    this.tell(from, until);
  }

  private tell(from: number, until: number): void {
    const { operations, rows, placements } = this;
    if (from === until) {
      return;
    }
    operations.performed += until - from;
    this.standBehind(until - 1);
    placements?.rows(rows, from, until);
    for (const observer of this.observers) {
      observer.performed!(operations, rows, from, until);
    }
  }

  private standBehind(row: number): void {
    const { operations, rows } = this;
    operations.eventIndex = rows.firstEvent + row;
    operations.lastPlacement = rows.placement(row);
    operations.subject = rows.verbs[row] === FREES ? rows.object(row) : NULL;
    operations.reachedEngine = true;
  }

  /** Tells the stream which operations its last rows are. */
  private describe(from: number, until: number): void {
    const { rows, runner } = this;
    const { stream } = this.stack.machine;
    const first = stream.operationCount - runner.next + from;
    for (let row = from; row < until; row++) {
      stream.operationIndices[first + row - from] = rows.firstEvent + row;
    }
    stream.operationCodes.set(rows.codes.subarray(from, until), first);
    stream.operationIds.set(rows.ids.subarray(from, until), first);
    stream.operationBytes.set(rows.bytes.subarray(from, until), first);
    stream.operationAligns.set(rows.aligns.subarray(from, until), first);
    stream.operationPlacements.set(rows.placements.subarray(from, until), first);
  }

  private describeAs(operation: number, row: number): void {
    const { firstEvent, codes, ids, bytes, aligns } = this.rows;
    const { stream } = this.stack.machine;
    stream.describe(operation, firstEvent + row, codes[row]!, ids[row]!, bytes[row]!, aligns[row]!);
  }

  /** The stream is as it was when a row had run to which the books object, and from which the engine has gone on. */
  private reopen(row: number): void {
    const { stream } = this.stack.machine;
    this.failedRow = row;
    stream.reopen(stream.operationCount - (this.runner.next - row));
    stream.lastStep = this.runner.lastStep(row);
  }

  /** A row within which a run ended. */
  private resultOf(row: number): Placement {
    const { rows, runner, operations } = this;
    const slot = rows.slots[row]!;
    this.begin(row);
    if (rows.verbs[row] === FREES) {
      operations.objects.releaseBlock(slot, rows.object(row), rows.bytes[row]!);
      return NOTHING;
    }
    const placement = runner.result();
    return this.allocated(row, placement);
  }

  private allocated(row: number, placement: Placement): Placement {
    const { rows, operations } = this;
    const bytes = rows.bytes[row]!;
    operations.objects.settleRequested(rows.slots[row]!, placement, bytes, rows.aligns[row]!);
    return operations.counted(placement, bytes);
  }

  /** A row that has to be performed by its verb. */
  private performAlone(row: number): void {
    const { rows, operations } = this;
    const { engine, machine } = this.stack;
    const [bytes, align] = [rows.bytes[row]!, rows.aligns[row]!];
    machine.stream.startOperation(machine.stream.entryCount);
    this.begin(row);
    if (rows.verbs[row] === ALLOCATES) {
      const placement = engine.allocate(bytes, align);
      this.endOperation(row, this.allocated(row, placement));
      return;
    }
    const object = rows.object(row);
    if (object === NULL || object === BUG) {
      this.standBehind(row);
      operations.reachedEngine = false;
      operations.skipped++;
      this.placements?.line(rows.codes[row]!, rows.ids[row]!, NOTHING, object);
      rows.settled = row + 1;
      return;
    }
    engine.free(object, bytes, align);
    this.endOperation(row, NOTHING);
  }

  private begin(row: number): void {
    this.failedRow = row;
    this.ledger.comeTo(row);
    this.operations.eventIndex = this.rows.firstEvent + row;
    this.describeAs(this.stack.machine.stream.operationCount, row);
  }

  private endOperation(row: number, placement: Placement): void {
    const { rows, operations, event } = this;
    this.stack.machine.stream.endOperation(placement);
    rows.placements[row] = placement;
    rows.settled = row + 1;
    operations.performed++;
    this.standBehind(row);
    this.placements?.line(rows.codes[row]!, rows.ids[row]!, placement, operations.subject);
    rows.event(row, event);
    for (const observer of this.observers) {
      observer.operation(operations, event, placement);
    }
  }
}
