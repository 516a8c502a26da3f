import { FOREIGN } from './lru-sets';

/**
 * A fully associative TLB with exact least-recently-used replacement in constant time, whatever its size: a log of
 * the pages used, and for every page the time of its last use. What is held are the pages last used since `oldest`;
 * to make room, `oldest` moves on to the next entry of the log that is still its page's last use.
 */

/** Entries of the log; when they are used up it is written afresh without what has been superseded. */
const LOG_ENTRIES = 1 << 12;
const LOG_MASK = LOG_ENTRIES - 1;

/** Times start again before they outgrow 32 bits. */
const TIME_MAX = 0x7fff_0000;

export class LruLog {
  private readonly log = new Int32Array(LOG_ENTRIES);
  private readonly lastUse: Int32Array;
  /** The time of the next use, and the earliest that still counts. */
  private now = 0;
  private oldest = 0;
  private held = 0;

  /** Pages are numbered below `pageCount`; fewer than 2^11 slots. */
  constructor(
    readonly slots: number,
    pageCount: number,
  ) {
    this.lastUse = new Int32Array(pageCount).fill(-1);
  }

  /** Uses `page`: returns whether it was there, and leaves it the most recent. */
  touch(page: number): boolean {
    const isHeld = this.lastUse[page]! >= this.oldest;
    this.lastUse[page] = this.now;
    this.append(page);
    if (!isHeld) {
      this.admit();
    }
    return isHeld;
  }

  /** Empties the TLB. */
  evict(): void {
    this.oldest = this.now;
    this.held = 0;
  }

  /** Lets `pages` never repeated foreign pages pass through. */
  passForeign(pages: number): void {
    for (let count = Math.min(pages, this.slots); count > 0; count--) {
      this.append(FOREIGN);
      this.admit();
    }
  }

  private append(page: number): void {
    this.log[this.now & LOG_MASK] = page;
    this.now++;
    if (this.now - this.oldest === LOG_ENTRIES) {
      this.rewrite();
    }
  }

  /** Counts a newcomer and drops the page used longest ago if there is no slot left. */
  private admit(): void {
    if (this.held < this.slots) {
      this.held++;
      return;
    }
    while (!this.isLastUse(this.oldest)) {
      this.oldest++;
    }
    this.oldest++;
  }

  /** Foreign pages are used once. */
  private isLastUse(time: number): boolean {
    const page = this.log[time & LOG_MASK]!;
    return page === FOREIGN || this.lastUse[page] === time;
  }

  /** Moves the last uses to the end of the log, in their order, so that it is as short as what is held. */
  private rewrite(): void {
    const pages: number[] = [];
    for (let time = this.oldest; time < this.now; time++) {
      if (this.isLastUse(time)) {
        pages.push(this.log[time & LOG_MASK]!);
      }
    }
    if (this.now > TIME_MAX) {
      this.lastUse.fill(-1);
      this.now = 0;
    }
    this.oldest = this.now;
    for (const page of pages) {
      if (page !== FOREIGN) {
        this.lastUse[page] = this.now;
      }
      this.log[this.now++ & LOG_MASK] = page;
    }
  }
}
