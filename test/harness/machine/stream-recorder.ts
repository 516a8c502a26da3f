import {
  type AccessStream,
  END_OF_OPERATION,
  KIND_COUNT,
  LOCK_MASK,
} from '../../../harness/machine/access-stream';
import { NOTED_NAMES, PRICED_NAMES } from '../../../harness/machine/domain-events';

/** An operation as its batches tell it, put together again. */
export interface RecordedOperation {
  readonly index: number;
  readonly code: number;
  readonly id: number;
  readonly bytes: number;
  readonly align: number;
  readonly placement: number;
  /** `kind address locks` by access, kinds 0 to 3, locks as a bit set. */
  readonly accesses: readonly string[];
  /** Priced counts by name and the locks under which they fell, as in `instructions@1`; zeros left out. */
  readonly priced: Readonly<Record<string, number>>;
  /** Noted counts by name; zeros left out. */
  readonly noted: Readonly<Record<string, number>>;
}

/** Drains a stream into operations, whichever way they were cut into batches. */
export class StreamRecorder {
  readonly operations: RecordedOperation[] = [];
  batches = 0;
  private accesses: string[] = [];
  private priced: Record<string, number> = {};

  readonly drain = (batch: AccessStream): void => {
    this.batches++;
    let entry = 0;
    let operation = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      const flags = batch.segmentFlags[segment]!;
      const locks = flags & LOCK_MASK;
      for (; entry < batch.segmentEnds[segment]!; entry++) {
        const word = batch.entries[entry]! >>> 0;
        this.accesses.push(`${word % KIND_COUNT} ${word - (word % KIND_COUNT)} ${locks}`);
      }
      PRICED_NAMES.forEach((name, column) => {
        const count = batch.segmentPriced[column]![segment]!;
        if (count !== 0) {
          this.priced[`${name}@${locks}`] = (this.priced[`${name}@${locks}`] ?? 0) + count;
        }
      });
      if ((flags & END_OF_OPERATION) !== 0) {
        this.finish(batch, operation++);
      }
    }
    if (operation !== batch.operationCount || entry > batch.entryCount) {
      throw new Error(`${operation} operations end in a batch that counts ${batch.operationCount}`);
    }
  };

  private finish(batch: AccessStream, row: number): void {
    const noted: Record<string, number> = {};
    NOTED_NAMES.forEach((name, column) => {
      const count = batch.operationNoted[column]![row]!;
      if (count !== 0) {
        noted[name] = count;
      }
    });
    this.operations.push({
      index: batch.operationIndices[row]!,
      code: batch.operationCodes[row]!,
      id: batch.operationIds[row]!,
      bytes: batch.operationBytes[row]!,
      align: batch.operationAligns[row]!,
      placement: batch.operationPlacements[row]!,
      accesses: this.accesses,
      priced: this.priced,
      noted,
    });
    this.accesses = [];
    this.priced = {};
  }
}
