import { BLOCK_EVENTS_MAX, type EventBlock } from '../event-block';
import { InputError } from '../input-error';
import { LARGEST_INTEGER, OP, OP_NAMES, type TextTable } from '../trace';
import { DamagedBytes, ByteReader, type ByteWriter } from './atr-bytes';
import { ColumnEncoder, columnScratch, decodeColumn, type Signedness } from './atr-columns';
import { isByte, writesByte } from './cells';

/**
 * A block of events as bytes (README.md of this folder says them one by one). Every block can be read for itself.
 * What traces have in common is what makes it small: allocations take the next id, frees name no size, and most
 * columns hold one value throughout.
 */

const EVERY_ID = 0;
const ALLOCATIONS_COUNT_UP = 1;
const EVERY_SIZE = 0;
const FREES_HAVE_NONE = 1;

/** Which ops have a value in a column, by their codes: 1 or 0. */
const EVERY_OP = Uint8Array.from(OP_NAMES, () => 1);
const ALL_BUT_FREES = Uint8Array.from(OP_NAMES, (_, op) => (op === OP.free ? 0 : 1));
const ALL_BUT_ALLOCATIONS = Uint8Array.from(OP_NAMES, (_, op) => (allocates(op) ? 0 : 1));

function allocates(op: number): boolean {
  return op === OP.alloc || op === OP.alignedalloc || op === OP.temp || op === OP.heap;
}

/** The columns after `size`, in the file's order; `align` is written as 0 or the power of two plus 1. */
const PLAIN_COLUMNS = ['offset', 'span', 'cpu', 'site', 'call', 'value'] as const;
const TEXT_COLUMNS: readonly string[] = ['site', 'call', 'value'];

const POWERS = Float64Array.from({ length: 53 }, (_, power) => Number(1n << BigInt(power)));

/** How many bits an op takes where a block has so many different ones. */
function opBits(kinds: number): number {
  if (kinds === 1) {
    return 0;
  }
  if (kinds === 2) {
    return 1;
  }
  if (kinds <= 4) {
    return 2;
  }
  return kinds <= 16 ? 4 : 8;
}

/** Turns blocks into bytes. */
export class BlockEncoder {
  private readonly columns = new ColumnEncoder();
  private readonly values = columnScratch();

  /** Appends the block's bytes to `into`; `fileText` maps the index of a text in the source's table to the file's. */
  encode(block: EventBlock, fileText: (index: number) => number, into: ByteWriter): void {
    into.unsigned(block.length);
    this.ops(block, into);
    this.ids(block, into);
    this.sizes(block, into);
    this.column(block, 'align', alignCode, into);
    for (const name of PLAIN_COLUMNS) {
      this.column(block, name, TEXT_COLUMNS.includes(name) ? fileText : unchanged, into);
    }
  }

  private ops({ length, op }: EventBlock, into: ByteWriter): void {
    const kinds = [...new Set(op.subarray(0, length))];
    const place = Uint8Array.from(OP_NAMES, (_, code) => Math.max(0, kinds.indexOf(code)));
    into.byte(kinds.length);
    into.copy(Uint8Array.from(kinds));
    const bits = opBits(kinds.length);
    let packed = 0;
    let filled = 0;
    for (let i = 0; i < length && bits > 0; i++) {
      packed |= place[op[i]!]! << filled;
      filled += bits;
      if (filled < 8 && i < length - 1) {
        continue;
      }
      into.byte(packed);
      packed = 0;
      filled = 0;
    }
  }

  private ids(block: EventBlock, into: ByteWriter): void {
    const first = firstAllocation(block);
    const countUp = allocationsCountUp(block, first);
    let previous = first;
    let count = 0;
    for (let i = 0; i < block.length; i++) {
      const id = block.id.get(i);
      if (!countUp || !allocates(block.op[i]!)) {
        this.values[count++] = id - previous;
      }
      previous = id;
    }
    into.byte(countUp ? ALLOCATIONS_COUNT_UP : EVERY_ID);
    into.unsigned(first);
    this.columns.encode(this.values, count, 'signed', into);
  }

  private sizes(block: EventBlock, into: ByteWriter): void {
    let freesHaveNone = true;
    for (let i = 0; i < block.length && freesHaveNone; i++) {
      freesHaveNone = block.op[i] !== OP.free || block.size.get(i) === 0;
    }
    let count = 0;
    for (let i = 0; i < block.length; i++) {
      if (!freesHaveNone || block.op[i] !== OP.free) {
        this.values[count++] = block.size.get(i);
      }
    }
    into.byte(freesHaveNone ? FREES_HAVE_NONE : EVERY_SIZE);
    this.columns.encode(this.values, count, 'unsigned', into);
  }

  private column(
    block: EventBlock,
    name: 'align' | (typeof PLAIN_COLUMNS)[number],
    written: (value: number) => number,
    into: ByteWriter,
  ): void {
    const column = block[name];
    // Most columns are not used, and saying so must not cost a pass over the block.
    const count = column.used ? block.length : 0;
    for (let i = 0; i < count; i++) {
      this.values[i] = written(column.get(i));
    }
    this.columns.encode(this.values, count, signednessOf(name), into);
  }
}

const unchanged = (value: number): number => value;

const signednessOf = (name: string): Signedness => (name === 'offset' ? 'signed' : 'unsigned');

function firstAllocation(block: EventBlock): number {
  for (let i = 0; i < block.length; i++) {
    if (allocates(block.op[i]!)) {
      return block.id.get(i);
    }
  }
  return 0;
}

function allocationsCountUp(block: EventBlock, first: number): boolean {
  let next = first;
  for (let i = 0; i < block.length; i++) {
    if (allocates(block.op[i]!) && block.id.get(i) !== next++) {
      return false;
    }
  }
  return true;
}

function alignCode(align: number): number {
  if (align === 0) {
    return 0;
  }
  const power = POWERS.indexOf(align);
  if (power >= 0) {
    return power + 1;
  }
  throw new InputError({ problem: `align is ${align}`, expected: '0 or a power of two' });
}

/** Turns bytes into blocks. */
export class BlockDecoder {
  /** How many events of each op the last block has. */
  readonly opCounts = new Int32Array(OP_NAMES.length);
  private readonly values = columnScratch();
  private readonly column = columnScratch();

  /** `texts` are those the file has given so far. */
  constructor(private readonly texts: TextTable) {}

  /** Fills `block` from a payload that its checksum has passed. Throws `DamagedBytes` for what no writer wrote. */
  decode(payload: Uint8Array, block: EventBlock): void {
    const from = new ByteReader(payload);
    const count = from.unsigned();
    if (count === 0 || count > BLOCK_EVENTS_MAX) {
      throw new DamagedBytes(`it claims to hold ${count} events`);
    }
    block.reset(count);
    this.ops(from, block);
    this.ids(from, block);
    this.sizes(from, block);
    this.aligns(from, block);
    for (const name of PLAIN_COLUMNS) {
      this.plain(from, block, name);
    }
    if (!from.atEnd) {
      throw new DamagedBytes('it holds more than its events');
    }
    if (this.opCounts.some((events, op) => events > 0 && writesByte(op))) {
      this.checkBytes(block);
    }
  }

  private ops(from: ByteReader, { length, op }: EventBlock): void {
    const kinds = from.take(from.byte());
    if (kinds.length === 0 || kinds.some((code) => code >= OP_NAMES.length)) {
      throw new DamagedBytes('its ops are unknown');
    }
    const { opCounts } = this;
    const bits = opBits(kinds.length);
    const packed = from.take(Math.ceil((length * bits) / 8));
    const mask = (1 << bits) - 1;
    opCounts.fill(0);
    for (let i = 0; i < length; i++) {
      const at = i * bits;
      const place = bits === 0 ? 0 : (packed[at >>> 3]! >>> (at & 7)) & mask;
      if (place >= kinds.length) {
        throw new DamagedBytes('its ops are unknown');
      }
      const code = kinds[place]!;
      op[i] = code;
      opCounts[code]! += 1;
    }
  }

  private ids(from: ByteReader, block: EventBlock): void {
    const form = from.byte();
    if (form !== EVERY_ID && form !== ALLOCATIONS_COUNT_UP) {
      throw new DamagedBytes('its ids have an unknown form');
    }
    const first = from.unsigned();
    const { length, op } = block;
    const { values, column } = this;
    const stored = form === EVERY_ID ? EVERY_OP : ALL_BUT_ALLOCATIONS;
    const count = this.countOps(stored);
    if (!decodeColumn(from, count, 'signed', column)) {
      column.fill(0, 0, count);
    }
    let next = first;
    let previous = first;
    let taken = 0;
    for (let i = 0; i < length; i++) {
      previous = stored[op[i]!] === 1 ? previous + column[taken++]! : next++;
      if (!(previous >= 0 && previous <= LARGEST_INTEGER)) {
        throw new DamagedBytes('an id is out of range');
      }
      values[i] = previous;
    }
    block.id.setAll(values, length);
  }

  private sizes(from: ByteReader, block: EventBlock): void {
    const form = from.byte();
    if (form !== EVERY_SIZE && form !== FREES_HAVE_NONE) {
      throw new DamagedBytes('its sizes have an unknown form');
    }
    const { length, op } = block;
    const { values, column } = this;
    const stored = form === EVERY_SIZE ? EVERY_OP : ALL_BUT_FREES;
    if (!decodeColumn(from, this.countOps(stored), 'unsigned', column)) {
      return;
    }
    let taken = 0;
    for (let i = 0; i < length; i++) {
      // Whether the next event is a free is hard to guess for a processor too, so there is no branch.
      const isStored = stored[op[i]!]!;
      values[i] = column[taken]! * isStored;
      taken += isStored;
    }
    block.size.setAll(values, length);
  }

  private countOps(counted: Uint8Array): number {
    return this.opCounts.reduce((sum, events, op) => sum + events * counted[op]!, 0);
  }

  private aligns(from: ByteReader, block: EventBlock): void {
    const { values } = this;
    if (!decodeColumn(from, block.length, 'unsigned', values)) {
      return;
    }
    for (let i = 0; i < block.length; i++) {
      const code = values[i]!;
      if (code > POWERS.length) {
        throw new DamagedBytes('an align is out of range');
      }
      values[i] = code === 0 ? 0 : POWERS[code - 1]!;
    }
    block.align.setAll(values, block.length);
  }

  private plain(from: ByteReader, block: EventBlock, name: (typeof PLAIN_COLUMNS)[number]): void {
    const { values } = this;
    if (!decodeColumn(from, block.length, signednessOf(name), values)) {
      return;
    }
    if (TEXT_COLUMNS.includes(name)) {
      const texts = this.texts.list().length;
      for (let i = 0; i < block.length; i++) {
        if (!(values[i]! < texts)) {
          throw new DamagedBytes('a text is not in the file');
        }
      }
    }
    block[name].setAll(values, block.length);
    block.optionalUsed = true;
  }

  private checkBytes(block: EventBlock): void {
    for (let i = 0; i < block.length; i++) {
      if (!writesByte(block.op[i]!) || isByte(this.texts.text(block.value.get(i)))) {
        continue;
      }
      throw new DamagedBytes(`the value of ${OP_NAMES[block.op[i]!]} is no byte`);
    }
  }
}
