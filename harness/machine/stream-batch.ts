import type { CountColumns } from './count-columns';

/**
 * A batch of the access stream, as recorders read it:
 *  - `entries[0 … entryCount)`: physical word address with its access kind in the two low bits.
 *  - segments `0 … segmentCount`: `segmentEnds[s]` is the stream position where segment s ends (it begins where the
 *    one before ended), `segmentFlags[s]` the locks held during it (`LOCK_MASK`, one bit a lock) and whether the
 *    operation ends with it (`END_OF_OPERATION`), `segmentPriced[p][s]` its priced domain counts.
 *  - operations `0 … operationCount` that end in this batch, in order: event index, op code, id, bytes, alignment, and
 *    `operationNoted[n][o]`.
 *
 * Domain counts have a column an event, for many events never happen: `pricedEvents` and `notedEvents` have a bit for
 * each that may have happened, and all other columns are zero.
 */
export interface StreamBatch {
  readonly entries: Int32Array;
  readonly entryCount: number;
  readonly segmentEnds: Int32Array;
  readonly segmentFlags: Int32Array;
  readonly segmentPriced: CountColumns;
  readonly pricedEvents: number;
  readonly segmentCount: number;
  readonly operationIndices: Float64Array;
  readonly operationCodes: Uint8Array;
  readonly operationIds: Float64Array;
  readonly operationBytes: Float64Array;
  readonly operationAligns: Float64Array;
  readonly operationNoted: CountColumns;
  readonly notedEvents: number;
  readonly operationCount: number;
}

/** The arrays that an engine can write by itself. */
export interface StreamArrays {
  readonly entries: Int32Array;
  readonly segmentEnds: Int32Array;
  readonly segmentFlags: Int32Array;
  /** All columns of counts, one right after the other. */
  readonly segmentPriced: Float64Array;
  readonly operationNoted: Float64Array;
}
