import { InputError } from '../../traces/input-error';
import { Fault } from './failures';
import type { Ledger } from './ledger';
import { LinearMemory, type StreamAddresses } from './linear-memory';
import { HEAP_BASE, PAGE_SHIFT, type MemoryLayout } from './memory-layout';
import { WordJournal, type OverwrittenWords } from './past';
import { TWO_TO_32 } from '../../traces/ground/integers';

/**
 * The words behind the machine: one typed array for all from `HEAP_BASE` to the end of the control regions, little-
 * endian as the hosts are. The operating system backs only the pages that are touched. Everything here is uncharged:
 * `peek` and `poke` are for observers and for injected corruption; the verbs that engines use stand in `machine.ts`.
 *
 * Lines are kept by columns: the first lines of all pages side by side, then the second ones, and so on. Where objects
 * are about as large as pages an engine touches one line in each, and a walk over 10,000 of them would need 10,000 of
 * the host's pages, more than its TLB holds; by columns it needs some 160 for every place in a page at which objects
 * begin (half the time of a walk over half-page ones, which begin at some fifteen). In a linear memory every line
 * lies where its address says.
 */

/** 64 lines of 16 words are a page. */
const LINE_SHIFT = 6;
const LINES_MASK = 63;
const LINE_WORDS_SHIFT = 4;
const LINE_WORDS = 1 << LINE_WORDS_SHIFT;
const LINE_WORDS_MASK = LINE_WORDS - 1;
const PAGE_WORDS_SHIFT = PAGE_SHIFT - 2;

/**
 * Large arrays that one machine leaves to the next. Node lets the garbage collector run for every few of them that are
 * made, which takes longer than the replay of a short trace.
 */
export class SpareArrays {
  private readonly spare = new Map<number, Int32Array>();

  /** An array of so many words, all zero. */
  take(length: number): Int32Array {
    const left = this.spare.get(length);
    this.spare.delete(length);
    return left?.fill(0) ?? new Int32Array(length);
  }

  /** Keeps an array that is not used any more; another of its length is forgotten. */
  leave(words: Int32Array): void {
    this.spare.set(words.length, words);
  }
}

export abstract class Memory {
  private words: Int32Array = new Int32Array(0);
  private octets: Uint8Array = new Uint8Array(0);
  /** How many words apart two lines of a page lie, and as a power of two the same lines of two pages. */
  private lineStride = LINE_WORDS;
  private pageStrideShift = PAGE_WORDS_SHIFT;
  /** Bytes from `HEAP_BASE` up, which lie in `words`. */
  private mappedBytes = 0;
  private linear: LinearMemory | undefined;
  /** What was overwritten since somebody asked for it, on a machine whose memory is not linear. */
  past: WordJournal | undefined;
  /** Told of every word in `words` before it is written. */
  overwritten: OverwrittenWords | undefined;

  constructor(
    readonly layout: MemoryLayout,
    protected readonly spare = new SpareArrays(),
  ) {}

  /** Leaves what it is made of to the machines after it; nothing may be done with this one any more. */
  retire(): void {
    if (this.linear === undefined) {
      this.spare.leave(this.words);
    }
    this.words = new Int32Array(0);
    this.octets = new Uint8Array(0);
    this.mappedBytes = 0;
  }

  peek(address: number): number {
    return this.word(address);
  }

  peek8(address: number): number {
    return this.octet(address);
  }

  peek64(address: number): number {
    return this.word(address) + this.word(address + 4) * TWO_TO_32;
  }

  poke(address: number, value: number): void {
    this.setWord(address, value);
  }

  poke8(address: number, value: number): void {
    this.setOctet(address, value);
  }

  /** Whether a range lies in mapped memory. */
  isMapped(address: number, bytes: number): boolean {
    return this.linear === undefined
      ? address >= HEAP_BASE && address + bytes <= HEAP_BASE + this.mappedBytes
      : this.linear.contains(address, bytes);
  }

  protected word(address: number): number {
    const offset = address - HEAP_BASE;
    if (offset >= 0 && offset < this.mappedBytes && (offset & 3) === 0) {
      return this.words[this.indexOf(offset)]! >>> 0;
    }
    return this.rareWord(address);
  }

  protected setWord(address: number, value: number): void {
    const offset = address - HEAP_BASE;
    if (offset >= 0 && offset < this.mappedBytes && (offset & 3) === 0) {
      this.putWord(this.indexOf(offset), value | 0);
    } else {
      this.setRareWord(address, value);
    }
  }

  /** Sets every byte of a range, word by word where it can. */
  protected fillBytes(address: number, bytes: number, value: number): void {
    this.checkRange(address, bytes);
    if (this.linear !== undefined) {
      return this.linear.fill(address, bytes, value);
    }
    const word = Math.imul(value & 0xff, 0x0101_0101);
    const end = address - HEAP_BASE + bytes;
    for (let offset = address - HEAP_BASE; offset < end;) {
      if ((offset & 3) === 0 && offset + 4 <= end) {
        this.putWord(this.indexOf(offset), word);
        offset += 4;
      } else {
        this.putOctet(this.octetIndexOf(offset), value);
        offset += 1;
      }
    }
  }

  /** Moves a range as memmove does: from its far end where it would overwrite what it has not read yet. */
  protected moveBytes(destination: number, source: number, bytes: number): void {
    this.checkRange(source, bytes);
    this.checkRange(destination, bytes);
    if (this.linear !== undefined) {
      return this.linear.move(destination, source, bytes);
    }
    const [to, from] = [destination - HEAP_BASE, source - HEAP_BASE];
    const wordBytes = ((to | from) & 3) === 0 ? bytes & ~3 : 0;
    const isUpwards = to <= from;
    if (!isUpwards) {
      this.moveOctets(to + wordBytes, from + wordBytes, bytes - wordBytes, isUpwards);
    }
    for (let moved = 0; moved < wordBytes; moved += 4) {
      const at = isUpwards ? moved : wordBytes - 4 - moved;
      this.putWord(this.indexOf(to + at), this.words[this.indexOf(from + at)]!);
    }
    if (isUpwards) {
      this.moveOctets(to + wordBytes, from + wordBytes, bytes - wordBytes, isUpwards);
    }
  }

  private moveOctets(to: number, from: number, count: number, isUpwards: boolean): void {
    for (let moved = 0; moved < count; moved++) {
      const at = isUpwards ? moved : count - 1 - moved;
      this.putOctet(this.octetIndexOf(to + at), this.octets[this.octetIndexOf(from + at)]!);
    }
  }

  private putWord(index: number, word: number): void {
    this.overwritten?.enterWord(index);
    this.words[index] = word;
  }

  private putOctet(index: number, octet: number): void {
    this.overwritten?.enterWord(index >>> 2);
    this.octets[index] = octet;
  }

  /** Words below the heap, and those at odd addresses: they occur only after corruption, and x86 reads them. */
  private rareWord(address: number): number {
    if (this.linear !== undefined) {
      this.checkRange(address, 4);
      return this.linear.word(address);
    }
    let word = 0;
    for (let byte = 0; byte < 4; byte++) {
      word |= this.octet(address + byte) << (8 * byte);
    }
    return word >>> 0;
  }

  private setRareWord(address: number, value: number): void {
    this.checkRange(address, 4);
    if (this.linear !== undefined) {
      return this.linear.setWord(address, value);
    }
    for (let byte = 0; byte < 4; byte++) {
      this.setOctet(address + byte, value >>> (8 * byte));
    }
  }

  protected octet(address: number): number {
    const offset = address - HEAP_BASE;
    if (offset >= 0 && offset < this.mappedBytes) {
      return this.octets[this.octetIndexOf(offset)]!;
    }
    this.checkRange(address, 1);
    return this.linear!.octet(address);
  }

  protected setOctet(address: number, value: number): void {
    const offset = address - HEAP_BASE;
    if (offset >= 0 && offset < this.mappedBytes) {
      return this.putOctet(this.octetIndexOf(offset), value);
    }
    this.checkRange(address, 1);
    this.linear!.setOctet(address, value & 0xff);
  }

  /** Where the word at an offset from `HEAP_BASE` is kept. */
  private indexOf(offset: number): number {
    const line = Math.imul((offset >>> LINE_SHIFT) & LINES_MASK, this.lineStride);
    return line + (((offset >>> PAGE_SHIFT) << this.pageStrideShift) | ((offset >>> 2) & LINE_WORDS_MASK));
  }

  private octetIndexOf(offset: number): number {
    return this.indexOf(offset) * 4 + (offset & 3);
  }

  private checkRange(address: number, bytes: number): void {
    if (!this.isMapped(address, bytes)) {
      throw new Fault(address, this.layout.regionAt(address));
    }
  }

  /** From here on keeps what is overwritten. */
  protected beginPast(ledger: Ledger): void {
    this.past = new WordJournal(this.words, ledger);
    this.overwritten = this.past;
  }

  /** Makes the memory a linear one, as large as the layout, with the stream's arrays in it. */
  protected makeLinearMemory(streamAddresses: StreamAddresses): LinearMemory {
    this.linear = new LinearMemory(this.layout.limit, streamAddresses);
    const { buffer } = this.linear.memory;
    this.words = new Int32Array(buffer, HEAP_BASE);
    this.octets = new Uint8Array(buffer, HEAP_BASE);
    this.mappedBytes = this.octets.length;
    return this.linear;
  }

  /** Makes the memory, all zero, as large as the layout. Throws an `InputError` when the host refuses it. */
  protected makeMemory(): void {
    const bytes = this.layout.limit - HEAP_BASE;
    // An odd number of lines: the lines of one page then spread over all sets of the host's caches.
    this.lineStride = ((bytes >>> PAGE_SHIFT) | 1) << LINE_WORDS_SHIFT;
    this.pageStrideShift = LINE_WORDS_SHIFT;
    try {
      this.words = this.spare.take(this.lineStride * (LINES_MASK + 1));
    } catch {
      throw new InputError({
        problem: `this host refuses ${bytes} bytes of address space for simulated memory`,
        expected: 'a smaller --heap-pages or --virtual-pages',
      });
    }
    this.octets = new Uint8Array(this.words.buffer);
    this.mappedBytes = bytes;
  }
}
