import type { Machine } from '../../harness/machine/machine';
import type { Block, BlockVisitor, Engine, EngineDefinition, OptionValues } from '../../harness/replay/port';
import { NULL, type Placement } from '../../traces/trace';
import { PAGE_OPTIONS } from '../xen/page-account';
import { createInner, type InnerEngine } from './inner-engine';
import { Migration } from './migration';
import { SUBPAGE_QUIRKS } from './quirks';

/**
 * `xmalloc_subpage`, proposals 1 and 3 of the RFC of October 2008: an allocator that refuses what does not fit a page
 * with its header, always and without taking a page. Larger requests are the page allocator's business.
 *
 * With `share=100` everyone calls it: proposal 1, which makes it the only xmalloc there is. With less it stands beside
 * the xmalloc that exists (proposal 3), on the same page allocator: so many percent of the call sites have moved to
 * it, the others still call the old one. A call that asks for more than a page holds has no reason to move; one that
 * asks for nothing stays too, so that no two objects share an address and an object's owner is known by where it lies.
 */

const STEPS = {
  compareSize: { instructions: 2 },
} as const;

class XmallocSubpage implements Engine {
  private readonly subpage: InnerEngine;
  /** The xmalloc that was there before; undefined once nobody calls it. */
  private readonly existing: Engine | undefined;
  private readonly migration: Migration;
  private readonly step;

  constructor(
    private readonly machine: Machine,
    options: OptionValues,
    engineNamed: (name: string) => EngineDefinition,
  ) {
    const sharePercent = Number(options['share']);
    this.subpage = createInner(machine, 'engine', options, engineNamed);
    this.existing =
      sharePercent === 100 ? undefined : createInner(machine, 'beside', options, engineNamed).engine;
    this.migration = new Migration(machine, sharePercent);
    this.step = machine.defineSteps('xmalloc-subpage', STEPS);
  }

  start(): void {
    this.migration.start();
    this.subpage.engine.start();
    this.existing?.start();
  }

  allocate(sizeBytes: number, align: number): Placement {
    const { machine, subpage, existing } = this;
    const fits = sizeBytes <= subpage.subpageBytesMax;
    if (existing !== undefined && !(fits && sizeBytes > 0 && this.migration.hasMoved())) {
      return existing.allocate(sizeBytes, align);
    }
    machine.work(this.step.compareSize);
    return fits ? subpage.engine.allocate(sizeBytes, align) : NULL;
  }

  free(object: Placement, sizeBytes: number, align: number): void {
    this.ownerOf(object, sizeBytes, align).free(object, sizeBytes, align);
  }

  callSite(site: string, call: string): void {
    this.migration.callSite(site);
    this.subpage.engine.callSite?.(site, call);
    this.existing?.callSite?.(site, call);
  }

  blockAt(object: Placement, sizeBytes: number, align: number): Block | undefined {
    return this.ownerOf(object, sizeBytes, align).blockAt(object, sizeBytes, align);
  }

  walk(visit: BlockVisitor): void {
    this.subpage.engine.walk(visit);
    this.existing?.walk(visit);
  }

  check(): void {
    this.migration.check();
    this.subpage.engine.check();
    this.existing?.check();
  }

  /** Callers know which xmalloc they called; where an object lies tells it too. */
  private ownerOf(object: Placement, sizeBytes: number, align: number): Engine {
    const { subpage, existing } = this;
    const isSubpage =
      existing === undefined ||
      (sizeBytes > 0 && subpage.engine.blockAt(object, sizeBytes, align) !== undefined);
    return isSubpage ? subpage.engine : existing;
  }
}

export const xmallocSubpage: EngineDefinition = {
  name: 'xmalloc-subpage',
  version: 1,
  summary: 'xmalloc_subpage: refuses what does not fit a page; alone, or beside the xmalloc that exists',
  lineage:
    'Magenheimer, "RFC: Replacing Xen\'s xmalloc engine and(?) API", xen-devel, October 2008: proposals 1 and 3',
  constants: {
    headerBytes: 16,
    granuleBytes: 16,
    blockBytesMin: 32,
    requestBytesMax: undefined,
  },
  options: {
    engine: { kind: 'engine', summary: 'engine that serves xmalloc_subpage', byDefault: 'xmalloc-tlsf-2008' },
    share: {
      kind: 'integer',
      summary:
        'percent of the call sites that call xmalloc_subpage; of the calls, where the trace names no sites',
      smallest: 0,
      largest: 100,
      byDefault: 100,
    },
    beside: {
      kind: 'engine',
      summary: 'engine of the xmalloc that the other call sites still call',
      byDefault: 'xmalloc-first-fit',
    },
    ...PAGE_OPTIONS,
  },
  capabilities: ['callSite'],
  bounds: [],
  quirks: SUBPAGE_QUIRKS,
  placementsForm: 'xen',
  create: (machine, options, engineNamed) => new XmallocSubpage(machine, options, engineNamed),
};
