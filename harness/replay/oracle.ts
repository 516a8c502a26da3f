import { isVirtual, VIRTUAL_BASE, type Placement } from '../../traces/trace';
import { HeapCorruption } from '../machine/failures';
import type { Ledger } from '../machine/ledger';
import type { Machine } from '../machine/machine';
import { HEAP_BASE, PAGE_BYTES, PAGE_SHIFT } from '../machine/memory-layout';
import type { EngineDefinition } from './port';

/** Who knows what is held. */
export type HeldMemory = Pick<Ledger, 'holds'>;

/**
 * The oracle: an independent witness of every placement. It keeps one bit a granule of what is live and objects to a
 * block that overlaps a live one, is not aligned as asked, or lies outside the memory that the engine holds.
 */
export class Oracle {
  private readonly heap: BitRange;
  private readonly area: BitRange;
  private readonly granuleShift: number;
  private readonly alignBytesMax: number;
  private witnessed: HeldMemory | undefined;

  /** @param constants the engine's granule (block bounds are multiples of it) and the alignment it honours */
  constructor(
    private readonly machine: Machine,
    constants: EngineDefinition['constants'],
  ) {
    this.granuleShift = 31 - Math.clz32(constants.granuleBytes);
    // Real heaps begin at addresses aligned to anything; this one to no more than HEAP_BASE.
    this.alignBytesMax = Math.min(constants.alignBytesMax ?? HEAP_BASE, HEAP_BASE);
    this.heap = new BitRange(machine.layout.heapBytes >>> this.granuleShift);
    this.area = new BitRange(machine.virtualPages);
  }

  /** Says who knows what is held; by default the machine's ledger. */
  witnessBy(held: HeldMemory): void {
    this.witnessed = held;
  }

  /** Witnesses a new block of `bytes` requested bytes. */
  placed(placement: Placement, bytes: number, align: number): void {
    if (align > 1) {
      this.checkAligned(placement, Math.min(align, this.alignBytesMax));
    }
    if (isVirtual(placement)) {
      const first = (placement - VIRTUAL_BASE) / PAGE_BYTES;
      const pages = Math.ceil(bytes / PAGE_BYTES);
      this.checkInside(first + pages <= this.machine.virtualPages, placement, bytes);
      this.mark(this.area, first, pages, placement);
      return;
    }
    this.checkInside(this.isHeld(placement, bytes), placement, bytes);
    const first = (placement - HEAP_BASE) >>> this.granuleShift;
    const end = (placement - HEAP_BASE + bytes - 1) >>> this.granuleShift;
    this.mark(this.heap, first, bytes === 0 ? 0 : end - first + 1, placement);
  }

  /** Witnesses the end of a block that `placed` saw with the same size. */
  released(placement: Placement, bytes: number): void {
    if (isVirtual(placement)) {
      this.area.clear((placement - VIRTUAL_BASE) / PAGE_BYTES, (bytes + PAGE_BYTES - 1) >>> PAGE_SHIFT);
      return;
    }
    const first = (placement - HEAP_BASE) >>> this.granuleShift;
    const end = (placement - HEAP_BASE + bytes - 1) >>> this.granuleShift;
    this.heap.clear(first, bytes === 0 ? 0 : end - first + 1);
  }

  /** An object of no bytes may lie right behind the last byte of its block, so at the end of what is held. */
  private isHeld(placement: Placement, bytes: number): boolean {
    const ledger = this.witnessed ?? this.machine.ledger;
    return ledger.holds(placement, bytes) || (bytes === 0 && ledger.holds(placement - 1, 1));
  }

  private checkAligned(placement: Placement, alignBytes: number): void {
    if (placement % alignBytes !== 0) {
      throw new HeapCorruption(placement, `the engine placed a block that is not aligned to ${alignBytes}`);
    }
  }

  private checkInside(isInside: boolean, placement: Placement, bytes: number): void {
    if (!isInside) {
      throw new HeapCorruption(
        placement,
        `the engine placed a block of ${bytes} bytes outside the memory it holds`,
      );
    }
  }

  private mark(range: BitRange, first: number, count: number, placement: Placement): void {
    if (!range.set(first, count)) {
      throw new HeapCorruption(placement, 'the engine placed a block over a live one');
    }
  }
}

/** A set of bits that is changed a run at a time. */
class BitRange {
  private readonly words: Int32Array;

  constructor(bits: number) {
    this.words = new Int32Array((bits >>> 5) + 1);
  }

  /** Sets a run of bits that must all be clear; false, and the run is partly set, when one is not. */
  set(first: number, count: number): boolean {
    if (count <= 0) {
      return true;
    }
    const { words } = this;
    const last = first + count - 1;
    const lastWord = last >>> 5;
    let word = first >>> 5;
    let mask = maskFrom(first);
    for (; word < lastWord; word++) {
      if ((words[word]! & mask) !== 0) {
        return false;
      }
      words[word]! |= mask;
      mask = -1;
    }
    mask &= maskTo(last);
    const isClear = (words[word]! & mask) === 0;
    words[word]! |= isClear ? mask : 0;
    return isClear;
  }

  clear(first: number, count: number): void {
    if (count <= 0) {
      return;
    }
    const { words } = this;
    const last = first + count - 1;
    const lastWord = last >>> 5;
    let word = first >>> 5;
    let mask = maskFrom(first);
    for (; word < lastWord; word++) {
      words[word]! &= ~mask;
      mask = -1;
    }
    words[word]! &= ~(mask & maskTo(last));
  }
}

/** Of the word in which a run begins, the bits from its first on; of the one in which it ends, those up to its last. */
const maskFrom = (first: number): number => -1 << (first & 31);
const maskTo = (last: number): number => -1 >>> (31 - (last & 31));
