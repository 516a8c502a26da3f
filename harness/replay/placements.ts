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
const DIGITS = bytesOf('0123456789abcdef');

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

const OP_BYTES = OP_NAMES.map((name) => bytesOf(name));
const WORDS = { null: bytesOf('NULL'), zero: bytesOf('ZERO'), bug: bytesOf('BUG'), nothing: bytesOf('-') };
const HEX_PREFIX = bytesOf('0x');
const VIRTUAL_PREFIX = bytesOf('v:0x');
const NIL = bytesOf('-1');

export class PlacementsWriter {
  private readonly hash = createHash('sha256');
  private readonly chunk = new Uint8Array(CHUNK_BYTES);
  private length = 0;
  private readonly digits = new Uint8Array(20);

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
    this.number(index, 10);
    this.chunk[this.length++] = COMMA;
    this.append(OP_BYTES[op]!);
    this.chunk[this.length++] = COMMA;
    this.number(id, 10);
    this.chunk[this.length++] = COMMA;
    if (this.form === 'xen' || this.form === 'xen-virtual') {
      this.xenOffset(result);
    } else {
      this.decimalOffset(
        op === OP.free || op === OP.msize || op === OP.overrun || op === OP.fill ? object : result,
      );
    }
    this.chunk[this.length++] = NEWLINE;
  }

  /** Writes what is left and returns the sha256 of the whole text, lowercase hex. */
  finish(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private xenOffset(placement: Placement): void {
    if (isVirtual(placement)) {
      this.append(this.form === 'xen' ? VIRTUAL_PREFIX : HEX_PREFIX);
      this.number(placement - VIRTUAL_BASE, 16);
    } else if (isBlock(placement)) {
      this.append(HEX_PREFIX);
      this.number(placement - HEAP_BASE, 16);
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
      this.number(placement - HEAP_BASE, 10);
    } else {
      this.append(NIL);
    }
  }

  /** Small numbers, nearly all of them, are divided as 32-bit integers. */
  private number(value: number, base: 10 | 16): void {
    let digits = 0;
    let rest = value;
    while (rest > INT32_MAX) {
      const quotient = Math.floor(rest / base);
      this.digits[digits++] = DIGITS[rest - quotient * base]!;
      rest = quotient;
    }
    let small = rest | 0;
    do {
      const quotient = base === 16 ? small >>> 4 : (small / 10) | 0;
      this.digits[digits++] = DIGITS[small - quotient * base]!;
      small = quotient;
    } while (small > 0);
    while (digits > 0) {
      this.chunk[this.length++] = this.digits[--digits]!;
    }
  }

  private append(bytes: Uint8Array): void {
    for (let byte = 0; byte < bytes.length; byte++) {
      this.chunk[this.length++] = bytes[byte]!;
    }
  }

  private flush(): void {
    const text = this.chunk.subarray(0, this.length);
    this.hash.update(text);
    this.write?.(text);
    this.length = 0;
  }
}
