/**
 * The finite-state tables (RFC 8878 §4.1) under which a Zstandard block stores the lengths of its sequences.
 */

/** What each state stands for, and the next one: `base` plus so many bits of the stream. */
export interface StateTable {
  /** The first state is this many bits. */
  readonly accuracy: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

/** "Less than one": a symbol with one state of its own at the table's end. */
const RARE = -1;

const ACCURACY_MIN = 5;

/**
 * Reads a table's description: the accuracy, then for each symbol how many states it has, in as few bits as what is
 * left to give away needs. Undefined if it gives away too much, or names too many symbols.
 */
export function readTable(
  bytes: Uint8Array,
  from: number,
  accuracyMax: number,
  symbolsMax: number,
): { table: StateTable; end: number } | undefined {
  const stream = new ForwardBits(bytes, from);
  const accuracy = stream.take(4) + ACCURACY_MIN;
  if (accuracy > accuracyMax) {
    return undefined;
  }
  const states: number[] = [];
  let left = 1 << accuracy;
  while (left > 0) {
    if (states.length >= symbolsMax) {
      return undefined;
    }
    const count = takeCount(stream, left);
    states.push(count);
    left -= Math.abs(count);
    if (count === 0) {
      takeZeros(stream, states, symbolsMax);
    }
  }
  const end = stream.byteEnd;
  if (left < 0 || states.length > symbolsMax || end > bytes.length) {
    return undefined;
  }
  return { table: stateTable(accuracy, states), end };
}

/** A number from −1 to `left`: the smaller ones in one bit less than the others. */
function takeCount(stream: ForwardBits, left: number): number {
  const bits = 31 - Math.clz32(left + 1);
  const half = 1 << bits;
  const short = 2 * half - 2 - left;
  let value = stream.take(bits);
  if (value >= short) {
    value += stream.take(1) << bits;
    if (value >= half) {
      value -= short;
    }
  }
  return value - 1;
}

/** How many more symbols have no state, three at a time. */
function takeZeros(stream: ForwardBits, states: number[], symbolsMax: number): void {
  let zeros: number;
  do {
    zeros = stream.take(2);
    for (let i = 0; i < zeros; i++) {
      states.push(0);
    }
  } while (zeros === 3 && states.length <= symbolsMax);
}

/** The table in which each symbol has so many states, spread as the specification says. */
export function stateTable(accuracy: number, states: readonly number[]): StateTable {
  const size = 1 << accuracy;
  const symbol = new Uint8Array(size);
  let highest = size - 1;
  states.forEach((count, code) => {
    if (count === RARE) {
      symbol[highest--] = code;
    }
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let place = 0;
  states.forEach((count, code) => {
    for (let i = 0; i < count; i++) {
      symbol[place] = code;
      do {
        place = (place + step) & (size - 1);
      } while (place > highest);
    }
  });
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  const next = states.map((count) => Math.abs(count));
  for (let state = 0; state < size; state++) {
    const successor = next[symbol[state]!]!++;
    bits[state] = accuracy - (31 - Math.clz32(successor));
    base[state] = (successor << bits[state]!) - size;
  }
  return { accuracy, symbol, bits, base };
}

/** The table of one state, which takes no bits. */
export function singleStateTable(code: number): StateTable {
  return { accuracy: 0, symbol: Uint8Array.of(code), bits: new Uint8Array(1), base: new Uint16Array(1) };
}

/** Bits from the lowest of the first byte on; zeros after the end. */
class ForwardBits {
  private position: number;

  constructor(
    private readonly bytes: Uint8Array,
    from: number,
  ) {
    this.position = from * 8;
  }

  /** The index of the byte after the last that was touched. */
  get byteEnd(): number {
    return Math.ceil(this.position / 8);
  }

  take(count: number): number {
    const value = bitsAt(this.bytes, this.position, count);
    this.position += count;
    return value;
  }
}

/** Bits from the end towards a byte; the highest set bit of the last byte marks where they begin. */
export class BackwardBits {
  /** How many bits are left; negative once more were taken than there were, and from the start without a mark. */
  bitsLeft: number;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly from: number,
  ) {
    const last = bytes.length > from ? bytes[bytes.length - 1]! : 0;
    this.bitsLeft = last === 0 ? -1 : (bytes.length - 1 - from) * 8 + (31 - Math.clz32(last));
  }

  take(count: number): number {
    this.bitsLeft -= count;
    return this.bitsLeft < 0 ? 0 : bitsAt(this.bytes, this.from * 8 + this.bitsLeft, count);
  }
}

/** Up to 16 bits. */
function bitsAt(bytes: Uint8Array, position: number, count: number): number {
  const at = position >>> 3;
  const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return (word >>> (position & 7)) & ((1 << count) - 1);
}
