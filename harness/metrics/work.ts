import { END_OF_OPERATION } from '../machine/access-stream';
import type { StreamBatch } from '../machine/stream-batch';
import { hasEvent } from '../machine/count-columns';
import { NOTED, NOTED_COUNT, PRICED } from '../machine/domain-events';
import { Largest, type Peak } from './largest';
import { KIND_OF_CODE, OP_KINDS, type OpKind } from './op-kinds';
import { eventCounts, type EventCounts } from './worst-operations';

/** Work of the operations of one kind, which no profile changes: what bounds of the literature are stated in. */
export interface KindWork {
  readonly operations: number;
  readonly accessesTotal: number;
  readonly accessesMax: Peak | undefined;
  readonly instructionsTotal: number;
  readonly instructionsMax: Peak | undefined;
}

export interface WorkSummary {
  readonly kinds: Readonly<Record<OpKind, KindWork>>;
  /** Domain events of all operations. */
  readonly events: EventCounts;
  /** Most search steps in one operation. */
  readonly searchStepsMax: Peak | undefined;
}

/** Counts accesses, instructions and domain events per operation straight from the stream. */
export class WorkRecorder {
  private readonly kinds = OP_KINDS.map(() => new KindWorkRecorder());
  private readonly noted = new Float64Array(NOTED_COUNT);
  private readonly searchSteps = new Largest();
  /** What the operation under way has done in earlier batches. */
  private accesses = 0;
  private instructions = 0;

  record(batch: StreamBatch): void {
    this.recordWork(batch);
    this.recordEvents(batch);
  }

  finish(): WorkSummary {
    const [alloc, free, realloc, other] = this.kinds.map((kind) => kind.finish());
    return {
      kinds: { alloc: alloc!, free: free!, realloc: realloc!, other: other! },
      events: eventCounts(this.noted),
      searchStepsMax: this.searchSteps.peak,
    };
  }

  private recordWork(batch: StreamBatch): void {
    const { segmentCount, segmentEnds, segmentFlags, segmentPriced, operationCodes, operationIndices } =
      batch;
    const instructionCounts = segmentPriced[PRICED.instructions]!;
    let { accesses, instructions } = this;
    let start = 0;
    let row = 0;
    for (let segment = 0; segment < segmentCount; segment++) {
      const end = segmentEnds[segment]!;
      accesses += end - start;
      instructions += instructionCounts[segment]!;
      start = end;
      if ((segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        this.kinds[KIND_OF_CODE[operationCodes[row]!]!]!.add(operationIndices[row]!, accesses, instructions);
        accesses = 0;
        instructions = 0;
        row++;
      }
    }
    this.accesses = accesses;
    this.instructions = instructions;
  }

  private recordEvents({ operationCount, operationNoted, notedEvents, operationIndices }: StreamBatch): void {
    const { noted } = this;
    for (let event = 0; event < NOTED_COUNT; event++) {
      if (hasEvent(notedEvents, event)) {
        noted[event]! += sumOf(operationNoted[event]!, operationCount);
      }
    }
    const searchSteps = operationNoted[NOTED.searchSteps]!;
    // Where there are none, the first operation has as many as any.
    const rows = hasEvent(notedEvents, NOTED.searchSteps) ? operationCount : Math.min(operationCount, 1);
    for (let row = 0; row < rows; row++) {
      this.searchSteps.offer(searchSteps[row]!, operationIndices[row]!);
    }
  }
}

function sumOf(column: Float64Array, rows: number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    sum += column[row]!;
  }
  return sum;
}

/** Adds up the work of operations of one kind. */
export class KindWorkRecorder {
  private operations = 0;
  private accessesTotal = 0;
  private readonly accesses = new Largest();
  private instructionsTotal = 0;
  private readonly instructions = new Largest();

  add(operation: number, accesses: number, instructions: number): void {
    this.operations++;
    this.accessesTotal += accesses;
    this.accesses.offer(accesses, operation);
    this.instructionsTotal += instructions;
    this.instructions.offer(instructions, operation);
  }

  finish(): KindWork {
    return {
      operations: this.operations,
      accessesTotal: this.accessesTotal,
      accessesMax: this.accesses.peak,
      instructionsTotal: this.instructionsTotal,
      instructionsMax: this.instructions.peak,
    };
  }
}
