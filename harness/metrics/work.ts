import { END_OF_OPERATION, type StreamBatch } from '../machine/access-stream';
import { NOTED, NOTED_COUNT, PRICED, PRICED_COUNT } from '../machine/domain-events';
import { addColumns } from './column-totals';
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
      events: eventCounts(this.noted, 0),
      searchStepsMax: this.searchSteps.peak,
    };
  }

  private recordWork(batch: StreamBatch): void {
    const { segmentCount, segmentEnds, segmentFlags, segmentPriced, operationCodes, operationIndices } =
      batch;
    let { accesses, instructions } = this;
    let start = 0;
    let row = 0;
    for (let segment = 0; segment < segmentCount; segment++) {
      const end = segmentEnds[segment]!;
      accesses += end - start;
      instructions += segmentPriced[segment * PRICED_COUNT + PRICED.instructions]!;
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

  private recordEvents({ operationCount, operationNoted, operationIndices }: StreamBatch): void {
    addColumns(this.noted, operationNoted, operationCount);
    for (let row = 0; row < operationCount; row++) {
      this.searchSteps.offer(operationNoted[row * NOTED_COUNT + NOTED.searchSteps]!, operationIndices[row]!);
    }
  }
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
