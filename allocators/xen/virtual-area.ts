import { HeapCorruption } from '../../harness/machine/failures';
import type { Lock } from '../../harness/machine/lock';
import type { Machine, Words } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import { VIRTUAL_BASE } from '../../traces/trace';
import type { PageAccount } from './page-account';
import type { PageTables } from './page-tables';

/**
 * The address space of Xen's vmalloc: one bit a page in a bitmap that lies at the start of the area itself, of which
 * only as much is backed as has been needed. Reserving is first fit by address, linear in the mappings between the
 * hint `low` and the hole; every mapping keeps a clear bit, its guard page, before and behind it. Lengths are stored
 * nowhere: a mapping ends at the next clear bit.
 */

/** Pages that one page of bitmap describes. */
const PAGES_PER_BITMAP_PAGE = PAGE_BYTES * 8;
const BITMAP_PAGE_SHIFT = 15;
const PAGES_PER_WORD = 64;
const WORD_MASK = PAGES_PER_WORD - 1;
const WORD_SHIFT = 6;
const WORD_BYTES = 8;
const PAGES_PER_HALF = 32;

/** The smallest area whose bitmap does not reach beyond its end. */
export const VIRTUAL_PAGES_MIN = PAGES_PER_BITMAP_PAGE;

/** Where no hole is large enough: page 0 of the area is the bitmap's own. */
const NO_HOLE = 0;

/** Globals: base and end of the area, the hint, and how far the bitmap is backed. */
const GLOBAL_BYTES = 32;
const BASE = 0;
const END = 8;
const LOW = 16;
const TOP = 20;

/**
 * Instructions of the compiled original (gcc 12 -O2) with x86's find functions, solved from the callgrind totals per
 * operation. Passing a mapping is two calls of them, which are not inlined.
 */
const STEPS = {
  reserve: { instructions: 62 },
  passMapping: { instructions: 65, event: 'searchSteps' },
  scanWord: { instructions: 9 },
  setBit: { instructions: 10 },
  backBitmap: { instructions: 40, event: 'tableGrowths' },
  findMapping: { instructions: 19 },
  release: { instructions: 79 },
  clearBit: { instructions: 11 },
} as const;

export class VirtualArea {
  private readonly globals: number;
  private readonly bootBitmap: number;
  /** Pages of address space that the full bitmap would need: the first page that can be mapped. */
  private readonly lowest: number;
  /** Pages of bitmap that are backed at boot. */
  private readonly bootPages: number;
  private readonly areaLock: Lock;
  private readonly step;
  /** Whether the hint may lie behind a mapping without pages; an observer's note. */
  private hasEmptyMappings = false;

  constructor(
    private readonly machine: Machine,
    private readonly tables: PageTables,
    private readonly pages: PageAccount,
  ) {
    this.lowest = bitmapPages(machine.virtualPages);
    this.bootPages = bitmapPages(this.lowest);
    this.globals = machine.reserve('virtual area', GLOBAL_BYTES);
    this.bootBitmap = machine.reserve('first bitmap pages', this.bootPages * PAGE_BYTES, PAGE_BYTES);
    this.areaLock = machine.defineLock('virtual area', machine.reserve('virtual area lock', 4));
    this.step = machine.defineSteps('virtual-area', STEPS);
  }

  /** The bits of the pages that a full bitmap would cover are set for ever; the first bitmap pages come from boot. */
  start(): void {
    const { machine, globals } = this;
    machine.store64(globals + BASE, VIRTUAL_BASE);
    machine.store(globals + END, machine.virtualPages);
    machine.store(globals + LOW, this.lowest);
    machine.store(globals + TOP, this.bootPages * PAGES_PER_BITMAP_PAGE);
    for (let page = 0; page < this.bootPages; page++) {
      this.tables.map(page, this.bootBitmap + page * PAGE_BYTES);
    }
    for (let bit = 0; bit < this.lowest; bit++) {
      this.bitChange(bit, true);
    }
  }

  get low(): number {
    return this.machine.peek(this.globals + LOW);
  }

  /** Bits of the bitmap that are backed. */
  get top(): number {
    return this.machine.peek(this.globals + TOP);
  }

  get end(): number {
    return this.machine.peek(this.globals + END);
  }

  /** Reserves `pages` pages of address space, which may be none behind their guard page; the first of them, or 0. */
  reserve(pages: number): number {
    const { machine, globals, step } = this;
    machine.lock(this.areaLock);
    machine.work(step.reserve);
    for (;;) {
      const low = machine.load(globals + LOW);
      const top = machine.load(globals + TOP);
      const start = this.holeFind(low, top, pages);
      if (start !== NO_HOLE) {
        for (let bit = start; bit < start + pages; bit++) {
          this.bitChange(bit, true);
        }
        machine.work(step.setBit, pages);
        if (start <= machine.load(globals + LOW) + 2) {
          machine.store(globals + LOW, start + pages);
        }
        this.hasEmptyMappings ||= pages === 0;
        machine.unlock(this.areaLock);
        return start;
      }
      machine.unlock(this.areaLock);
      if (top >= machine.load(globals + END) || !this.bitmapGrow()) {
        return 0;
      }
    }
  }

  /** Takes a mapping out of the address space. */
  release(start: number): void {
    const { machine, globals, step } = this;
    if (!this.startsMapping(start)) {
      return;
    }
    machine.lock(this.areaLock);
    machine.work(step.release);
    let low = machine.load(globals + LOW);
    if (start < low) {
      low = start - 1;
      while (!this.bitTest(low - 1)) {
        low--;
      }
      machine.store(globals + LOW, low);
    }
    const top = machine.load(globals + TOP);
    let bit = start;
    do {
      if (!this.bitChange(bit, false)) {
        break;
      }
      bit++;
    } while (bit !== top);
    machine.work(step.clearBit, bit - start);
    machine.unlock(this.areaLock);
  }

  /** Pages of the mapping that starts at an address of the area, 0 where none does. */
  mappedPages(start: number): number {
    const { machine, globals } = this;
    if (!this.startsMapping(start)) {
      return 0;
    }
    return this.nextBit(start + 1, machine.load(globals + TOP), false) - start;
  }

  /** Whether a mapping starts there: a range compare, and two bits within the area. */
  startsMapping(start: number, words: Words = this.machine): boolean {
    words.work(this.step.findMapping);
    words.load(this.globals + BASE);
    const end = words.load(this.globals + END);
    // A mapping without pages can lie where the bitmap is not backed.
    const isBacked = start > 0 && start < end && start < this.top;
    return isBacked && !this.bitTest(start - 1, words) && this.bitTest(start, words);
  }

  /** The same for observers, who look bit by bit: the search of the engine is what they check. */
  shownPages(start: number): number {
    const { uncharged } = this.machine;
    let end = start;
    if (this.startsMapping(start, uncharged)) {
      do {
        end++;
      } while (end < this.top && this.bitTest(end, uncharged));
    }
    return end - start;
  }

  /** Visits the heap pages behind the bitmap; for observers. */
  visitBitmapPages(visit: (page: number) => void): void {
    for (let page = this.bootPages; page * PAGES_PER_BITMAP_PAGE < this.top; page++) {
      visit(this.tables.frameOf(page));
    }
  }

  /** Visits first page and length of every mapping, verified as it goes; for observers. Throws `HeapCorruption`. */
  visitMappings(visit: (start: number, pages: number) => void): void {
    this.checkGlobals();
    this.checkBitmapPages();
    for (let bit = 0; bit < this.lowest; bit++) {
      if (!this.bitTest(bit, this.machine.uncharged)) {
        throw new HeapCorruption(this.globals, `page ${bit} of the bitmap itself is marked free`);
      }
    }
    const { top } = this;
    for (let bit = this.lowest; bit < top; bit++) {
      if (bit % PAGES_PER_HALF === 0 && this.machine.peek(this.halfAddress(bit)) === 0) {
        bit += PAGES_PER_HALF - 1;
      } else if (this.bitTest(bit, this.machine.uncharged)) {
        const pages = this.shownPages(bit);
        visit(bit, pages);
        bit += pages;
      }
    }
  }

  private checkGlobals(): void {
    const { machine, globals, low, top, end } = this;
    if (machine.peek64(globals + BASE) !== VIRTUAL_BASE || end !== machine.virtualPages) {
      throw new HeapCorruption(globals, 'the area lies elsewhere');
    }
    const backed = top % PAGES_PER_BITMAP_PAGE === 0 || top === end;
    if (!backed || top === 0 || top > end || low < this.lowest || low > top) {
      throw new HeapCorruption(
        globals,
        `the hint says page ${low}, the bitmap is backed to ${top} of ${end}`,
      );
    }
    const isBehindMapping = this.hasEmptyMappings || this.bitTest(low - 1, this.machine.uncharged);
    if (!isBehindMapping || (low < top && this.bitTest(low, this.machine.uncharged))) {
      throw new HeapCorruption(globals, `the hint says page ${low}, where no mapping ends`);
    }
  }

  private checkBitmapPages(): void {
    for (let page = 0; page * PAGES_PER_BITMAP_PAGE < this.top; page++) {
      const frame = this.tables.frameOf(page);
      const expected = this.bootBitmap + page * PAGE_BYTES;
      if (page < this.bootPages ? frame !== expected : !this.pages.holds(frame, PAGE_BYTES)) {
        throw new HeapCorruption(frame, `page ${page} of the bitmap is not where it was mapped`);
      }
    }
  }

  /** First fit from `low` on, behind a guard page. */
  private holeFind(low: number, top: number, pages: number): number {
    let passed = 0;
    let found = NO_HOLE;
    for (let clear = low; found === NO_HOLE && clear < top;) {
      const start = clear + 1;
      const end = this.nextBit(start, top, true);
      const fits = end === top ? start + pages <= top : start + pages < end;
      if (fits) {
        found = start;
      } else if (end === top) {
        break;
      } else {
        passed++;
        clear = this.nextBit(end + 1, top, false);
      }
    }
    this.machine.work(this.step.passMapping, passed);
    return found;
  }

  /** Backs the next page of the bitmap; leaves with the lock held, false where there is no page for it. */
  private bitmapGrow(): boolean {
    const { machine, globals, step } = this;
    const page = this.pages.takeZeroed(0);
    if (page === 0) {
      return false;
    }
    machine.lock(this.areaLock);
    const top = machine.load(globals + TOP);
    if (!this.tables.map(top / PAGES_PER_BITMAP_PAGE, page)) {
      machine.unlock(this.areaLock);
      this.pages.giveZeroed(page, 0);
      return false;
    }
    machine.clear(page, PAGE_BYTES);
    machine.store(globals + TOP, Math.min(top + PAGES_PER_BITMAP_PAGE, machine.load(globals + END)));
    machine.work(step.backBitmap);
    return true;
  }

  /** The first bit at or after `from` that is set (or clear), `limit` where there is none; a load a word. */
  private nextBit(from: number, limit: number, isSet: boolean): number {
    if (from >= limit) {
      return limit;
    }
    const { machine } = this;
    const flip = isSet ? 0 : -1;
    const offset = from & WORD_MASK;
    let first = from - offset;
    let address = this.wordAddress(first);
    let low = (machine.chase(address) ^ flip) & (offset < 32 ? -1 << offset : 0);
    let high = (machine.peek(address + 4) ^ flip) & (offset < 32 ? -1 : -1 << (offset - 32));
    let words = 0;
    while (low === 0 && high === 0) {
      words++;
      first += PAGES_PER_WORD;
      if (first >= limit) {
        machine.work(this.step.scanWord, words);
        return limit;
      }
      address = this.wordAddress(first);
      low = machine.load(address) ^ flip;
      high = machine.peek(address + 4) ^ flip;
    }
    if (words > 0) {
      machine.work(this.step.scanWord, words);
    }
    machine.bitScan();
    return Math.min(first + (low !== 0 ? lowestBit(low) : 32 + lowestBit(high)), limit);
  }

  private bitTest(bit: number, words: Words = this.machine): boolean {
    return (words.load(this.halfAddress(bit)) & (1 << (bit & 31))) !== 0;
  }

  /** Sets or clears one bit of the bitmap; whether it was set. */
  private bitChange(bit: number, isSet: boolean): boolean {
    const { machine } = this;
    const half = this.halfAddress(bit);
    const mask = 1 << (bit & 31);
    const before = machine.load(half);
    machine.store(half, isSet ? before | mask : before & ~mask);
    return (before & mask) !== 0;
  }

  /** Address of the bitmap word that holds a bit: in the first pages, which lie where boot put them, or beyond. */
  private wordAddress(bit: number): number {
    const page = bit >>> BITMAP_PAGE_SHIFT;
    const frame = page < this.bootPages ? this.bootBitmap + page * PAGE_BYTES : this.tables.frameOf(page);
    return frame + ((bit & (PAGES_PER_BITMAP_PAGE - 1)) >>> WORD_SHIFT) * WORD_BYTES;
  }

  private halfAddress(bit: number): number {
    return this.wordAddress(bit) + ((bit >>> 5) & 1) * 4;
  }
}

/** Pages that hold a bit for each of so many. */
function bitmapPages(bits: number): number {
  return Math.ceil(Math.floor((bits + 7) / 8) / PAGE_BYTES);
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
