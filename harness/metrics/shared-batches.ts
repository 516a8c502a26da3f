import { ENTRY_CAPACITY, OPERATION_CAPACITY, SEGMENT_CAPACITY } from '../machine/access-stream';
import type { StreamBatch } from '../machine/stream-batch';
import { columnsOf, copyCounts, type CountColumns } from '../machine/count-columns';
import { NOTED_COUNT, PRICED_COUNT } from '../machine/domain-events';
import { PAGE_LINES_MAX, type PlacementPage } from '../replay/placements';
import { SharedRings } from './shared-rings';

/**
 * What a replay has to say on its way from the thread that replays to the one that records: batches of its stream, and
 * pages of its placements.
 */

/**
 * Some 230 KB each are used as a rule: as many as the caches of a host keep for both threads, and enough for all that
 * one of them waits for now and then. A short replay never fills the ring.
 */
export const BATCH_COUNT = 16;
/** A page has about as many lines as a batch has operations. */
const PAGE_COUNT = BATCH_COUNT;

const BATCHES = 0;
const PAGES = 1;
const SLOT_COUNTS = [BATCH_COUNT, PAGE_COUNT];

/** Of five counts; the next batch begins with numbers of 64 bits. */
const COUNT_WORDS = 6;

/** One batch: arrays of its own size, at a place of its own. */
class SharedBatch implements StreamBatch {
  readonly segmentPriced: CountColumns;
  readonly operationIndices: Float64Array;
  readonly operationIds: Float64Array;
  readonly operationBytes: Float64Array;
  readonly operationAligns: Float64Array;
  readonly operationNoted: CountColumns;
  readonly entries: Int32Array;
  readonly segmentEnds: Int32Array;
  readonly segmentFlags: Int32Array;
  private readonly counts: Int32Array;
  readonly operationCodes: Uint8Array;

  constructor(buffer: SharedArrayBuffer, start: number) {
    let at = start;
    const doubles = (length: number): Float64Array => {
      const array = new Float64Array(buffer, at, length);
      at += array.byteLength;
      return array;
    };
    const words = (length: number): Int32Array => {
      const array = new Int32Array(buffer, at, length);
      at += array.byteLength;
      return array;
    };
    this.segmentPriced = columnsOf(doubles(SEGMENT_CAPACITY * PRICED_COUNT), SEGMENT_CAPACITY);
    this.operationIndices = doubles(OPERATION_CAPACITY);
    this.operationIds = doubles(OPERATION_CAPACITY);
    this.operationBytes = doubles(OPERATION_CAPACITY);
    this.operationAligns = doubles(OPERATION_CAPACITY);
    this.operationNoted = columnsOf(doubles(OPERATION_CAPACITY * NOTED_COUNT), OPERATION_CAPACITY);
    this.entries = words(ENTRY_CAPACITY);
    this.segmentEnds = words(SEGMENT_CAPACITY);
    this.segmentFlags = words(SEGMENT_CAPACITY);
    this.counts = words(COUNT_WORDS);
    this.operationCodes = new Uint8Array(buffer, at, OPERATION_CAPACITY);
  }

  static readonly BYTES =
    8 * (SEGMENT_CAPACITY * PRICED_COUNT + OPERATION_CAPACITY * (4 + NOTED_COUNT)) +
    4 * (ENTRY_CAPACITY + 2 * SEGMENT_CAPACITY + COUNT_WORDS) +
    OPERATION_CAPACITY;

  get entryCount(): number {
    return this.counts[0]!;
  }

  get segmentCount(): number {
    return this.counts[1]!;
  }

  get operationCount(): number {
    return this.counts[2]!;
  }

  get pricedEvents(): number {
    return this.counts[3]!;
  }

  get notedEvents(): number {
    return this.counts[4]!;
  }

  copy(batch: StreamBatch): void {
    const { entryCount, segmentCount, operationCount, pricedEvents, notedEvents } = batch;
    copyCounts(this.segmentPriced, this.pricedEvents, batch.segmentPriced, pricedEvents, segmentCount);
    copyCounts(this.operationNoted, this.notedEvents, batch.operationNoted, notedEvents, operationCount);
    this.counts.set([entryCount, segmentCount, operationCount, pricedEvents, notedEvents]);
    this.entries.set(batch.entries.subarray(0, entryCount));
    this.segmentEnds.set(batch.segmentEnds.subarray(0, segmentCount));
    this.segmentFlags.set(batch.segmentFlags.subarray(0, segmentCount));
    this.operationIndices.set(batch.operationIndices.subarray(0, operationCount));
    this.operationCodes.set(batch.operationCodes.subarray(0, operationCount));
    this.operationIds.set(batch.operationIds.subarray(0, operationCount));
    this.operationBytes.set(batch.operationBytes.subarray(0, operationCount));
    this.operationAligns.set(batch.operationAligns.subarray(0, operationCount));
  }
}

/** A page of placements at a place of its own. */
class SharedPage implements PlacementPage {
  readonly ids: Float64Array;
  readonly placements: Float64Array;
  readonly ops: Uint8Array;
  private readonly counts: Int32Array;

  constructor(buffer: SharedArrayBuffer, start: number) {
    this.ids = new Float64Array(buffer, start, PAGE_LINES_MAX);
    this.placements = new Float64Array(buffer, start + 8 * PAGE_LINES_MAX, PAGE_LINES_MAX);
    this.ops = new Uint8Array(buffer, start + 16 * PAGE_LINES_MAX, PAGE_LINES_MAX);
    this.counts = new Int32Array(buffer, start + 17 * PAGE_LINES_MAX, 1);
  }

  static readonly BYTES = 17 * PAGE_LINES_MAX + 8;

  get lines(): number {
    return this.counts[0]!;
  }

  set lines(lines: number) {
    this.counts[0] = lines;
  }
}

/** Takes what was written, in its order. */
export interface SharedReader {
  batch(batch: StreamBatch): void;
  page(page: PlacementPage, lines: number): void;
  /** Does a little of something else while there is nothing to take; false when it is done. */
  workAside(): boolean;
}

export class SharedBatches {
  private readonly rings: SharedRings;
  private readonly batches: readonly SharedBatch[];
  private readonly pages: readonly SharedPage[];

  constructor(readonly buffer = new SharedArrayBuffer(BYTES)) {
    this.rings = new SharedRings(SLOT_COUNTS, new Int32Array(buffer, 0, SharedRings.wordsFor(2)));
    this.batches = Array.from(
      { length: BATCH_COUNT },
      (_, slot) => new SharedBatch(buffer, BATCHES_START + slot * SharedBatch.BYTES),
    );
    this.pages = Array.from(
      { length: PAGE_COUNT },
      (_, slot) => new SharedPage(buffer, PAGES_START + slot * SharedPage.BYTES),
    );
  }

  /** Whether nothing can be written before something is read. */
  get isFull(): boolean {
    return this.rings.isFull(BATCHES) || this.rings.isFull(PAGES);
  }

  /** Writes a batch; throws where whoever reads does so no more. */
  write(batch: StreamBatch): void {
    this.batches[this.rings.slotToFill(BATCHES)]!.copy(batch);
    this.rings.filledSlot(BATCHES);
  }

  /** A page to be filled in place; throws where whoever reads does so no more. */
  pageToFill(): PlacementPage {
    return this.pages[this.rings.slotToFill(PAGES)]!;
  }

  /** So many lines of that page are filled. */
  writePage(lines: number): void {
    this.pages[this.rings.slotToFill(PAGES)]!.lines = lines;
    this.rings.filledSlot(PAGES);
  }

  /** Says that nothing more will be written. */
  end(): void {
    this.rings.end();
  }

  /** Says that nobody will read any more. */
  fail(): void {
    this.rings.fail();
  }

  /** Hands over what is written and what will be, to the end. */
  readAll(reader: SharedReader): void {
    const takeBatch = (slot: number): void => reader.batch(this.batches[slot]!);
    const takePage = (slot: number): void => {
      const page = this.pages[slot]!;
      reader.page(page, page.lines);
    };
    this.rings.readAll([takeBatch, takePage], () => reader.workAside());
  }
}

const BATCHES_START = 64;
const PAGES_START = BATCHES_START + BATCH_COUNT * SharedBatch.BYTES;
const BYTES = PAGES_START + PAGE_COUNT * SharedPage.BYTES;
