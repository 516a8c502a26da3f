import { clearCounts, columnsOf, countsOf, type CountColumns } from './count-columns';
import { NOTED, NOTED_COUNT, PRICED, PRICED_COUNT } from './domain-events';
import { Runaway } from './failures';
import type { Step, StepTable } from './steps';
import type { StreamArrays } from './stream-batch';

/**
 * The access stream: everything a pricing needs to know of a batch of operations, in flat arrays.
 *
 * Engines append; when an array is full the stream hands itself to its drain (all pricings, one after the other) and
 * starts again from empty. An operation may span several batches. One class, no polymorphism, no allocation: this is
 * where the harness spends its time.
 */

/** Access kinds, the low two bits of an entry. */
export const LOAD = 0;
/** A load whose address came from the load before it (pointer chase): its latency cannot be hidden. */
export const CHASE = 1;
export const STORE = 2;
/** Locked read-modify-write. */
export const UPDATE = 3;
export const KIND_COUNT = 4;

/** Segment flags: the low eight bits are the locks held, bit 8 says that the operation ends here. */
export const LOCK_MASK = 0xff;
export const END_OF_OPERATION = 0x100;

/**
 * From 2^16 entries on, 256 KiB, a batch ends with its operation. Fewer would change too often between engine and
 * pricings, which displace each other's lines in the host's L2; it still holds that many.
 */
export const ENTRIES_ENOUGH = 1 << 16;
/**
 * Operations that fill all the rest are rare on purpose. V8 compiles a call that was never made into none at all; one
 * that is made now and then would make it forget, at every access, all it knows of the stream and the memory.
 */
export const ENTRY_CAPACITY = 1 << 18;
const ENTRY_LAST = ENTRY_CAPACITY - 1;
export const SEGMENT_CAPACITY = 1 << 12;
export const OPERATION_CAPACITY = 1 << 10;
/** The last rows stay free: there is always one to count in. */
const SEGMENT_LAST = SEGMENT_CAPACITY - 1;
const OPERATION_LAST = OPERATION_CAPACITY - 1;

/** Watches the steps of the operations as they happen (`explain`); none is installed in an ordinary replay. */
export interface StepObserver {
  /** `times` executions of `step` ended at stream position `position` of the current batch. */
  step(step: Step, times: number, position: number): void;
}

/** Where the columns begin that are written all the time. */
const INSTRUCTIONS = PRICED.instructions * SEGMENT_CAPACITY;
const BIT_SCANS = PRICED.bitScans * SEGMENT_CAPACITY;
const MISPREDICTS = PRICED.mispredicts * SEGMENT_CAPACITY;
const LOCK_ACQUIRES = NOTED.lockAcquires * OPERATION_CAPACITY;

/** Counts that segments and operations have beside those of steps. */
const PRICED_ALWAYS = (1 << PRICED.instructions) | (1 << PRICED.bitScans);
const NOTED_ALWAYS = 1 << NOTED.lockAcquires;

export class AccessStream {
  entryCount = 0;

  segmentEnds: Int32Array = new Int32Array(SEGMENT_CAPACITY);
  segmentFlags: Int32Array = new Int32Array(SEGMENT_CAPACITY);
  private priced: Float64Array = new Float64Array(PRICED_COUNT * SEGMENT_CAPACITY);
  segmentPriced: CountColumns = columnsOf(this.priced, SEGMENT_CAPACITY);
  segmentCount = 0;

  readonly operationIndices: Float64Array = new Float64Array(OPERATION_CAPACITY);
  readonly operationCodes: Uint8Array = new Uint8Array(OPERATION_CAPACITY);
  readonly operationIds: Float64Array = new Float64Array(OPERATION_CAPACITY);
  readonly operationBytes: Float64Array = new Float64Array(OPERATION_CAPACITY);
  readonly operationAligns: Float64Array = new Float64Array(OPERATION_CAPACITY);
  readonly operationPlacements: Float64Array = new Float64Array(OPERATION_CAPACITY);
  private noted: Float64Array = new Float64Array(NOTED_COUNT * OPERATION_CAPACITY);
  operationNoted: CountColumns = columnsOf(this.noted, OPERATION_CAPACITY);
  operationCount = 0;

  /** Entries and operations drained so far: positions of this batch count from here. */
  entriesDrained = 0;
  operationsDrained = 0;

  /** Events that were counted one by one, and not because a step is one. */
  private pricedBeside = 0;
  private notedBeside = 0;

  /** Instructions and bit scans of the segment under way. */
  instructions = 0;
  bitScans = 0;

  locksHeld = 0;
  /** The step reported last: what the engine was doing when it stopped. */
  lastStep: Step | undefined;
  private operationStart = 0;
  /** The stream position that the operation under way must not pass. */
  private positionLimit: number;
  private recording = true;
  /** Told before a batch goes to the drain in the middle of an operation. */
  beforeFlush: (() => void) | undefined;

  /**
   * @param steps the machine's step table: instruction weights and domain events by step
   * @param accessesMax an operation with more accesses ends as `Runaway`
   * @param accessBudget all operations together with more accesses end as `Runaway`
   */
  constructor(
    private readonly steps: StepTable,
    private readonly accessesMax: number,
    private readonly observer: StepObserver | undefined,
    private readonly drain: (batch: AccessStream) => void,
    private readonly accessBudget = Infinity,
    public entries: Int32Array = new Int32Array(ENTRY_CAPACITY),
  ) {
    this.positionLimit = Math.min(accessesMax, accessBudget);
  }

  /** Whether somebody watches the steps as they happen. */
  get isObserved(): boolean {
    return this.observer !== undefined;
  }

  /** Keeps in these arrays, all zero, what an engine appends by itself; before the first entry. */
  keepIn({ entries, segmentEnds, segmentFlags, segmentPriced, operationNoted }: StreamArrays): void {
    this.entries = entries;
    this.segmentEnds = segmentEnds;
    this.segmentFlags = segmentFlags;
    this.priced = segmentPriced;
    this.segmentPriced = columnsOf(segmentPriced, SEGMENT_CAPACITY);
    this.noted = operationNoted;
    this.operationNoted = columnsOf(operationNoted, OPERATION_CAPACITY);
  }

  /** The domain counts of segments that may not all be zero, a bit each. */
  get pricedEvents(): number {
    return PRICED_ALWAYS | this.steps.pricedEvents | this.pricedBeside;
  }

  /** The same of operations. */
  get notedEvents(): number {
    return NOTED_ALWAYS | this.steps.notedEvents | this.notedBeside;
  }

  /** Where the stream stands after an engine has appended to it by itself. */
  standAt(entryCount: number, segmentCount: number, operationCount: number): void {
    this.entryCount = entryCount;
    this.segmentCount = segmentCount;
    this.operationCount = operationCount;
  }

  /** Appends one access: `address` is a physical byte address, `kind` one of LOAD, CHASE, STORE, UPDATE. */
  append(address: number, kind: number): void {
    const position = this.entryCount;
    this.entries[position] = (address & ~3) | kind;
    this.entryCount = position + 1;
    if (position === ENTRY_LAST) {
      this.flushWithinOperation();
    }
  }

  /** What a step is beside its instructions, which `Machine.work` adds up: events, mispredictions, a story. */
  workMore(step: Step, times: number): void {
    const { steps } = this;
    const mispredicts = steps.mispredicts[step]!;
    if (mispredicts !== 0) {
      this.priced[MISPREDICTS + this.segmentCount]! += mispredicts * times;
    }
    const event = steps.noted[step]!;
    if (event !== NOTED.none) {
      this.noted[event * OPERATION_CAPACITY + this.operationCount]! += times;
    }
    if (this.observer !== undefined) {
      this.observer.step(step, times, this.entryCount);
    }
  }

  /** The counts of the segment and of the operation under way are summed up in place. */
  countPriced(event: number, times: number): void {
    this.pricedBeside |= 1 << event;
    this.priced[event * SEGMENT_CAPACITY + this.segmentCount]! += times;
  }

  countNoted(event: number, times: number): void {
    this.notedBeside |= 1 << event;
    this.noted[event * OPERATION_CAPACITY + this.operationCount]! += times;
  }

  acquired(lockBit: number): void {
    this.closeSegment(0);
    this.locksHeld |= lockBit;
    this.noted[LOCK_ACQUIRES + this.operationCount]! += 1;
  }

  released(lockBit: number): void {
    this.closeSegment(0);
    this.locksHeld &= ~lockBit;
  }

  /** Ends the segment under way where a step ended, so that the step can be priced by itself (`explain`). */
  cutSegment(): void {
    this.closeSegment(0);
  }

  /** Marks the operation that the following accesses belong to. */
  beginOperation(index: number, code: number, id: number, bytes: number, align: number): void {
    this.describe(this.operationCount, index, code, id, bytes, align);
    this.startOperation(this.entryCount);
  }

  /** `beginOperation` at a position of this batch, for an operation that `describe` tells of later. */
  startOperation(position: number): void {
    this.operationStart = this.entriesDrained + position;
    this.positionLimit = Math.min(this.operationStart + this.accessesMax, this.accessBudget);
  }

  /** Says of a row of this batch which operation it is. */
  describe(row: number, index: number, code: number, id: number, bytes: number, align: number): void {
    this.operationIndices[row] = index;
    this.operationCodes[row] = code;
    this.operationIds[row] = id;
    this.operationBytes[row] = bytes;
    this.operationAligns[row] = align;
  }

  /** Says what the operation under way is about, where its event does not: a free names only the object. */
  describeOperation(bytes: number, align: number): void {
    this.operationBytes[this.operationCount] = bytes;
    this.operationAligns[this.operationCount] = align;
  }

  /** Ends the operation; throws `Runaway` when it passed the access limit. */
  endOperation(placement: number): void {
    this.checkAccessLimit();
    this.operationPlacements[this.operationCount] = placement;
    this.closeOperation();
    if (this.isFull) {
      this.flush();
    }
  }

  /** Ends an operation within its limits, and leaves it to the caller to flush the stream where it is full. */
  closeOperation(): void {
    this.closeSegment(END_OF_OPERATION);
    this.operationCount++;
  }

  /** Whether the batch has to go to the drain before the next operation. */
  get isFull(): boolean {
    return (
      this.operationCount === OPERATION_LAST ||
      this.segmentCount >= SEGMENT_LAST - 1 ||
      this.entryCount >= ENTRIES_ENOUGH
    );
  }

  /** Takes back the ends of the operations from `row` on, and what came behind the first of them. */
  reopen(row: number): void {
    let segment = 0;
    for (let ended = 0; ; segment++) {
      const isEnd = (this.segmentFlags[segment]! & END_OF_OPERATION) !== 0;
      if (isEnd && ended++ === row) {
        break;
      }
    }
    this.standAt(this.segmentEnds[segment]!, segment, row);
  }

  /** Accesses of the operation under way so far. */
  get operationAccesses(): number {
    return this.entriesDrained + this.entryCount - this.operationStart;
  }

  /** Accesses of all operations so far. */
  get accesses(): number {
    return this.entriesDrained + this.entryCount;
  }

  /** How many entries this batch may come to before all operations together have made too many. */
  get accessesLeft(): number {
    return this.accessBudget - this.entriesDrained;
  }

  /** Hands what is there to the drain, and empties the stream. Called between operations, and at the end. */
  flush(): void {
    if (this.segmentCount > 0 || this.entryCount > 0) {
      this.drain(this);
    }
    this.entriesDrained += this.entryCount;
    this.operationsDrained += this.operationCount;
    this.empty();
  }

  /** Runs `action` and forgets its accesses: an engine's start-up is no operation. */
  unrecorded(action: () => void): void {
    this.recording = false;
    action();
    this.recording = true;
    this.locksHeld = 0;
    this.empty();
  }

  /** Runs what an observer does between two operations, and forgets the accesses even of one that makes some. */
  aside<T>(action: () => T): T {
    this.flush();
    const { locksHeld } = this;
    this.recording = false;
    try {
      return action();
    } finally {
      this.recording = true;
      this.locksHeld = locksHeld;
      this.empty();
    }
  }

  /** The last free entry was taken: the batch goes to the drain in the middle of an operation. */
  flushWithinOperation(): void {
    if (this.recording) {
      this.checkAccessLimit();
    }
    this.closeSegment(0);
    if (this.entryCount > 0) {
      this.flushClosed();
    }
  }

  private empty(): void {
    // Whatever is always written need not be zero before.
    clearCounts(this.segmentPriced, this.pricedEvents & ~PRICED_ALWAYS, this.segmentCount + 1);
    clearCounts(this.operationNoted, this.notedEvents, this.operationCount + 1);
    this.pricedBeside = 0;
    this.notedBeside = 0;
    this.instructions = 0;
    this.bitScans = 0;
    this.entryCount = 0;
    this.segmentCount = 0;
    this.operationCount = 0;
  }

  /** Closes the stretch since the last segment; one segment is always left free for the end of the operation. */
  private closeSegment(flags: number): void {
    const segment = this.segmentCount;
    this.segmentEnds[segment] = this.entryCount;
    this.segmentFlags[segment] = this.locksHeld | flags;
    this.priced[INSTRUCTIONS + segment] = this.instructions;
    this.priced[BIT_SCANS + segment] = this.bitScans;
    this.instructions = 0;
    this.bitScans = 0;
    this.segmentCount = segment + 1;
    if (flags === 0 && this.segmentCount === SEGMENT_LAST - 1) {
      this.flushClosed();
    }
  }

  /** Flushes while an operation is under way, its last segment closed; its row moves to the front of the next batch. */
  flushClosed(): void {
    if (!this.recording) {
      this.empty();
      return;
    }
    this.beforeFlush?.();
    const row = this.operationCount;
    const noted = countsOf(this.operationNoted, row);
    this.flush();
    noted.forEach((times, event) => {
      if (times !== 0) {
        this.countNoted(event, times);
      }
    });
    this.operationIndices[0] = this.operationIndices[row]!;
    this.operationCodes[0] = this.operationCodes[row]!;
    this.operationIds[0] = this.operationIds[row]!;
    this.operationBytes[0] = this.operationBytes[row]!;
    this.operationAligns[0] = this.operationAligns[row]!;
  }

  /** Whether the operation under way has not passed its limit. */
  get isWithinLimits(): boolean {
    return this.entriesDrained + this.entryCount <= this.positionLimit;
  }

  private checkAccessLimit(): void {
    if (!this.isWithinLimits) {
      throw this.operationAccesses > this.accessesMax
        ? new Runaway(this.accessesMax)
        : new Runaway(this.accessBudget, 'replay');
    }
  }
}
