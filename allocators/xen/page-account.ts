import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES, PAGE_SHIFT } from '../../harness/machine/memory-layout';
import type { EngineOption, OptionValues } from '../../harness/replay/port';
import { UsageError } from '../../traces/input-error';
import type { PageAllocator } from './page-allocator';
import { PageAllocator2008 } from './page-allocator-2008';
import { PageAllocatorHead } from './page-allocator-head';
import { ZONES_MAX } from './page-bounds';
import { NOBODY } from './page-owners';

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
  zones: {
    kind: 'integer',
    summary: 'zones that a take looks through, of which the last has all the pages (page-version head)',
    smallest: 1,
    largest: ZONES_MAX,
    byDefault: 1,
  },
} as const satisfies Readonly<Record<string, EngineOption>>;

/**
 * One engine's account with the page allocator: every take and give goes through it, so that it is known which pages
 * are whose when several engines stand on one machine. Keeping the books is not charged.
 */
export class PageAccount {
  private readonly number: number;

  private constructor(
    private readonly machine: Machine,
    readonly allocator: PageAllocator,
  ) {
    this.number = allocator.owners.openAccount();
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
    this.allocator.owners.enter(address, 1 << order, NOBODY);
  }

  takeZeroed(order: number): number {
    return this.enter(this.allocator.takeZeroed(order), order);
  }

  giveZeroed(address: number, order: number): void {
    this.allocator.giveZeroed(address, order);
    this.allocator.owners.enter(address, 1 << order, NOBODY);
  }

  /** Whether this account holds every byte of a range, of which there is at least one; false outside the heap. */
  holds(address: number, bytes: number): boolean {
    const lastByte = address + Math.max(bytes, 1) - 1;
    if (!(address >= HEAP_BASE && lastByte < HEAP_BASE + this.machine.heapPages * PAGE_BYTES)) {
      return false;
    }
    const last = (lastByte - HEAP_BASE) >>> PAGE_SHIFT;
    for (let page = (address - HEAP_BASE) >>> PAGE_SHIFT; page <= last; page++) {
      if (this.allocator.owners.at(page) !== this.number) {
        return false;
      }
    }
    return true;
  }

  /** Pages that this account holds. */
  get heldPages(): number {
    let pages = 0;
    this.runs((first, end) => {
      pages += (end - first) / PAGE_BYTES;
    });
    return pages;
  }

  /** Visits the maximal runs of pages that this account holds, lowest first, as first address and end. */
  runs(visit: (first: number, end: number) => void): void {
    const { owners } = this.allocator;
    this.machine.ledger.runs(({ address, bytes }) => {
      const end = (address + bytes - HEAP_BASE) >>> PAGE_SHIFT;
      for (let page = (address - HEAP_BASE) >>> PAGE_SHIFT; page < end;) {
        const first = page;
        while (page < end && owners.at(page) === this.number) {
          page++;
        }
        if (page > first) {
          visit(HEAP_BASE + first * PAGE_BYTES, HEAP_BASE + page * PAGE_BYTES);
        } else {
          page++;
        }
      }
    });
  }

  private enter(address: number, order: number): number {
    if (address !== 0) {
      this.allocator.owners.enter(address, 1 << order, this.number);
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
  const zones = Number(options['zones'] ?? PAGE_OPTIONS.zones.byDefault);
  const isHead = options['page-version'] === 'head';
  if (idleScrubPages > 0 && !isHead) {
    throw new UsageError({
      problem: `idle-scrub=${idleScrubPages} with the page allocator of 2008`,
      expected: "today's page allocator: only it scrubs in idle time",
    });
  }
  if (zones > 1 && !isHead) {
    throw new UsageError({
      problem: `zones=${zones} with the page allocator of 2008`,
      expected: "today's page allocator: that of 2008 is modelled with one zone",
    });
  }
  const allocator = isHead
    ? new PageAllocatorHead(machine, idleScrubPages, zones)
    : new PageAllocator2008(machine);
  machine.installPageSource(allocator);
  return allocator;
}
