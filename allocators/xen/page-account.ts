import { Ledger } from '../../harness/machine/ledger';
import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { EngineOption, OptionValues } from '../../harness/replay/port';
import { UsageError } from '../../traces/input-error';
import { isVirtual, type Placement } from '../../traces/trace';
import type { PageAllocator } from './page-allocator';
import { PageAllocator2008 } from './page-allocator-2008';
import { PageAllocatorHead } from './page-allocator-head';

/** The options of the page allocator under an engine, under the names that engines above it give them. */
export const PAGE_OPTIONS = {
  'page-version': {
    kind: 'choice',
    summary: "page allocator: that of 2008, on which the reference engines ran, or today's",
    choices: ['2008', 'head'],
    byDefault: '2008',
  },
  'idle-scrub': {
    kind: 'integer',
    summary: 'free pages that idle CPUs zero before each take (page-version head)',
    smallest: 0,
    largest: 1 << 20,
    byDefault: 0,
  },
} as const satisfies Readonly<Record<string, EngineOption>>;

/**
 * One engine's account with the page allocator: every take and give goes through it, so that observers know which
 * pages are whose when several engines stand on one machine. The books are the harness's and never charged.
 */
export class PageAccount {
  /** What this account holds; the machine's ledger has the sum of all accounts. */
  readonly ledger: Ledger;

  private constructor(
    machine: Machine,
    readonly allocator: PageAllocator,
  ) {
    this.ledger = new Ledger(HEAP_BASE, machine.layout.heapBytes, PAGE_BYTES);
  }

  /**
   * Opens an account with the machine's page allocator, which the first account on a machine installs as `options`
   * (named as in `PAGE_OPTIONS`) say.
   */
  static open(machine: Machine, options: OptionValues): PageAccount {
    return new PageAccount(machine, installed(machine) ?? install(machine, options));
  }

  take(order: number): number {
    return this.enter(this.allocator.take(order), order);
  }

  give(address: number, order: number): void {
    this.allocator.give(address, order);
    this.ledger.give(address, PAGE_BYTES * (1 << order));
  }

  takeZeroed(order: number): number {
    return this.enter(this.allocator.takeZeroed(order), order);
  }

  giveZeroed(address: number, order: number): void {
    this.allocator.giveZeroed(address, order);
    this.ledger.give(address, PAGE_BYTES * (1 << order));
  }

  /** Whether this account holds every byte of a range; false for what lies in no physical memory. */
  holds(address: number, bytes: number): boolean {
    return !isVirtual(address as Placement) && this.ledger.holds(address, bytes);
  }

  private enter(address: number, order: number): number {
    if (address !== 0) {
      this.ledger.take(address, PAGE_BYTES * (1 << order));
    }
    return address;
  }
}

function installed(machine: Machine): PageAllocator | undefined {
  const source = machine.pageSource;
  return source instanceof PageAllocator2008 || source instanceof PageAllocatorHead ? source : undefined;
}

function install(machine: Machine, options: OptionValues): PageAllocator {
  const idleScrubPages = Number(options['idle-scrub']);
  const isHead = options['page-version'] === 'head';
  if (idleScrubPages > 0 && !isHead) {
    throw new UsageError({
      problem: `idle-scrub=${idleScrubPages} with the page allocator of 2008`,
      expected: "today's page allocator: only it scrubs in idle time",
    });
  }
  const allocator = isHead ? new PageAllocatorHead(machine, idleScrubPages) : new PageAllocator2008(machine);
  machine.installPageSource(allocator);
  return allocator;
}
