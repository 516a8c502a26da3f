import { blockPlacement, isBlock, type Placement } from '../../traces/trace';
import { NOTED } from '../machine/domain-events';
import { HeapCorruption } from '../machine/failures';
import type { UnplacedLock } from '../machine/lock';
import type { Machine } from '../machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../machine/memory-layout';
import type { Step } from '../machine/steps';
import type { Engine } from '../replay/port';
import type { ForeignModule } from './foreign-module';
import { pagesBytes, PAGE_ORDER_MAX } from './page-orders';
import type { RegionSource } from './region-source';
import { BugCheck, type HarnessFunctions, type RunningModule } from './running-module';

/** What `alloc-replay.h` promises an engine: memory, locks, page tables, a way to stop, and what observers are told. */

/** `(void *)-1`, which sbrk and mmap return where there is no memory. */
const FAILED = -1;

/** Steps that the machine counts as domain events under the same names. */
const COUNTED_STEPS: ReadonlyMap<string, number> = new Map([
  ['searchSteps', NOTED.searchSteps],
  ['splits', NOTED.splits],
  ['merges', NOTED.merges],
]);

const PRINTED_LINES_MAX = 5;

export class MachineServices {
  onMove: ((from: Placement, to: Placement) => void) | undefined;
  private readonly locks = new Map<string, UnplacedLock>();
  private readonly steps = new Map<string, Step>();
  /** The last things that the engine printed. */
  private readonly printed: string[] = [];
  /** Records of pages, outside the heap, from that of the first page on; known once one has been touched. */
  private pageWords: { readonly first: number; readonly end: number } | undefined;

  /**
   * @param pages serves `ar_page_alloc`, on the same machine
   * @param region serves `ar_sbrk` and `ar_mmap`
   */
  constructor(
    private readonly machine: Machine,
    private readonly engine: string,
    private readonly module: ForeignModule,
    private readonly pages: Engine | undefined,
    private readonly region: RegionSource | undefined,
    private readonly running: () => RunningModule,
  ) {}

  /** Whether an address that is neither the module's nor heap may be touched. */
  mayTouch(address: number): boolean {
    if (!this.module.imports('ar_page_word')) {
      return false;
    }
    const { first, end } = (this.pageWords ??= this.wordsOfPages());
    return address >= first && address < end;
  }

  private wordsOfPages(): { first: number; end: number } {
    const { pageSource, layout } = this.machine;
    const first = pageSource?.ownerWordAt?.(HEAP_BASE) ?? Infinity;
    const last = pageSource?.ownerWordAt?.(HEAP_BASE + layout.heapBytes - PAGE_BYTES) ?? -Infinity;
    return { first, end: last + 4 };
  }

  functions(): HarnessFunctions {
    const { machine, region } = this;
    const running = this.running();
    const address = (value: number | undefined): number => this.module.address(value!);
    const clear = (start: number, bytes: number): void => running.memory.fill(start, bytes, 0);
    return {
      ar_page_alloc: (order) => this.pageAlloc(running, order!),
      ar_page_free: (pages, order) => this.pageFree(running, address(pages), order!),
      ar_page_word: (page) => this.pageWord(address(page)),
      ar_sbrk: (bytes) => region?.moveEnd(bytes!) ?? FAILED,
      ar_mmap: (bytes) => region?.map(address(bytes)) ?? FAILED,
      ar_munmap: (start, bytes) => region?.unmap(address(start), address(bytes), clear),
      ar_map: (_start, pages) => running.serve(() => machine.map(address(pages))),
      ar_unmap: (_start, pages) => running.serve(() => machine.unmap(address(pages))),
      ar_tlb_flush: (pages) => running.serve(() => machine.tlbFlush(address(pages))),
      ar_panic: (text) => this.panic(address(text)),
      ar_bug: (text) => {
        throw new BugCheck(`${this.text(address(text))}${running.whereNow()}`);
      },
      ar_print: (text) => this.print(address(text)),
      ar_step: (name) => running.serve(() => this.countStep(this.text(address(name)))),
      ar_moved: (from, to) => this.onMove?.(blockPlacement(address(from)), blockPlacement(address(to))),
      ar_held_from: (start) => machine.ledger.heldFrom(address(start)) ?? 0,
      ar_held_until: (start) => machine.ledger.heldUntil(address(start)),
    };
  }

  private pageAlloc(running: RunningModule, order: number): number {
    const { pages } = this;
    if (running.stream.isObserving || pages === undefined || !(order >= 0 && order <= PAGE_ORDER_MAX)) {
      return 0;
    }
    running.takeStream();
    const placement = pages.allocate(pagesBytes(order), 0);
    running.giveStream();
    return isBlock(placement) ? placement : 0;
  }

  private pageFree(running: RunningModule, address: number, order: number): void {
    if (running.stream.isObserving || address === 0) {
      return;
    }
    running.takeStream();
    if (!this.machine.ledger.holds(address, pagesBytes(Math.min(order >>> 0, PAGE_ORDER_MAX)))) {
      throw new HeapCorruption(address, `ar_page_free of pages that are not held${running.whereNow()}`);
    }
    this.pages?.free(blockPlacement(address), pagesBytes(order), 0);
    running.giveStream();
  }

  private pageWord(page: number): number {
    const word = this.machine.pageSource?.ownerWordAt?.(page);
    if (word === undefined) {
      throw new HeapCorruption(page, `the page source keeps no records of pages${this.running().whereNow()}`);
    }
    return word;
  }

  private panic(address: number): never {
    const said = this.printed.length === 0 ? '' : ` (it printed: ${this.printed.join(' ')})`;
    throw new HeapCorruption(undefined, `${this.text(address)}${this.running().whereNow()}${said}`);
  }

  private print(address: number): void {
    this.printed.push(this.text(address).trim());
    if (this.printed.length > PRINTED_LINES_MAX) {
      this.printed.shift();
    }
  }

  private countStep(name: string): void {
    const counted = COUNTED_STEPS.get(name);
    if (counted !== undefined) {
      this.machine.stream.countNoted(counted, 1);
      return;
    }
    let step = this.steps.get(name);
    if (step === undefined) {
      step = this.machine.defineSteps(this.engine, { [name]: { instructions: 0 } })[name]!;
      this.steps.set(name, step);
    }
    this.machine.work(step);
  }

  /** The bit of the lock whose name stands there; the kernel knows it from now on, as long as the name stays. */
  lockBit(address: number): number {
    const { memory, kernel } = this.running();
    const name = memory.text(address);
    const lock = this.locks.get(name) ?? this.machine.defineUnplacedLock(name);
    this.locks.set(name, lock);
    kernel.enterLockName(address, Buffer.from(`${name}\0`), lock.bit);
    return lock.bit;
  }

  private text(address: number): string {
    return this.running().memory.text(address);
  }
}
