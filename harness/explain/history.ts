import { isBlock, isVirtual, OP, type Placement, type TraceEvent } from '../../traces/trace';
import { END_OF_OPERATION, KIND_COUNT, STORE, type AccessStream } from '../machine/access-stream';
import { WordWriters } from './word-writers';
import { WriterKinds } from './writer-kinds';

const KIND_MASK = KIND_COUNT - 1;

/**
 * What the operations of a replay have left in simulated memory so far: who wrote each word last, and who last placed
 * or freed an object at each address. Nothing of it is charged. Words count as the stream has them: a bulk write
 * (`clear`, `copy`) counts for the first word of each line.
 */
export class History {
  readonly kinds = new WriterKinds();
  readonly writers = new WordWriters();
  readonly placed = new WordWriters();
  readonly freed = new WordWriters();
  /** Call sites of the operations by row of the stream. */
  private readonly sites: number[] = [];
  /** The operation whose writes are being noted. */
  operation = 0;
  private kind = 0;

  /** Says where the operation that will be the stream's next comes from. */
  noteSite(row: number, site: number): void {
    this.sites[row] = site;
  }

  /** The accesses that follow are those of the operation in this row of the batch. */
  beginOperation(batch: AccessStream, row: number): void {
    this.operation = batch.operationIndices[row]!;
    const site = this.sites[row] ?? 0;
    this.kind = this.kinds.of(batch.operationCodes[row]!, batch.operationBytes[row]!, site);
  }

  noteWrite(word: number): void {
    this.writers.set(word, this.operation, this.kind);
  }

  /** Notes the writes of a batch. */
  recordWrites(batch: AccessStream): void {
    const { entries, segmentEnds, segmentFlags, segmentCount } = batch;
    let index = 0;
    let row = 0;
    this.beginOperation(batch, row);
    for (let segment = 0; segment < segmentCount; segment++) {
      for (const end = segmentEnds[segment]!; index < end; index++) {
        if ((entries[index]! & KIND_MASK) >= STORE) {
          this.noteWrite(entries[index]! >>> 2);
        }
      }
      if ((segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        this.beginOperation(batch, ++row);
      }
    }
    // The operation under way, if there is one, is the first of the next batch.
    this.sites[0] = this.sites[row] ?? 0;
  }

  /** Notes what an operation did to objects; those that an API scope frees it does not name. */
  noteObjects(operation: number, event: TraceEvent, subject: Placement, placement: Placement): void {
    const { op, site } = event;
    const hasLeft = op === OP.realloc && placement !== subject && (isBlock(placement) || event.size === 0);
    if (isOnHeap(subject) && (op === OP.free || hasLeft)) {
      const word = subject >>> 2;
      const known = this.placed.find(word);
      const kind =
        known < 0 ? this.kinds.of(op, 0, site) : this.kinds.likewise(this.placed.kindAt(known), op, site);
      this.freed.set(word, operation, kind);
    }
    if (isOnHeap(placement)) {
      this.placed.set(placement >>> 2, operation, this.kinds.of(op, event.size, site));
    }
  }
}

const isOnHeap = (placement: Placement): boolean => isBlock(placement) && !isVirtual(placement);
