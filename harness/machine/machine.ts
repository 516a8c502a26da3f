import { AccessStream, CHASE, ENTRY_CAPACITY, LOAD, STORE, UPDATE, type StepObserver } from './access-stream';
import { NOTED, PRICED } from './domain-events';
import { Ledger } from './ledger';
import { LockTable, type Lock, type UnplacedLock } from './lock';
import type { LinearMemory, StreamAddresses } from './linear-memory';
import { Memory, type SpareArrays } from './memory';
import { HEAP_BASE, MemoryLayout } from './memory-layout';
import type { PageSource } from './page-source';
import { StepTable, type Step, type StepDefinitions } from './steps';
import { TWO_TO_32 } from '../../traces/ground/integers';

/**
 * The machine that engines run on: byte-addressed little-endian memory in which they keep everything they know, and
 * the access stream in which every touch of it is recorded.
 *
 * A word access moves the word and appends one stream entry. `load` and `chase` differ only in price: `chase` is a
 * load whose address was itself just loaded, so an out-of-order core cannot overlap it. 8-byte pointer slots of a
 * 64-bit engine are read and written by their low word (one access; simulated addresses fit 32 bits) with the 32-bit
 * verbs, or in full with the 64-bit ones where the high word can matter. `peek`/`poke` are for observers and for
 * injected corruption: they are never charged.
 */

/** The verbs of code that serves an engine and its observers alike: the machine charges for them, its view does not. */
export interface Words {
  load(address: number): number;
  chase(address: number): number;
  store(address: number, value: number): void;
  bitScan(): void;
  work(step: Step, times?: number): void;
}

class UnchargedWords implements Words {
  constructor(private readonly memory: Memory) {}

  load(address: number): number {
    return this.memory.peek(address);
  }

  chase(address: number): number {
    return this.memory.peek(address);
  }

  store(address: number, value: number): void {
    this.memory.poke(address, value);
  }

  bitScan(): void {}

  work(): void {}
}

/** Lines are 64 bytes on every modelled host; bulk operations append one entry a line. */
export const LINE_BYTES = 64;

/** 2^28: beyond any operation of a sane replay, reached within seconds by a cycle in a corrupted list. */
const ACCESSES_MAX_DEFAULT = 0x1000_0000;

export interface MachineOptions {
  /** Pages of 4096 bytes that the page source hands out. */
  readonly heapPages: number;
  /** Pages of vmalloc's virtual area. */
  readonly virtualPages: number;
  /** An operation with more accesses is a `Runaway`. */
  readonly accessesMax?: number;
  /** All operations together with more accesses are a `Runaway`; without it there may be any number. */
  readonly accessBudget?: number;
  readonly observer?: StepObserver;
  /** Receives every full batch of the stream; without it accesses are counted and forgotten. */
  readonly drain?: (batch: AccessStream) => void;
  /** Whether what an engine overwrites is kept, so that its memory can be put back (`Past`), where that can be. */
  readonly keepsPast?: boolean;
  /** What machines before this one have left. */
  readonly spare?: SpareArrays;
}

/** An engine that touches the machine's memory by itself, and appends to the stream what it touched. */
export interface LinearEngine {
  readonly streamAddresses: StreamAddresses;
  /** Below the heap: its data and its stack. */
  readonly ownMemory: { readonly start: number; readonly end: number };
  linearMemoryMade(memory: LinearMemory): void;
}

export const HEAP_PAGES_DEFAULT = 65_536;
/** Xen's default area: 64 GiB. */
export const VIRTUAL_PAGES_DEFAULT = 16_777_216;

export class Machine extends Memory implements Words {
  /** The same words for observers, and for what happens outside of operations. */
  readonly uncharged: Words = new UnchargedWords(this);
  readonly steps: StepTable;
  readonly locks = new LockTable();
  readonly stream: AccessStream;
  readonly heapPages: number;
  readonly virtualPages: number;
  readonly accessesMax: number;
  readonly keepsPast: boolean;
  private heldMemory: Ledger | undefined;
  private pages: PageSource | undefined;
  private linearEngine: LinearEngine | undefined;

  constructor(options: MachineOptions) {
    super(new MemoryLayout(options.heapPages), options.spare);
    this.heapPages = options.heapPages;
    this.virtualPages = options.virtualPages;
    this.accessesMax = options.accessesMax ?? ACCESSES_MAX_DEFAULT;
    this.keepsPast = options.keepsPast ?? false;
    this.steps = new StepTable(options.observer !== undefined);
    this.stream = new AccessStream(
      this.steps,
      this.accessesMax,
      options.observer,
      options.drain ?? (() => undefined),
      options.accessBudget,
      this.spare.take(ENTRY_CAPACITY),
    );
  }

  override retire(): void {
    super.retire();
    if (this.linearEngine === undefined) {
      this.spare.leave(this.stream.entries);
    }
  }

  /** Reserves a control region (before `boot`) and returns its address. */
  reserve(name: string, bytes: number, alignBytes = LINE_BYTES): number {
    return this.layout.reserve(name, bytes, alignBytes);
  }

  defineSteps<T extends StepDefinitions>(
    engine: string,
    definitions: T,
  ): { readonly [name in keyof T]: Step } {
    return this.steps.define(engine, definitions);
  }

  defineLock(name: string, address: number): Lock {
    return this.locks.define(name, address);
  }

  /** Defines a lock whose word has no address yet. */
  defineUnplacedLock(name: string): UnplacedLock {
    return this.locks.defineUnplaced(name);
  }

  /** Opens the one ledger of this machine: the page source does, with the granule it hands memory out in. */
  openLedger(granuleBytes: number): Ledger {
    if (this.heldMemory !== undefined) {
      throw new Error('a machine has one page source, hence one ledger');
    }
    this.heldMemory = new Ledger(HEAP_BASE, this.layout.heapBytes, granuleBytes);
    return this.heldMemory;
  }

  get ledger(): Ledger {
    if (this.heldMemory === undefined) {
      throw new Error('no page source has opened the ledger');
    }
    return this.heldMemory;
  }

  /** Installs the page source (before `boot`); engines that share a machine share it. */
  installPageSource(source: PageSource): void {
    if (this.pages !== undefined) {
      throw new Error('a machine has one page source');
    }
    this.pages = source;
  }

  /** The page source, or undefined under an engine that takes its memory elsewhere. */
  get pageSource(): PageSource | undefined {
    return this.pages;
  }

  /** Makes this machine's memory linear (before `boot`), for an engine that is WebAssembly. */
  host(engine: LinearEngine): void {
    if (this.linearEngine !== undefined) {
      throw new Error('a machine hosts one engine that is WebAssembly');
    }
    this.linearEngine = engine;
  }

  /** What lies below the heap and is memory too: nothing where the engine is no WebAssembly. */
  get ownMemory(): LinearEngine['ownMemory'] {
    return this.linearEngine?.ownMemory ?? { start: 0, end: 0 };
  }

  /**
   * Makes the memory, all zero, starts the page source and then what stands on it (`startEngine`). Start-up is no
   * operation: its accesses are forgotten. Throws an `InputError` when the host refuses the memory.
   */
  boot(startEngine: () => void = () => undefined): void {
    if (this.linearEngine === undefined) {
      this.makeMemory();
    } else {
      const memory = this.makeLinearMemory(this.linearEngine.streamAddresses);
      this.stream.keepIn(memory.stream);
      this.linearEngine.linearMemoryMade(memory);
    }
    this.stream.unrecorded(() => {
      this.pages?.start();
      startEngine();
    });
  }

  /** From here on keeps what is overwritten, if that was asked for: of an engine that knows nothing but its memory. */
  keepPast(): void {
    if (this.keepsPast && this.linearEngine === undefined) {
      this.beginPast(this.ledger);
    }
  }

  /** Reads the 32-bit word at `address`, unsigned. */
  load(address: number): number {
    this.stream.append(address, LOAD);
    return this.word(address);
  }

  /** Reads a word whose address was itself just loaded: a pointer chase. */
  chase(address: number): number {
    this.stream.append(address, CHASE);
    return this.word(address);
  }

  store(address: number, value: number): void {
    this.stream.append(address, STORE);
    this.setWord(address, value);
  }

  /** Locked read-modify-write of the word at `address`, which becomes `value`. */
  update(address: number, value: number): void {
    this.stream.append(address, UPDATE);
    this.setWord(address, value);
  }

  load8(address: number): number {
    this.stream.append(address, LOAD);
    return this.octet(address);
  }

  store8(address: number, value: number): void {
    this.stream.append(address, STORE);
    this.setOctet(address, value);
  }

  load16(address: number): number {
    this.stream.append(address, LOAD);
    return this.octet(address) | (this.octet(address + 1) << 8);
  }

  store16(address: number, value: number): void {
    this.stream.append(address, STORE);
    this.setOctet(address, value);
    this.setOctet(address + 1, value >>> 8);
  }

  /** Reads 64 bits, unsigned, in one access; exact up to 2^53. */
  load64(address: number): number {
    this.stream.append(address, LOAD);
    return this.word(address) + this.word(address + 4) * TWO_TO_32;
  }

  /** `load64` of an address that was itself just loaded. */
  chase64(address: number): number {
    this.stream.append(address, CHASE);
    return this.word(address) + this.word(address + 4) * TWO_TO_32;
  }

  /** Writes 64 bits in one access; `value` is an unsigned integer below 2^53. */
  store64(address: number, value: number): void {
    this.stream.append(address, STORE);
    this.setWord(address, value);
    this.setWord(address + 4, Math.floor(value / TWO_TO_32));
  }

  /** Writes a 64-bit word given as two halves, in one access. */
  storeHalves(address: number, low: number, high: number): void {
    this.stream.append(address, STORE);
    this.setWord(address, low);
    this.setWord(address + 4, high);
  }

  /** `update` of a 64-bit word given as two halves. */
  updateHalves(address: number, low: number, high: number): void {
    this.stream.append(address, UPDATE);
    this.setWord(address, low);
    this.setWord(address + 4, high);
  }

  /** Zeroes a range: one store a line. */
  clear(address: number, bytes: number): void {
    this.fill(address, bytes, 0);
    this.stream.countNoted(NOTED.linesCleared, this.lines(address, bytes));
  }

  /** Sets every byte of a range: one store a line. */
  fill(address: number, bytes: number, value: number): void {
    if (bytes <= 0) {
      return;
    }
    this.fillBytes(address, bytes, value);
    this.touchLines(address, bytes, STORE);
  }

  /** Moves a range, overlapping or not: one load a source line, one store a destination line. */
  copy(destination: number, source: number, bytes: number): void {
    if (bytes <= 0) {
      return;
    }
    this.moveBytes(destination, source, bytes);
    this.touchLines(source, bytes, LOAD);
    this.touchLines(destination, bytes, STORE);
    this.stream.countNoted(NOTED.linesCopied, this.lines(source, bytes));
  }

  /** Reports `times` executions of an engine's step, after the accesses that belong to it. */
  work(step: Step, times = 1): void {
    const { stream, steps } = this;
    const weight = steps.weights[step]!;
    stream.instructions += (weight >> 1) * times;
    stream.lastStep = step;
    if ((weight & 1) !== 0) {
      stream.workMore(step, times);
    }
  }

  /** The step reported last, as `engine: step`; empty before the first. */
  get lastStep(): string {
    const { lastStep } = this.stream;
    if (lastStep === undefined) {
      return '';
    }
    const { engine, name } = this.steps.step(lastStep);
    return `${engine}: ${name}`;
  }

  /** One bit-scan instruction (bsf, bsr, ffs). */
  bitScan(): void {
    this.stream.bitScans++;
  }

  /** Software prefetches: noted; they hide nothing of a dependent chain. */
  prefetch(times: number): void {
    this.stream.countNoted(NOTED.prefetches, times);
  }

  /** One 4 KiB page entered into the page tables; the entry's store is the engine's own access. */
  map(pages: number): void {
    this.stream.countPriced(PRICED.maps, pages);
  }

  unmap(pages: number): void {
    this.stream.countPriced(PRICED.unmaps, pages);
  }

  /** Flushes of one page's translation on all CPUs. */
  tlbFlush(times: number): void {
    this.stream.countPriced(PRICED.tlbFlushes, times);
  }

  lock(lock: Lock): void {
    this.lockAt(lock.address, lock);
  }

  unlock(lock: Lock): void {
    this.unlockAt(lock.address, lock);
  }

  /** Takes a lock whose word lies at `address` now. */
  lockAt(address: number, lock: UnplacedLock): void {
    this.stream.acquired(lock.bit);
    this.update(address, 1);
  }

  unlockAt(address: number, lock: UnplacedLock): void {
    this.store(address, 0);
    this.stream.released(lock.bit);
  }

  private lines(address: number, bytes: number): number {
    return bytes <= 0 ? 0 : ((address + bytes - 1) >>> 6) - (address >>> 6) + 1;
  }

  private touchLines(address: number, bytes: number, kind: number): void {
    const first = address - (address % LINE_BYTES);
    for (let line = first; line < address + bytes; line += LINE_BYTES) {
      this.stream.append(line < address ? address : line, kind);
    }
  }
}
