import { BUG, NOTHING, type Placement } from '../../traces/trace';
import type { Machine } from '../machine/machine';
import { HEAP_BASE } from '../machine/memory-layout';
import type { Step } from '../machine/steps';
import {
  BLOCK_OPERATIONS_MAX,
  FREES,
  type OperationColumns,
  type OperationRunner,
  type RunEnd,
} from '../replay/operation-block';
import { COLUMN_ADDRESSES, ENTRIES, NUMBER, PHASES, STOPS, WORD } from './memory-map';
import { BugCheck, type RunningModule, type ServiceWatcher } from './running-module';

/** Runs operations in the kernel: engine and loop call each other in WebAssembly, and JavaScript hears of the whole. */

const RUN_ENDS: readonly RunEnd[] = ['between', 'before', 'within'];

/** The machine did nothing for the engine in a row. */
const UNSERVED = -1;

/** Limits are compared as bytes of the ring, which is much smaller than this. */
const ENTRIES_MOST = 1 << 28;

export interface RunnerParts {
  readonly granuleBytes: number;
  readonly requestBytesMax: number;
  readonly allocateStep: Step;
  readonly freeStep: Step;
  /** What an allocation that returned this number comes to. */
  placed(result: number, sizeBytes: number): Placement;
}

export class ForeignRunner implements OperationRunner, ServiceWatcher {
  readonly columns: OperationColumns;
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;
  private readonly loop: (from: number, until: number) => number;
  private isBug = false;
  /** The row in which the machine did something for the engine last: its last step is the stream's. */
  private servedRow = -1;
  /** The last steps of rows before that one, or `UNSERVED`. */
  private readonly servedSteps = new Int32Array(BLOCK_OPERATIONS_MAX);

  constructor(
    private readonly machine: Machine,
    private readonly running: RunningModule,
    private readonly parts: RunnerParts,
    pointerBytes: 4 | 8,
  ) {
    const { kernel, entries, memory } = running;
    const { buffer } = memory.memory;
    const numbers = (name: keyof OperationColumns): Float64Array =>
      new Float64Array(buffer, COLUMN_ADDRESSES[name], BLOCK_OPERATIONS_MAX);
    this.columns = {
      verbs: new Int32Array(buffer, COLUMN_ADDRESSES.verbs, BLOCK_OPERATIONS_MAX),
      bytes: numbers('bytes'),
      aligns: numbers('aligns'),
      objects: numbers('objects'),
      placements: numbers('placements'),
      grantedBytes: numbers('grantedBytes'),
      headerBytes: numbers('headerBytes'),
      heldBytes: numbers('heldBytes'),
    };
    this.words = kernel.words;
    this.numbers = kernel.numbers;
    this.numbers[NUMBER.heapEnd] = HEAP_BASE + machine.layout.heapBytes;
    this.numbers[NUMBER.granuleBytes] = parts.granuleBytes;
    this.numbers[NUMBER.requestBytesMax] = parts.requestBytesMax;
    this.words[WORD.entriesMax] = 4 * Math.min(machine.accessesMax, ENTRIES_MOST);
    const { ar_allocate: allocate, ar_free: free, __ar_block_at: blockAt } = entries;
    this.loop = kernel.loop({ allocate, free, blockAt }, pointerBytes);
  }

  get next(): number {
    return this.words[WORD.operation]!;
  }

  run(from: number, until: number): RunEnd {
    const { words, running } = this;
    const { stream } = running;
    this.isBug = false;
    this.servedRow = -1;
    this.servedSteps.fill(UNSERVED, from, until);
    words[WORD.operation] = from;
    words[WORD.stop] = STOPS.never;
    words[WORD.entriesBudgetEnd] = ENTRIES + 4 * Math.min(this.machine.stream.accessesLeft, ENTRIES_MOST);
    stream.give();
    running.watcher = this;
    try {
      const end = RUN_ENDS[this.loop(from, until)]!;
      stream.take();
      if (end === 'within') {
        this.beforeService();
      }
      return end;
    } catch (error) {
      return this.caught(error);
    } finally {
      running.watcher = undefined;
    }
  }

  result(): Placement {
    return this.isBug ? BUG : this.parts.placed(this.returned, this.columns.bytes[this.next]!);
  }

  held(bytes: number, isLast: boolean): void {
    this.numbers[NUMBER.heldNow] = bytes;
    if (isLast && this.words[WORD.stop] === STOPS.never) {
      this.words[WORD.stop] = STOPS.behindOperation;
    }
  }

  stopWithin(): void {
    this.words[WORD.stop] = STOPS.withinOperation;
  }

  lastStep(row: number): Step | undefined {
    if (row === this.servedRow) {
      return this.machine.stream.lastStep;
    }
    const served = this.servedSteps[row]!;
    return served === UNSERVED ? this.verbStep(row) : (served as Step);
  }

  /** The stream is handed over within an operation, of which nobody may have told it yet. */
  beforeService(): void {
    const { next, servedRow } = this;
    const { stream } = this.machine;
    if (servedRow !== next) {
      if (servedRow >= 0) {
        this.servedSteps[servedRow] = stream.lastStep!;
      }
      this.servedRow = next;
      stream.lastStep = this.verbStep(next);
      stream.startOperation((this.words[WORD.operationStart]! - ENTRIES) >> 2);
    }
  }

  private verbStep(row: number): Step {
    const { allocateStep, freeStep } = this.parts;
    return this.columns.verbs[row] === FREES ? freeStep : allocateStep;
  }

  private get returned(): number {
    return this.columns.placements[this.next] ?? NOTHING;
  }

  /** A call ended in the middle. What goes wrong when a block is looked at is left to who looks again. */
  private caught(error: unknown): RunEnd {
    const { running, words } = this;
    if (words[WORD.phase] === PHASES.observer && running.stream.isObserving) {
      running.stream.leaveObserver();
      running.stream.take();
      this.beforeService();
      return 'within';
    }
    const isAllocation = this.columns.verbs[this.next] !== FREES;
    if (error instanceof BugCheck && isAllocation) {
      running.recover();
      this.isBug = true;
      this.beforeService();
      return 'within';
    }
    const told = running.ended(error);
    running.stream.take();
    this.beforeService();
    throw told;
  }
}
