import { BLOCK_EVENTS_MAX } from '../event-block';
import { DamagedBytes, ByteWriter, type ByteReader } from './atr-bytes';

/** One column of a block as bytes: nothing, every value, or runs of equal values, whichever is shortest. */

const ALL_ZERO = 0;
const EACH = 1;
const RUNS = 2;

export type Signedness = 'signed' | 'unsigned';

/** Writes columns; keeps its scratch space from one to the next. */
export class ColumnEncoder {
  private readonly each = new ByteWriter();
  private readonly runs = new ByteWriter();

  /** Appends `values[0]` up to `values[count - 1]` to `into`. */
  encode(values: Float64Array, count: number, signedness: Signedness, into: ByteWriter): void {
    if (isAllZero(values, count)) {
      into.byte(ALL_ZERO);
      return;
    }
    this.encodeEach(values, count, signedness);
    this.encodeRuns(values, count, signedness);
    const runsAreShorter = this.runs.length < this.each.length;
    into.byte(runsAreShorter ? RUNS : EACH);
    into.copy(runsAreShorter ? this.runs.view() : this.each.view());
  }

  private encodeEach(values: Float64Array, count: number, signedness: Signedness): void {
    this.each.clear();
    for (let i = 0; i < count; i++) {
      if (signedness === 'signed') {
        this.each.signed(values[i]!);
      } else {
        this.each.unsigned(values[i]!);
      }
    }
  }

  /** Pairs of a value and how often it stands there; gives up once that is no gain. */
  private encodeRuns(values: Float64Array, count: number, signedness: Signedness): void {
    this.runs.clear();
    let runStart = 0;
    for (let i = 1; i <= count; i++) {
      if (i < count && values[i] === values[runStart]) {
        continue;
      }
      if (signedness === 'signed') {
        this.runs.signed(values[runStart]!);
      } else {
        this.runs.unsigned(values[runStart]!);
      }
      this.runs.unsigned(i - runStart);
      if (this.runs.length >= this.each.length) {
        return;
      }
      runStart = i;
    }
  }
}

/** Reads a column of `count` values into `values`; says false, and writes nothing, where all are 0. */
export function decodeColumn(
  from: ByteReader,
  count: number,
  signedness: Signedness,
  values: Float64Array,
): boolean {
  const encoding = from.byte();
  if (encoding === EACH) {
    if (signedness === 'signed') {
      from.signedInto(values, count);
    } else {
      from.unsignedInto(values, count);
    }
  } else if (encoding === RUNS) {
    for (let i = 0; i < count;) {
      const value = signedness === 'signed' ? from.signed() : from.unsigned();
      const run = from.unsigned();
      if (run === 0 || run > count - i) {
        throw new DamagedBytes('a run of values does not fit');
      }
      values.fill(value, i, i + run);
      i += run;
    }
  } else if (encoding !== ALL_ZERO) {
    throw new DamagedBytes(`a column has the unknown encoding ${encoding}`);
  }
  return encoding !== ALL_ZERO;
}

/** Room for the values of one column of the largest block. */
export const columnScratch = (): Float64Array => new Float64Array(BLOCK_EVENTS_MAX);

function isAllZero(values: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) {
    if (values[i] !== 0) {
      return false;
    }
  }
  return true;
}
