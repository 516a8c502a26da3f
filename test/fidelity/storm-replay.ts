import { engineNamed } from '../../allocators/registry';
import { CHASE, END_OF_OPERATION, LOAD, STORE, type AccessStream } from '../../harness/machine/access-stream';
import { PRICED, PRICED_COUNT } from '../../harness/machine/domain-events';
import { LINE_BYTES, type Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import { Pricing } from '../../harness/pricing/pricing';
import type { PricingSpecification } from '../../harness/pricing/specification';
import type { Engine } from '../../harness/replay/port';
import { createStack } from '../../harness/replay/stack';
import { halfPageStorm } from '../../traces/synthesizers/half-page-storm';
import { nearPageStorm } from '../../traces/synthesizers/near-page-storm';
import { synthesizedTrace } from '../../traces/synthesizers/synthesizer';
import { NOTHING, OP, TraceEvent, type Placement } from '../../traces/trace';
import { PhaseFigures, PricedPhase } from './phase-figures';

/**
 * Replays a storm as the measurements on the compiled reference did, and tells by phase (build, steady, drain) and
 * verb what its operations did and what they cost.
 *
 * A locked read-modify-write counts as a load and a store, as callgrind counts it. What the reference did not have is
 * set aside: it mapped nothing, had no page tables and cleared no pages.
 */

export interface Storm {
  readonly engine: string;
  readonly storm: 'near' | 'half' | 'fixed';
  readonly live: number;
  readonly pairs: number;
  readonly drain: boolean;
  readonly options?: Readonly<Record<string, string>>;
}

export interface StormPricings {
  /** Each prices the storm without what the reference did not have. */
  readonly pricings: readonly PricingSpecification[];
  /** Prices all of it. */
  readonly whole?: PricingSpecification;
  /** Prices nothing before so many events. */
  readonly fromEvent?: number;
  /** The same run over and over in the same caches; an operation costs what it cost in its cheapest run. */
  readonly runs?: number;
}

const SYNTHESIZERS = { near: nearPageStorm, half: halfPageStorm, fixed: halfPageStorm } as const;
const FIXED_BYTES = 3000;
const HEAP_PAGES = 1 << 18;
const VIRTUAL_PAGES = 1 << 24;
/** No entry: addresses below the heap are not accessed. */
const NOTHING_CLEARED = 0;
const MAPPINGS = [PRICED.maps, PRICED.unmaps, PRICED.tlbFlushes];

/** Figures by `phase verb`, as in `steady alloc`. */
export type StormFigures = ReadonlyMap<string, PhaseFigures>;

export async function replayStorm(storm: Storm, priced: StormPricings): Promise<StormFigures> {
  const { runs = 1, fromEvent = 0 } = priced;
  const processor: Processor = {
    pricings: priced.pricings.map((each) => new Pricing(each)),
    whole: priced.whole && new Pricing(priced.whole),
    phases: new Map(),
  };
  for (let run = 1; run < runs; run++) await new StormReplay(storm, processor, fromEvent).run();
  return new StormReplay(storm, processor, fromEvent).run();
}

/** What the operations did alone. */
export async function countStorm(storm: Storm): Promise<StormFigures> {
  return replayStorm(storm, { pricings: [] });
}

/** What goes on from run to run. */
interface Processor {
  readonly pricings: readonly Pricing[];
  readonly whole: Pricing | undefined;
  /** Prices by phase and pricing. */
  readonly phases: Map<string, readonly PricedPhase[]>;
}

class StormReplay {
  private readonly phases = new Map<string, PhaseFigures>();
  private readonly machine: Machine;
  private readonly engine: Engine;
  private isPricing = false;
  /** Looking every address up is slow, and most engines have no page tables. */
  private readonly hasPageTables: boolean;
  private readonly pageTableLines = new Map<number, boolean>();
  /** The entry that would go on with the clearing of a page. */
  private nextCleared = NOTHING_CLEARED;
  /** The phase of each operation that has not been drained yet. */
  private readonly pending: PhaseFigures[] = [];
  private current: PhaseFigures | undefined;

  constructor(
    private readonly storm: Storm,
    private readonly processor: Processor,
    private readonly fromEvent: number,
  ) {
    this.hasPageTables = storm.engine === 'vmalloc' || storm.engine === 'xvmalloc';
    const stack = createStack(
      engineNamed(storm.engine),
      storm.options ?? {},
      {
        heapPages: HEAP_PAGES,
        virtualPages: VIRTUAL_PAGES,
        observer: { step: (step, times) => this.current?.countStep(step, times) },
        drain: (batch) => this.drain(batch),
      },
      engineNamed,
    );
    this.machine = stack.machine;
    this.engine = stack.engine;
  }

  async run(): Promise<StormFigures> {
    const { storm, engine, machine } = this;
    const sizes = storm.storm === 'fixed' ? { smallest: FIXED_BYTES, largest: FIXED_BYTES } : {};
    const values = { ...sizes, live: storm.live, ops: storm.pairs, drain: storm.drain ? 'yes' : 'no' };
    const source = await synthesizedTrace(SYNTHESIZERS[storm.storm], values, 1).open();
    const event = new TraceEvent();
    const live = new Map<number, { readonly placement: Placement; readonly size: number }>();
    let last: Placement = NOTHING;
    for (let index = 0; source.next(event, last); index++) {
      if (index === this.fromEvent) {
        machine.stream.flush();
        this.isPricing = true;
      }
      if (event.op === OP.alloc) {
        this.begin(index, event);
        last = engine.allocate(event.size, event.align);
        machine.stream.endOperation(last);
        live.set(event.id, { placement: last, size: event.size });
      } else {
        const { placement, size } = live.get(event.id)!;
        live.delete(event.id);
        // The reference was handed the NULL of a failed allocation too.
        this.begin(index, event);
        engine.free(placement, size, 0);
        machine.stream.endOperation(NOTHING);
        last = NOTHING;
      }
    }
    machine.stream.flush();
    await source.close();
    return this.phases;
  }

  private begin(index: number, event: TraceEvent): void {
    this.current = this.phase(index, event.op);
    this.current.operations++;
    this.pending.push(this.current);
    this.machine.stream.beginOperation(index, event.op, event.id, event.size, event.align);
  }

  private phase(index: number, op: number): PhaseFigures {
    const { live, pairs } = this.storm;
    const name = index < live ? 'build' : index < live + 2 * pairs ? 'steady' : 'drain';
    const key = `${name} ${op === OP.alloc ? 'alloc' : 'free'}`;
    return this.phases.get(key) ?? this.startPhase(key);
  }

  private startPhase(key: string): PhaseFigures {
    const { phases, pricings } = this.processor;
    const priced = phases.get(key) ?? pricings.map(() => new PricedPhase());
    priced.forEach((each) => each.startRun());
    phases.set(key, priced);
    const figures = new PhaseFigures(this.machine.steps, priced);
    this.phases.set(key, figures);
    return figures;
  }

  private drain(batch: AccessStream): void {
    const { pricings, whole } = this.processor;
    if (this.isPricing) whole?.price(batch);
    this.setAside(batch);
    if (this.isPricing) for (const pricing of pricings) pricing.price(batch);
    this.countBatch(batch);
  }

  /** Takes out of the batch what the reference did not have. */
  private setAside(batch: AccessStream): void {
    const { entries, segmentEnds, segmentPriced } = batch;
    let kept = 0;
    let index = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      for (const end = segmentEnds[segment]!; index < end; index++) {
        const entry = entries[index]!;
        if (this.isClearing(entry)) {
          // The first line of a page looks like any store until the second follows.
          if (kept > 0 && entries[kept - 1] === entry - LINE_BYTES) kept--;
        } else if (!this.hasPageTables || !this.isPageTable(entry >>> 0)) {
          entries[kept++] = entry;
        }
      }
      segmentEnds[segment] = kept;
      for (const event of MAPPINGS) segmentPriced[segment * PRICED_COUNT + event] = 0;
    }
  }

  /** Whether a store goes on with the clearing of a page: lines one after the other, from the first of a page. */
  private isClearing(entry: number): boolean {
    if (entry === this.nextCleared) {
      this.nextCleared = entry + LINE_BYTES;
      return true;
    }
    this.nextCleared = (entry & (PAGE_BYTES - 1)) === STORE ? entry + LINE_BYTES : NOTHING_CLEARED;
    return false;
  }

  private countBatch(batch: AccessStream): void {
    let entry = 0;
    let operation = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      const figures = this.pending[0]!;
      for (const end = batch.segmentEnds[segment]!; entry < end; entry++) {
        countEntry(figures, batch.entries[entry]! & 3);
      }
      figures.instructions += batch.segmentPriced[segment * PRICED_COUNT + PRICED.instructions]!;
      if ((batch.segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        this.notePrices(figures, operation++);
        this.pending.shift();
      }
    }
  }

  private notePrices(figures: PhaseFigures, operation: number): void {
    if (!this.isPricing) return;
    const { pricings, whole } = this.processor;
    pricings.forEach((pricing, index) => figures.priced[index]!.add(pricing, operation));
    if (whole !== undefined) figures.wholeCycles += whole.operationCycles[operation]!;
  }

  private isPageTable(entry: number): boolean {
    const line = entry >>> 6;
    let known = this.pageTableLines.get(line);
    if (known === undefined) {
      known = this.machine.layout.regionAt(entry - (entry & 3)).includes('page table');
      this.pageTableLines.set(line, known);
    }
    return known;
  }
}

function countEntry(figures: PhaseFigures, kind: number): void {
  figures.loads += kind === LOAD || kind === CHASE ? 1 : 0;
  figures.stores += kind === STORE ? 1 : 0;
  if (kind > STORE) {
    figures.loads++;
    figures.stores++;
  }
}
