import { TEXT_BYTES_MAX } from '../canonical-csv';
import { TextTable } from '../trace';

/**
 * The texts of a trace that is being read, interned within bounds: a hostile file must not fill the memory with
 * names. The fast path interns straight from the file's bytes; a text it met before costs a hash and a comparison
 * and makes no string.
 */

/** What all distinct texts of one trace may come to, in UTF-8 bytes. */
const TEXT_BYTES_TOTAL_MAX = 1 << 26;

const SLOTS_INITIAL = 1 << 8;
const ARENA_BYTES_INITIAL = 1 << 12;

/** Offset basis and prime of the 32-bit FNV-1a hash (Fowler, Noll, Vo). */
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export const TEXT_HASH_START = FNV_BASIS | 0;

/** The hash of a text with one more byte at its end. */
export const textHash = (hash: number, byte: number): number => Math.imul(hash ^ byte, FNV_PRIME);

/** The low bits of FNV-1a, which choose the slot, are its weakest. */
const slotOf = (hash: number): number => hash ^ (hash >>> 15);

/** Why something cannot be read; the place is for the reader to add. */
export interface CellProblem {
  readonly problem: string;
  readonly expected: string;
}

export class BoundedTexts {
  readonly table = new TextTable();
  private bytesTotal = 0;
  /** Open addressing: entry number + 1 of the byte texts below, 0 for an empty slot. */
  private slots = new Int32Array(SLOTS_INITIAL);
  private entries = 0;
  /** Entry n's bytes are `arena[ends[n]]` up to `arena[ends[n + 1]]`, its index in the table `indices[n]`. */
  private arena = new Uint8Array(ARENA_BYTES_INITIAL);
  private readonly ends: number[] = [0];
  private readonly hashes: number[] = [];
  private readonly indices: number[] = [];

  /** The text's index, or undefined where `refusal` says why not. */
  intern(text: string): number | undefined {
    const before = this.table.list().length;
    const bytes = Buffer.byteLength(text, 'utf8');
    if (bytes > TEXT_BYTES_MAX || this.bytesTotal + bytes > TEXT_BYTES_TOTAL_MAX) {
      return undefined;
    }
    try {
      const index = this.table.intern(text);
      if (this.table.list().length > before) {
        this.bytesTotal += bytes;
      }
      return index;
    } catch (error) {
      if (error instanceof RangeError) {
        return undefined;
      }
      throw error;
    }
  }

  /** `intern` for the ASCII text that stands in `bytes` from `from` up to `to`; `hash` is its `textHash`. */
  internBytes(bytes: Uint8Array, from: number, to: number, hash: number): number | undefined {
    const mask = this.slots.length - 1;
    for (let slot = slotOf(hash) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot]! - 1;
      if (entry < 0) {
        return this.addBytes(bytes.subarray(from, to), hash, slot);
      }
      if (this.hashes[entry] === hash && this.matches(entry, bytes, from, to)) {
        return this.indices[entry]!;
      }
    }
  }

  /** Why `intern` gave no index for this text. */
  refusal(text: string): CellProblem {
    const bytes = Buffer.byteLength(text, 'utf8');
    return bytes > TEXT_BYTES_MAX
      ? { problem: `a text of ${bytes} bytes`, expected: `at most ${TEXT_BYTES_MAX}` }
      : {
          problem: `more distinct texts than a trace may hold (${this.table.list().length} so far)`,
          expected: 'names that repeat',
        };
  }

  private matches(entry: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.ends[entry]!;
    if (this.ends[entry + 1]! - start !== to - from) {
      return false;
    }
    for (let i = from; i < to; i++) {
      if (this.arena[start + i - from] !== bytes[i]) {
        return false;
      }
    }
    return true;
  }

  private addBytes(text: Uint8Array, hash: number, slot: number): number | undefined {
    const index = this.intern(Buffer.from(text).toString('latin1'));
    if (index === undefined) {
      return undefined;
    }
    const start = this.ends[this.entries]!;
    const end = start + text.length;
    if (end > this.arena.length) {
      const larger = new Uint8Array(Math.max(end, this.arena.length * 2));
      larger.set(this.arena);
      this.arena = larger;
    }
    this.arena.set(text, start);
    this.ends.push(end);
    this.hashes.push(hash);
    this.indices.push(index);
    this.entries += 1;
    this.slots[slot] = this.entries;
    if (this.entries * 2 > this.slots.length) {
      this.growSlots();
    }
    return index;
  }

  private growSlots(): void {
    const slots = new Int32Array(this.slots.length * 2);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.entries; entry++) {
      let slot = slotOf(this.hashes[entry]!) & mask;
      while (slots[slot] !== 0) {
        slot = (slot + 1) & mask;
      }
      slots[slot] = entry + 1;
    }
    this.slots = slots;
  }
}
