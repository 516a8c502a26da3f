/**
 * The ledger of memory taken from the page source: who holds what is the machine's knowledge, not the engine's, and
 * is never charged. One bit a granule; held bytes are exact at every moment, held runs are listed in address order.
 */
export interface HeldRun {
  readonly address: number;
  readonly bytes: number;
}

export class Ledger {
  private heldGranules = 0;
  private heldGranulesPeak = 0;
  /** Granules from here on were never held: nobody needs to look there. */
  private reachedGranules = 0;
  readonly granuleShift: number;
  /** One byte a granule, 1 where it is held. */
  private held: Uint8Array;
  /** Told of every change, after it. */
  watch: ((address: number, bytes: number, isHeld: boolean) => void) | undefined;
  /** Told of granules of which it is about to be entered anew whether they are held. */
  beforeChange: ((first: number, count: number) => void) | undefined;

  /**
   * @param base first byte of the region that can be held
   * @param bytes length of the region
   * @param granuleBytes smallest unit that is taken or given back, a power of two: 4096 under the buddy
   */
  constructor(
    readonly base: number,
    readonly bytes: number,
    readonly granuleBytes: number,
  ) {
    this.granuleShift = 31 - Math.clz32(granuleBytes);
    this.held = new Uint8Array(Math.ceil(bytes / granuleBytes));
  }

  get granules(): number {
    return this.held.length;
  }

  /** Keeps what is held in these bytes, all zero, one a granule, where others can read it. */
  keepIn(bytes: Uint8Array): void {
    bytes.set(this.held);
    this.held = bytes;
  }

  /** Whether a granule is held: 1, or 0. */
  isHeld(granule: number): number {
    return this.held[granule]!;
  }

  /** Enters what was true at another moment; `recount` then says how much was held altogether. */
  putBack(granule: number, isHeld: number): void {
    this.held[granule] = isHeld;
  }

  /** Who has put back what is held has not counted it. */
  recount(): void {
    let count = 0;
    for (let granule = 0; granule < this.reachedGranules; granule++) {
      count += this.held[granule]!;
    }
    this.heldGranules = count;
  }

  take(address: number, bytes: number): void {
    this.mark(address, bytes, 1);
    this.heldGranulesPeak = Math.max(this.heldGranulesPeak, this.heldGranules);
  }

  give(address: number, bytes: number): void {
    this.mark(address, bytes, 0);
  }

  get heldBytes(): number {
    return this.heldGranules * this.granuleBytes;
  }

  /** The most that was ever held, also between two operations. */
  get heldBytesPeak(): number {
    return this.heldGranulesPeak * this.granuleBytes;
  }

  /** Whether every byte of the range is held; a range of no bytes asks for the byte at its address. */
  holds(address: number, bytes: number): boolean {
    const lastByte = address + Math.max(bytes, 1) - 1;
    if (!(address >= this.base && lastByte < this.base + this.bytes)) {
      return false;
    }
    const last = (lastByte - this.base) >>> this.granuleShift;
    for (let granule = (address - this.base) >>> this.granuleShift; granule <= last; granule++) {
      if (this.held[granule] === 0) {
        return false;
      }
    }
    return true;
  }

  /** The first byte at or behind an address that is held; undefined where none is. */
  heldFrom(address: number): number | undefined {
    return this.firstFrom(address, 1);
  }

  /** The first byte at or behind an address that is not held: the region's end at the latest. */
  heldUntil(address: number): number {
    const end = this.base + this.bytes;
    return Math.min(this.firstFrom(address, 0) ?? end, end);
  }

  private firstFrom(address: number, value: 0 | 1): number | undefined {
    const within = Math.max(address, this.base);
    const first = (within - this.base) >>> this.granuleShift;
    // Most that ask stand where they hoped to.
    const found = this.held[first] === value ? first : this.nextGranule(first, value);
    return found < 0 ? undefined : Math.max(within, this.base + found * this.granuleBytes);
  }

  /** Visits the maximal runs of held memory, lowest address first. */
  runs(visit: (run: HeldRun) => void): void {
    const reached = this.reachedBytes();
    let granule = reached.indexOf(1);
    while (granule >= 0) {
      const gap = reached.indexOf(0, granule);
      const end = gap < 0 ? reached.length : gap;
      visit({
        address: this.base + granule * this.granuleBytes,
        bytes: (end - granule) * this.granuleBytes,
      });
      granule = gap < 0 ? -1 : reached.indexOf(1, end);
    }
  }

  /** The first granule from `first` on that is held (1) or is not (0); −1 where there is none. */
  private nextGranule(first: number, value: 0 | 1): number {
    const found = this.reachedBytes().indexOf(value, first);
    return found < 0 && value === 0 && this.reachedGranules < this.held.length
      ? Math.max(first, this.reachedGranules)
      : found;
  }

  /** A Buffer looks at many bytes at once where a typed array looks at each. */
  private reachedBytes(): Buffer {
    return Buffer.from(this.held.buffer, this.held.byteOffset, this.reachedGranules);
  }

  private mark(address: number, bytes: number, value: 0 | 1): void {
    const first = (address - this.base) >>> this.granuleShift;
    const count = Math.ceil(bytes / this.granuleBytes);
    this.beforeChange?.(first, count);
    if (count === 1) {
      this.held[first] = value;
    } else {
      this.held.fill(value, first, first + count);
    }
    // A broken page source may give back what no heap has.
    const end = Math.min(first + count, this.held.length);
    this.reachedGranules = Math.max(this.reachedGranules, end);
    this.heldGranules += value === 1 ? count : -count;
    this.watch?.(address, bytes, value === 1);
  }
}
