import { createHash } from 'node:crypto';
import {
  BUG,
  isBlock,
  isVirtual,
  NOTHING,
  NULL,
  OP,
  OP_NAMES,
  VIRTUAL_BASE,
  type Placement,
} from '../../traces/trace';
import { HEAP_BASE } from '../machine/memory-layout';
import type { PlacementsForm } from './port';

/**
 * The placements of a replay as text, one line an operation: `index,op,id,offset`, exactly in the form of the golden
 * files, and their sha256. The hash is kept for every replay, so lines are assembled from bytes, not from strings.
 *
 * The forms are those of the port (`PlacementsForm`); in the decimal ones a free shows the address that was freed.
 */

/** Longest line: index and id of 16 digits, the longest operation, an offset of 16 digits. */
const LINE_BYTES_MAX = 80;
const CHUNK_BYTES = 1 << 16;

const COMMA = 0x2c;
const NEWLINE = 0x0a;
const INT32_MAX = 0x7fff_ffff;
const ZERO = 0x30;
/** 00, 01 … 99. */
const PAIRS = bytesOf(Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0')).join(''));
const HEX_DIGITS = bytesOf('0123456789abcdef');

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** The operations with the commas around them. */
const OP_CELLS = OP_NAMES.map((name) => bytesOf(`,${name},`));
const WORDS = { null: bytesOf('NULL'), zero: bytesOf('ZERO'), bug: bytesOf('BUG'), nothing: bytesOf('-') };
const HEX_PREFIX = bytesOf('0x');
const VIRTUAL_PREFIX = bytesOf('v:0x');
const NIL = bytesOf('-1');

export class PlacementsWriter {
  private readonly hash = createHash('sha256');
  private readonly chunk = new Uint8Array(CHUNK_BYTES);
  private length = 0;

  /**
   * @param write receives the text in chunks that are valid only during the call
   */
  constructor(
    private readonly form: PlacementsForm,
    private readonly write: ((chunk: Uint8Array) => void) | undefined,
  ) {
    this.append(bytesOf('index,op,id,offset\n'));
  }

  /** One operation: `result` is what it returned, `object` the object it was applied to (`NULL` for an allocation). */
  line(index: number, op: number, id: number, result: Placement, object: Placement): void {
    if (this.length > CHUNK_BYTES - LINE_BYTES_MAX) {
      this.flush();
    }
    this.decimal(index);
    this.append(OP_CELLS[op]!);
    this.decimal(id);
    this.octet(COMMA);
    if (this.form === 'xen' || this.form === 'xen-virtual') {
      this.xenOffset(result);
    } else {
      this.decimalOffset(
        op === OP.free || op === OP.msize || op === OP.overrun || op === OP.fill ? object : result,
      );
    }
    this.octet(NEWLINE);
  }

  /** Writes what is left and returns the sha256 of the whole text, lowercase hex. */
  finish(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private xenOffset(placement: Placement): void {
    if (isVirtual(placement)) {
      this.append(this.form === 'xen' ? VIRTUAL_PREFIX : HEX_PREFIX);
      this.hexadecimal(placement - VIRTUAL_BASE);
    } else if (isBlock(placement)) {
      this.append(HEX_PREFIX);
      this.hexadecimal(placement - HEAP_BASE);
    } else if (placement === NOTHING) {
      this.append(WORDS.nothing);
    } else if (placement === NULL) {
      this.append(WORDS.null);
    } else {
      this.append(placement === BUG ? WORDS.bug : WORDS.zero);
    }
  }

  private decimalOffset(placement: Placement): void {
    if (isBlock(placement)) {
      this.decimal(placement - HEAP_BASE);
    } else {
      this.append(NIL);
    }
  }

  /** Nearly all numbers are small: divided as 32-bit integers and by a constant, for two digits at a time. */
  private decimal(value: number): void {
    if (value > INT32_MAX) {
      this.append(bytesOf(String(value)));
      return;
    }
    const { chunk } = this;
    const first = this.length;
    let rest = value | 0;
    let at = first + decimalDigits(rest);
    this.length = at;
    while (rest >= 10) {
      const hundredth = (rest / 100) | 0;
      const pair = (rest - hundredth * 100) << 1;
      chunk[--at] = PAIRS[pair + 1]!;
      chunk[--at] = PAIRS[pair]!;
      rest = hundredth;
    }
    if (at > first) {
      chunk[first] = ZERO + rest;
    }
  }

  private hexadecimal(value: number): void {
    if (value > INT32_MAX) {
      this.append(bytesOf(value.toString(16)));
      return;
    }
    const { chunk } = this;
    let rest = value | 0;
    let at = this.length + hexadecimalDigits(rest);
    this.length = at;
    do {
      chunk[--at] = HEX_DIGITS[rest & 15]!;
      rest >>>= 4;
    } while (rest !== 0);
  }

  private append(bytes: Uint8Array): void {
    const { chunk } = this;
    const at = this.length;
    for (let byte = 0; byte < bytes.length; byte++) {
      chunk[at + byte] = bytes[byte]!;
    }
    this.length = at + bytes.length;
  }

  private octet(octet: number): void {
    this.chunk[this.length++] = octet;
  }

  private flush(): void {
    const text = this.chunk.subarray(0, this.length);
    this.hash.update(text);
    this.write?.(text);
    this.length = 0;
  }
}

function decimalDigits(value: number): number {
  let digits = 1;
  for (let power = 10; power <= value; power *= 10) {
    digits++;
  }
  return digits;
}

function hexadecimalDigits(value: number): number {
  return Math.max((35 - Math.clz32(value)) >>> 2, 1);
}
