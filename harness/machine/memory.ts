import { InputError } from '../../traces/input-error';
import { Fault } from './failures';
import { HEAP_BASE, type MemoryLayout } from './memory-layout';

/**
 * The words behind the machine: one typed array from `HEAP_BASE` to the end of the control regions, little-endian as
 * the hosts are. The operating system backs only the pages that are touched. Everything here is uncharged: `peek` and
 * `poke` are for observers and for injected corruption; the verbs that engines use stand in `machine.ts`.
 */

export const TWO_TO_32 = 0x1_0000_0000;

/** Bound here, because V8 folds a module's own constants and loads imported ones at every use. */
const BASE = HEAP_BASE;

export abstract class Memory {
  protected words = new Int32Array(0);
  protected octets = new Uint8Array(0);
  /** Mapped bytes from `HEAP_BASE` up. */
  protected mappedBytes = 0;

  constructor(readonly layout: MemoryLayout) {}

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
    return address >= HEAP_BASE && address + bytes <= HEAP_BASE + this.mappedBytes;
  }

  protected word(address: number): number {
    const offset = address - BASE;
    if (offset >= 0 && offset < this.mappedBytes && (offset & 3) === 0) {
      return this.words[offset >>> 2]! >>> 0;
    }
    return this.unalignedWord(address);
  }

  protected setWord(address: number, value: number): void {
    const offset = address - BASE;
    if (offset >= 0 && offset < this.mappedBytes && (offset & 3) === 0) {
      this.words[offset >>> 2] = value;
    } else {
      this.setUnalignedWord(address, value);
    }
  }

  /** Words at odd addresses occur only after corruption; x86 reads them all the same. */
  protected unalignedWord(address: number): number {
    let word = 0;
    for (let byte = 0; byte < 4; byte++) {
      word |= this.octet(address + byte) << (8 * byte);
    }
    return word >>> 0;
  }

  protected setUnalignedWord(address: number, value: number): void {
    this.checkRange(address, 4);
    for (let byte = 0; byte < 4; byte++) {
      this.octets[address - HEAP_BASE + byte] = value >>> (8 * byte);
    }
  }

  protected octet(address: number): number {
    this.checkRange(address, 1);
    return this.octets[address - HEAP_BASE]!;
  }

  protected setOctet(address: number, value: number): void {
    this.checkRange(address, 1);
    this.octets[address - HEAP_BASE] = value;
  }

  protected checkRange(address: number, bytes: number): void {
    if (!this.isMapped(address, bytes)) {
      throw new Fault(address, this.layout.regionAt(address));
    }
  }

  /** Makes the memory, all zero, as large as the layout. Throws an `InputError` when the host refuses it. */
  protected makeMemory(): void {
    const bytes = this.layout.limit - HEAP_BASE;
    try {
      this.words = new Int32Array(bytes / 4);
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
