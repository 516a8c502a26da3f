import type { Machine } from '../../harness/machine/machine';
import type { Block, BlockVisitor, Engine, EngineDefinition, OptionValues } from '../../harness/replay/port';
import { NULL, type Placement } from '../../traces/trace';
import { PAGE_OPTIONS } from '../xen/page-account';
import { createInner, type InnerEngine } from './inner-engine';
import { ARRAY_QUIRKS } from './quirks';

/**
 * Proposal 2 of the RFC of October 2008, the compromise: plain `xmalloc` refuses what does not fit a page with its
 * header, `xmalloc_array` stays as it is, for any size. Which of them an allocation is says the event's `call`.
 */

/** Today's xmalloc_array returns NULL where num > UINT_MAX / size: exactly where the product exceeds UINT_MAX. */
const ARRAY_BYTES_MAX = 0xffff_ffff;

const STEPS = {
  compareSize: { instructions: 2 },
} as const;

class XmallocArray implements Engine {
  private readonly inner: InnerEngine;
  private readonly step;
  /** Whether the next allocation is of an array. */
  private isArray = false;

  constructor(
    private readonly machine: Machine,
    options: OptionValues,
    engineNamed: (name: string) => EngineDefinition,
  ) {
    this.inner = createInner(machine, 'engine', options, engineNamed);
    this.step = machine.defineSteps('xmalloc-array', STEPS);
  }

  start(): void {
    this.inner.engine.start();
  }

  allocate(sizeBytes: number, align: number): Placement {
    const { engine, subpageBytesMax } = this.inner;
    this.machine.work(this.step.compareSize);
    const mostBytes = this.isArray ? ARRAY_BYTES_MAX : subpageBytesMax;
    return sizeBytes <= mostBytes ? engine.allocate(sizeBytes, align) : NULL;
  }

  free(object: Placement, sizeBytes: number, align: number): void {
    this.inner.engine.free(object, sizeBytes, align);
  }

  callSite(site: string, call: string): void {
    this.isArray = call.endsWith('_array');
    this.inner.engine.callSite?.(site, call);
  }

  blockAt(object: Placement, sizeBytes: number, align: number): Block | undefined {
    return this.inner.engine.blockAt(object, sizeBytes, align);
  }

  walk(visit: BlockVisitor): void {
    this.inner.engine.walk(visit);
  }

  check(): void {
    this.inner.engine.check();
  }
}

export const xmallocArray: EngineDefinition = {
  name: 'xmalloc-array',
  version: 1,
  summary: 'the compromise: xmalloc refuses what does not fit a page, xmalloc_array serves any size',
  lineage:
    'Magenheimer, "RFC: Replacing Xen\'s xmalloc engine and(?) API", xen-devel, October 2008: proposal 2',
  constants: {
    headerBytes: 16,
    granuleBytes: 16,
    blockBytesMin: 32,
    requestBytesMax: undefined,
  },
  options: {
    engine: { kind: 'engine', summary: 'engine that serves both calls', byDefault: 'xmalloc-tlsf-2008' },
    ...PAGE_OPTIONS,
  },
  capabilities: ['callSite'],
  bounds: [],
  quirks: ARRAY_QUIRKS,
  placementsForm: 'xen',
  create: (machine, options, engineNamed) => new XmallocArray(machine, options, engineNamed),
};
