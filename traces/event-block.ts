import { NO_TEXT, type EventRun, type TraceEvent } from './trace';
import { TWO_TO_32 } from './ground/integers';

/**
 * A block of at most 65,536 events as columns: what readers decode into, writers encode from, and `EventColumns`
 * holds a list of. Most events use four columns of small numbers, so a column costs nothing until it is used and
 * four bytes an event until a value leaves 32 bits.
 */

export const BLOCK_EVENTS_MAX = 1 << 16;

const BLOCK_EVENTS_INITIAL = 1 << 10;

/** What a column is that was never used. */
const ALL_ZERO = new Uint32Array(BLOCK_EVENTS_MAX);

/**
 * Integers from −(2^53 − 1) to 2^53 − 1. The low 32 bits stand in one array and the rest in another that exists only
 * once a value needs it: against a `Float64Array` this halves the memory at the same speed, and widening copies
 * nothing.
 */
class IntegerColumn {
  private low: Uint32Array = words(0);
  private high: Int32Array = signedWords(0);
  private lowUsed = false;
  private highUsed = false;
  private capacity = 0;

  /** Whether any value since the last `clear` differs from 0. */
  get used(): boolean {
    return this.lowUsed;
  }

  get(index: number): number {
    if (!this.lowUsed) {
      return 0;
    }
    const low = this.low[index]!;
    return this.highUsed ? this.high[index]! * TWO_TO_32 + low : low;
  }

  /** All values, where 32 bits hold each; otherwise undefined. */
  get words(): Uint32Array | undefined {
    if (this.highUsed) {
      return undefined;
    }
    return this.lowUsed ? this.low : ALL_ZERO;
  }

  /** Sets the values of `count` events from `index` on, all those behind the last that was set; below the capacity. */
  appendWords(index: number, words: Uint32Array, from: number, count: number): void {
    if (words === ALL_ZERO && !this.lowUsed) {
      return;
    }
    if (!this.lowUsed) {
      this.useLow(index);
    }
    this.low.set(words.subarray(from, from + count), index);
    if (this.highUsed) {
      this.high.fill(0, index, index + count);
    }
  }

  /** Sets the value of the event at `index`, the one after the last that was set; below the capacity. */
  append(index: number, value: number): void {
    if (!this.lowUsed) {
      if (value === 0) {
        return;
      }
      this.useLow(index);
    }
    this.low[index] = value;
    if (this.highUsed || value >= TWO_TO_32 || value < 0) {
      this.appendHigh(index, value);
    }
  }

  /** Sets the values of the first `count` events at once; the capacity allows for them. */
  setAll(values: Float64Array, count: number): void {
    this.lowUsed = true;
    this.highUsed = false;
    if (this.low.length < this.capacity) {
      this.low = words(this.capacity);
    }
    let wide = false;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      this.low[i] = value;
      wide ||= value >= TWO_TO_32 || value < 0;
    }
    for (let i = 0; i < count && wide; i++) {
      this.appendHigh(i, values[i]!);
    }
  }

  /** Makes room for `capacity` events. */
  grow(capacity: number): void {
    this.capacity = capacity;
    if (this.lowUsed) {
      this.low = grown(this.low, words(capacity));
    }
    if (this.highUsed) {
      this.high = grown(this.high, signedWords(capacity));
    }
  }

  /** Forgets the values and keeps the memory. */
  clear(): void {
    this.lowUsed = false;
    this.highUsed = false;
  }

  private useLow(index: number): void {
    if (this.low.length < this.capacity) {
      this.low = words(this.capacity);
    } else {
      this.low.fill(0, 0, index);
    }
    this.lowUsed = true;
  }

  private appendHigh(index: number, value: number): void {
    if (!this.highUsed) {
      if (this.high.length < this.capacity) {
        this.high = signedWords(this.capacity);
      } else {
        this.high.fill(0, 0, index);
      }
      this.highUsed = true;
    }
    this.high[index] = Math.floor(value / TWO_TO_32);
  }
}

/** In memory that every thread sees: to hand a block to another one copies nothing. */
const bytes = (count: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(count));
const words = (count: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(4 * count));
const signedWords = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * count));

function grown<A extends Uint32Array | Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

/** At most `BLOCK_EVENTS_MAX` events; grows in doublings up to that, and may be cleared and filled again. */
export class EventBlock {
  /** How many events the block holds. */
  length = 0;
  op: Uint8Array = bytes(0);
  readonly id = new IntegerColumn();
  readonly size = new IntegerColumn();
  readonly align = new IntegerColumn();
  readonly offset = new IntegerColumn();
  readonly span = new IntegerColumn();
  readonly cpu = new IntegerColumn();
  readonly site = new IntegerColumn();
  readonly call = new IntegerColumn();
  readonly value = new IntegerColumn();
  /** `EventRun.handles`, of as many events from the first one on as came with one. */
  readonly handle = new IntegerColumn();
  private handleCount = 0;
  /** Whether any event uses a column after `align`. */
  optionalUsed = false;
  private capacity = 0;

  /** A block that came from another thread: the same memory, but it has lost what its columns can do. */
  static received(sent: EventBlock): EventBlock {
    const { length, op, optionalUsed, handleCount } = sent;
    const block = Object.assign(new EventBlock(), { length, op, optionalUsed, handleCount });
    const columns = columnsOf(block);
    columnsOf(sent).forEach((column, index) => Object.assign(columns[index]!, column));
    return block;
  }

  get full(): boolean {
    return this.length === BLOCK_EVENTS_MAX;
  }

  /** Appends a copy of the event. The block must not be full. */
  append(event: TraceEvent): void {
    const index = this.length;
    this.makeRoom(index + 1);
    this.op[index] = event.op;
    this.id.append(index, event.id);
    this.size.append(index, event.size);
    this.align.append(index, event.align);
    if (this.optionalUsed || usesOptionalColumns(event)) {
      this.optionalUsed = true;
      this.offset.append(index, event.offset);
      this.span.append(index, event.span);
      this.cpu.append(index, event.cpu);
      this.site.append(index, event.site);
      this.call.append(index, event.call);
      this.value.append(index, event.value);
    }
    this.length = index + 1;
  }

  /** Appends the first `count` events of a run that is whole, for which there is room. */
  appendRun({ from, ops, ids, sizes, aligns, handles }: EventRun, count: number): void {
    const index = this.length;
    this.makeRoom(index + count);
    this.op.set(ops.subarray(from, from + count), index);
    this.id.appendWords(index, ids, from, count);
    this.size.appendWords(index, sizes, from, count);
    this.align.appendWords(index, aligns, from, count);
    for (const column of optionalColumnsOf(this)) {
      column.appendWords(index, ALL_ZERO, 0, count);
    }
    if (handles !== undefined && this.handleCount === index) {
      this.handle.appendWords(index, handles, from, count);
      this.handleCount = index + count;
    }
    this.length = index + count;
  }

  /** The events from `from` on; undefined where 32 bits do not hold every number. */
  run(from: number): EventRun | undefined {
    const { op, length, optionalUsed } = this;
    const [ids, sizes, aligns] = [this.id.words, this.size.words, this.align.words];
    const handles = this.handleCount === length ? this.handle.words : undefined;
    return ids && sizes && aligns
      ? { from, until: length, ops: op, ids, sizes, aligns, handles, isWhole: !optionalUsed }
      : undefined;
  }

  /** Fills `into` with the event at `index`, which must be below `length`. */
  read(index: number, into: TraceEvent): void {
    into.set(this.op[index]!, this.id.get(index), this.size.get(index), this.align.get(index));
    if (!this.optionalUsed) {
      return;
    }
    into.offset = this.offset.get(index);
    into.span = this.span.get(index);
    into.cpu = this.cpu.get(index);
    into.site = this.site.get(index);
    into.call = this.call.get(index);
    into.value = this.value.get(index);
  }

  /** Forgets the events and makes room for so many; every column is 0 until it is set. */
  reset(length: number): void {
    this.clear();
    this.makeRoom(length);
    this.length = length;
  }

  /** Forgets the events and keeps the memory. */
  clear(): void {
    this.length = 0;
    this.optionalUsed = false;
    this.handleCount = 0;
    for (const column of columnsOf(this)) {
      column.clear();
    }
  }

  private makeRoom(length: number): void {
    if (length > this.capacity) {
      this.grow(length);
    }
  }

  private grow(lengthMin: number): void {
    const capacity = Math.max(BLOCK_EVENTS_INITIAL, this.capacity * 2, lengthMin);
    this.capacity = Math.min(BLOCK_EVENTS_MAX, capacity);
    this.op = grown(this.op, bytes(this.capacity));
    for (const column of columnsOf(this)) {
      column.grow(this.capacity);
    }
  }
}

function columnsOf(block: EventBlock): readonly IntegerColumn[] {
  return [block.id, block.size, block.align, block.handle, ...optionalColumnsOf(block)];
}

function optionalColumnsOf({ offset, span, cpu, site, call, value }: EventBlock): readonly IntegerColumn[] {
  return [offset, span, cpu, site, call, value];
}

function usesOptionalColumns(event: TraceEvent): boolean {
  return (
    event.offset !== 0 ||
    event.span !== 0 ||
    event.cpu !== 0 ||
    event.site !== NO_TEXT ||
    event.call !== NO_TEXT ||
    event.value !== NO_TEXT
  );
}
