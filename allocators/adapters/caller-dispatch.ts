import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { Block, BlockVisitor, Engine, EngineDefinition, OptionValues } from '../../harness/replay/port';
import { blockPlacement, isBlock, NULL, type Placement } from '../../traces/trace';
import { PAGE_OPTIONS, PageAccount } from '../xen/page-account';
import { orderOfBytes, pagesOfOrder } from '../xen/page-order';
import { createInner, type InnerEngine } from './inner-engine';
import { quirksOfInner } from './quirks';

/**
 * Proposal 1 of the RFC of October 2008 seen from the callers: code with a computed size tests it itself, calls
 * `xmalloc_subpage` or `page_alloc(order)`, remembers which, and frees with the routine that matches.
 *
 * An event's `call` may name the routine that the caller used: `xfree_subpage` or `page_free`, the latter also with
 * an order, `page_free(2)`. The wrong routine or order is a caller error and ends the replay as `corrupt`. Events that
 * name none are freed as they should be.
 */

const FREE_SUBPAGE = 'xfree_subpage';
const FREE_PAGES = 'page_free';
/** `page_free(3)`: the order the caller believes in. */
const FREE_PAGES_OF_ORDER = /^page_free\((\d{1,2})\)$/;

const STEPS = {
  compareSize: { instructions: 2 },
} as const;

export class CallerDispatch implements Engine {
  private readonly subpage: InnerEngine;
  private readonly pages: PageAccount;
  private readonly step;
  private site = '';
  private call = '';
  /** What each call site has asked for; an observer's note. */
  private readonly sites = new Map<string, 'subpage' | 'pages' | 'both'>();

  constructor(
    private readonly machine: Machine,
    options: OptionValues,
    engineNamed: (name: string) => EngineDefinition,
  ) {
    this.subpage = createInner(machine, 'engine', options, engineNamed);
    this.pages = PageAccount.open(machine, options);
    this.step = machine.defineSteps('caller-dispatch', STEPS);
  }

  start(): void {
    this.subpage.engine.start();
  }

  allocate(sizeBytes: number, align: number): Placement {
    this.machine.work(this.step.compareSize);
    this.noteSite(this.isSubpage(sizeBytes) ? 'subpage' : 'pages');
    if (this.isSubpage(sizeBytes)) {
      return this.subpage.engine.allocate(sizeBytes, align);
    }
    const address = this.pages.take(callersOrder(sizeBytes, align));
    return address === 0 ? NULL : blockPlacement(address);
  }

  free(object: Placement, sizeBytes: number, align: number): void {
    if (!isBlock(object)) {
      return;
    }
    this.machine.work(this.step.compareSize);
    if (this.isSubpage(sizeBytes)) {
      this.refuseCall(object, this.call.startsWith(FREE_PAGES), 'sub-page object given to the page free');
      this.subpage.engine.free(object, sizeBytes, align);
      return;
    }
    const order = callersOrder(sizeBytes, align);
    const believed = FREE_PAGES_OF_ORDER.exec(this.call)?.[1] ?? order;
    this.refuseCall(object, this.call === FREE_SUBPAGE, 'page object given to the sub-page free');
    this.refuseCall(object, Number(believed) !== order, `pages of order ${order} freed as order ${believed}`);
    this.pages.give(object, order);
  }

  callSite(site: string, call: string): void {
    this.site = site;
    this.call = call;
    this.subpage.engine.callSite?.(site, call);
  }

  blockAt(object: Placement, sizeBytes: number, align: number): Block | undefined {
    if (this.isSubpage(sizeBytes)) {
      return this.subpage.engine.blockAt(object, sizeBytes, align);
    }
    const bytes = PAGE_BYTES * pagesOfOrder(callersOrder(sizeBytes, align));
    return this.pages.holds(object, bytes) ? { start: object, bytes, headerBytes: 0 } : undefined;
  }

  /** Nobody but the callers knows how long their runs of pages are: each page counts as a block. */
  walk(visit: BlockVisitor): void {
    this.subpage.engine.walk(visit);
    this.pages.runs((first, end) => {
      for (let page = first; page < end; page += PAGE_BYTES) {
        visit(page, PAGE_BYTES, 'allocated');
      }
    });
  }

  check(): void {
    this.subpage.engine.check();
  }

  /** Call sites that asked for both kinds, and hence cannot do without the test; for observers. */
  get sitesThatNeedTheTest(): number {
    return [...this.sites.values()].filter((kinds) => kinds === 'both').length;
  }

  private noteSite(kind: 'subpage' | 'pages'): void {
    if (this.site !== '') {
      const known = this.sites.get(this.site) ?? kind;
      this.sites.set(this.site, known === kind ? kind : 'both');
    }
  }

  /** The test that every caller with a computed size has to make. */
  private isSubpage(sizeBytes: number): boolean {
    return sizeBytes <= this.subpage.subpageBytesMax;
  }

  private refuseCall(object: number, isWrong: boolean, mistake: string): void {
    if (isWrong) {
      throw new HeapCorruption(object, `caller error: ${mistake}`);
    }
  }
}

/** Pages lie at a multiple of their number, so a wish for more takes more of them. */
function callersOrder(sizeBytes: number, align: number): number {
  return orderOfBytes(Math.max(sizeBytes, align));
}

export const callerDispatch: EngineDefinition = {
  name: 'caller-dispatch',
  version: 1,
  summary:
    'callers choose between xmalloc_subpage and page_alloc by the size, and free with the routine that matches',
  lineage:
    'Magenheimer, "RFC: Replacing Xen\'s xmalloc engine and(?) API", xen-devel, October 2008: proposal 1',
  constants: {
    headerBytes: 16,
    granuleBytes: 16,
    blockBytesMin: 32,
    requestBytesMax: undefined,
  },
  options: {
    engine: { kind: 'engine', summary: 'engine that serves xmalloc_subpage', byDefault: 'xmalloc-tlsf-2008' },
    ...PAGE_OPTIONS,
  },
  capabilities: ['callSite'],
  bounds: [],
  quirks: quirksOfInner(),
  placementsForm: 'xen',
  create: (machine, options, engineNamed) => new CallerDispatch(machine, options, engineNamed),
};
