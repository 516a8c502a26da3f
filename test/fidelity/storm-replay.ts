import { engineNamed } from '../../allocators/registry';
import { CHASE, END_OF_OPERATION, LOAD, STORE, type AccessStream } from '../../harness/machine/access-stream';
import { PRICED } from '../../harness/machine/domain-events';
import { LINE_BYTES, type Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import { Pricing } from '../../harness/pricing/pricing';
import type { PricingSpecification } from '../../harness/pricing/specification';
import type { Engine, EngineDefinition } from '../../harness/replay/port';
import { createStack } from '../../harness/replay/stack';
import { halfPageStorm } from '../../traces/synthesizers/half-page-storm';
import { nearPageStorm } from '../../traces/synthesizers/near-page-storm';
import { synthesizedTrace } from '../../traces/synthesizers/synthesizer';
import { isBlock, NOTHING, OP, TraceEvent, type Placement, type Trace } from '../../traces/trace';
import { REDUCTION, type ExtrasByStep } from '../allocators/xen/compiled-extras';
import { PhaseFigures, PricedPhase } from './phase-figures';

/**
 * Replays a storm or a trace as the measurements on the compiled reference did, and tells by phase (build, steady,
 * drain) and verb what its operations did and what they cost.
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
  /** Another build of the same allocator, in the model's place. */
  readonly definition?: EngineDefinition;
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

/** A run that was measured: of a storm, or of a trace that was kept. */
export interface MeasuredRun {
  readonly engine: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly heapPages: number;
  readonly trace: Trace;
  /** The phase that an event belongs to by its place in the trace. */
  phase(index: number): string;
  /** Whether the free of a failed allocation was called and counted. */
  readonly freesNull: boolean;
  readonly definition?: EngineDefinition;
  /** What the compiled reference did besides, or less; its instructions count as executed. */
  readonly extras?: ExtrasByStep;
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
  for (let run = 1; run < runs; run++) {
    await new StormReplay(runOf(storm), processor, fromEvent).run();
  }
  return new StormReplay(runOf(storm), processor, fromEvent).run();
}

/** What the operations did alone. */
export async function countStorm(storm: Storm): Promise<StormFigures> {
  return countRun(runOf(storm));
}

export async function countRun(run: MeasuredRun): Promise<StormFigures> {
  return new StormReplay(run, { pricings: [], whole: undefined, phases: new Map() }, 0).run();
}

function runOf({ engine, options, definition, storm, live, pairs, drain }: Storm): MeasuredRun {
  const sizes = storm === 'fixed' ? { smallest: FIXED_BYTES, largest: FIXED_BYTES } : {};
  const values = { ...sizes, live, ops: pairs, drain: drain ? 'yes' : 'no' };
  return {
    engine,
    ...(options && { options }),
    ...(definition && { definition }),
    heapPages: HEAP_PAGES,
    trace: synthesizedTrace(SYNTHESIZERS[storm], values, 1),
    phase: (index) => (index < live ? 'build' : index < live + 2 * pairs ? 'steady' : 'drain'),
    freesNull: true,
    extras: REDUCTION,
  };
}

/** An operation on its way, and the instructions that it still owes to the compiled reference. */
interface PendingOperation {
  readonly figures: PhaseFigures;
  moreInstructions: number;
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
  private readonly live = new Map<number, { readonly placement: Placement; readonly size: number }>();
  private readonly machine: Machine;
  private readonly engine: Engine;
  private isPricing = false;
  /** Looking every address up is slow, and most engines have no page tables. */
  private readonly hasPageTables: boolean;
  private readonly pageTableLines = new Map<number, boolean>();
  /** The entry that would go on with the clearing of a page. */
  private nextCleared = NOTHING_CLEARED;
  /** Operations that have not been drained yet. */
  private readonly pending: PendingOperation[] = [];
  private current: PendingOperation | undefined;
  private readonly owedBySteps: number[] = [];

  constructor(
    private readonly measured: MeasuredRun,
    private readonly processor: Processor,
    private readonly fromEvent: number,
  ) {
    const { engine, options = {}, heapPages } = measured;
    this.hasPageTables = engine === 'vmalloc' || engine === 'xvmalloc';
    const stack = createStack(
      measured.definition ?? engineNamed(engine),
      options,
      {
        heapPages,
        virtualPages: VIRTUAL_PAGES,
        observer: { step: (step, times) => this.countStep(step, times) },
        drain: (batch) => this.drain(batch),
      },
      engineNamed,
    );
    this.machine = stack.machine;
    this.engine = stack.engine;
  }

  async run(): Promise<StormFigures> {
    const { machine, measured } = this;
    const source = await measured.trace.open();
    const event = new TraceEvent();
    let last: Placement = NOTHING;
    let index = 0;
    do {
      while (source.next(event, last)) {
        if (index === this.fromEvent) {
          machine.stream.flush();
          this.isPricing = true;
        }
        last = event.op === OP.alloc ? this.allocate(index, event) : this.free(index, event);
        index++;
      }
    } while (await source.refill());
    machine.stream.flush();
    await source.close();
    return this.phases;
  }

  private allocate(index: number, event: TraceEvent): Placement {
    this.begin(index, event);
    const placement = this.engine.allocate(event.size, event.align);
    this.machine.stream.endOperation(placement);
    this.live.set(event.id, { placement, size: event.size });
    return placement;
  }

  private free(index: number, event: TraceEvent): Placement {
    const { placement, size } = this.live.get(event.id)!;
    this.live.delete(event.id);
    if (isBlock(placement) || this.measured.freesNull) {
      this.begin(index, event);
      this.engine.free(placement, size, 0);
      this.machine.stream.endOperation(NOTHING);
    }
    return NOTHING;
  }

  private begin(index: number, event: TraceEvent): void {
    const figures = this.phase(index, event.op);
    figures.operations++;
    this.current = { figures, moreInstructions: 0 };
    this.pending.push(this.current);
    this.machine.stream.beginOperation(index, event.op, event.id, event.size, event.align);
  }

  private countStep(step: number, times: number): void {
    if (this.current === undefined) {
      return;
    }
    this.current.figures.countStep(step, times);
    this.current.moreInstructions += this.moreInstructionsOf(step) * times;
  }

  /** What a step owes, kept: compiled engines take one at every stretch. */
  private moreInstructionsOf(step: number): number {
    const known = this.owedBySteps[step];
    if (known !== undefined) {
      return known;
    }
    const { engine, name } = this.machine.steps.step(step);
    const { instructions = 0 } = this.measured.extras?.[`${engine}: ${name}`] ?? {};
    return (this.owedBySteps[step] = instructions);
  }

  private phase(index: number, op: number): PhaseFigures {
    const key = `${this.measured.phase(index)} ${op === OP.alloc ? 'alloc' : 'free'}`;
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
    if (this.isPricing) {
      whole?.price(batch);
    }
    this.setAside(batch);
    if (this.isPricing) {
      for (const pricing of pricings) {
        pricing.price(batch);
      }
    }
    this.countBatch(batch);
  }

  /** Takes out of the batch what the reference did not have. */
  private setAside(batch: AccessStream): void {
    const { entries, segmentEnds, segmentPriced } = batch;
    let kept = 0;
    let index = 0;
    let done = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      for (const end = segmentEnds[segment]!; index < end; index++) {
        const entry = entries[index]!;
        if (this.isClearing(entry)) {
          // The first line of a page looks like any store until the second follows.
          if (kept > 0 && entries[kept - 1] === entry - LINE_BYTES) {
            kept--;
          }
        } else if (!this.hasPageTables || !this.isPageTable(entry >>> 0)) {
          entries[kept++] = entry;
        }
      }
      segmentEnds[segment] = kept;
      for (const event of MAPPINGS) {
        segmentPriced[event]![segment] = 0;
      }
      this.settleInstructions(batch, segment, this.pending[done]!);
      done += (batch.segmentFlags[segment]! & END_OF_OPERATION) !== 0 ? 1 : 0;
    }
  }

  /** Adds to a segment what its operation owes in instructions; what it cannot take off is left for the next one. */
  private settleInstructions(
    { segmentPriced }: AccessStream,
    segment: number,
    operation: PendingOperation,
  ): void {
    const instructions = segmentPriced[PRICED.instructions]!;
    const settled = Math.max(operation.moreInstructions, -instructions[segment]!);
    instructions[segment]! += settled;
    operation.moreInstructions -= settled;
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
      const { figures } = this.pending[0]!;
      for (const end = batch.segmentEnds[segment]!; entry < end; entry++) {
        countEntry(figures, batch.entries[entry]! & 3);
      }
      figures.instructions += batch.segmentPriced[PRICED.instructions]![segment]!;
      if ((batch.segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        this.notePrices(figures, operation++);
        this.pending.shift();
      }
    }
  }

  private notePrices(figures: PhaseFigures, operation: number): void {
    if (!this.isPricing) {
      return;
    }
    const { pricings, whole } = this.processor;
    pricings.forEach((pricing, index) => figures.priced[index]!.add(pricing, operation));
    if (whole !== undefined) {
      figures.wholeCycles += whole.operationCycles[operation]!;
    }
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
