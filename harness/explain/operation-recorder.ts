import type { TextTable } from '../../traces/trace';
import { END_OF_OPERATION, KIND_COUNT, LOCK_MASK, type AccessStream } from '../machine/access-stream';
import { countsOf } from '../machine/count-columns';
import { PRICED } from '../machine/domain-events';
import type { Machine } from '../machine/machine';
import type { Step } from '../machine/steps';
import { causeIndex } from '../pricing/costs';
import { eventCounts, type EventCounts } from '../metrics/worst-operations';
import type { AccessCounts, HeldLock, Provenance, StoryPart } from './explanation';
import type { HeapBlocks } from './heap-blocks';
import type { History } from './history';
import { LockTimeline } from './lock-timeline';
import {
  RunningCycles,
  totalCost,
  type CauseCosts,
  type PiecewisePricing,
  type PricedOperation,
} from './piecewise-pricing';
import { OWN, ProvenanceRecorder } from './provenance';
import { accessCounts, RunRecord, StoryRecorder, type MachineStep } from './story';

const FROM_MEMORY = causeIndex('dram');

/** What was recorded of an operation while it ran. */
export interface RecordedOperation extends PricedOperation {
  readonly events: EventCounts;
  readonly accesses: AccessCounts;
  readonly instructions: number;
  readonly locks: readonly HeldLock[];
  readonly story: readonly StoryPart[];
  readonly provenance: Provenance;
}

/** Where something ended: the segments of the batch before `segmentEnd` that no earlier mark has belong to it. */
type Mark = { readonly segmentEnd: number } & (
  | { readonly kind: 'step'; readonly step: Step; readonly times: number }
  /** A verb of the machine begins in the middle of a step that has not been reported yet. */
  | { readonly kind: 'machine step begins' }
  | { readonly kind: 'machine step'; readonly step: MachineStep; readonly times: number | undefined }
);

/**
 * Records one operation: which steps it took, and what each of them cost. Every step ends a segment of the stream, so
 * a segment belongs to one step; within it every access is priced by itself, for the group of events whose word it
 * reads.
 */
export class OperationRecorder {
  private readonly marks: Mark[] = [];
  private readonly story = new StoryRecorder();
  private readonly locks: LockTimeline;
  private readonly provenance: ProvenanceRecorder;
  /** What was done since the last step; while a machine step is under way, what that has done. */
  private run = new RunRecord();
  private interruptedRun = new RunRecord();
  private readonly accesses = new Float64Array(KIND_COUNT);
  private instructions = 0;
  private events: EventCounts = {};
  private priced: PricedOperation | undefined;

  constructor(
    private readonly machine: Machine,
    private readonly pricing: PiecewisePricing,
    private readonly history: History,
    before: HeapBlocks,
  ) {
    this.provenance = new ProvenanceRecorder(machine, history, before);
    this.locks = new LockTimeline(machine.locks.list());
  }

  /** A step has ended where the stream is now. */
  step(step: Step, times: number): void {
    this.marks.push({ segmentEnd: this.nextSegment, kind: 'step', step, times });
    this.machine.stream.cutSegment();
  }

  machineStepBegins(): void {
    this.marks.push({ segmentEnd: this.nextSegment, kind: 'machine step begins' });
    this.machine.stream.cutSegment();
  }

  machineStepEnds(step: MachineStep, times: number | undefined): void {
    this.marks.push({ segmentEnd: this.nextSegment, kind: 'machine step', step, times });
    this.machine.stream.cutSegment();
  }

  /** The number of segments when the one under way will have been cut. */
  private get nextSegment(): number {
    return this.machine.stream.segmentCount + 1;
  }

  /** Takes a batch that holds nothing but this operation or a part of it. */
  record(batch: AccessStream): void {
    let start = 0;
    let mark = 0;
    this.history.beginOperation(batch, 0);
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      const end = batch.segmentEnds[segment]!;
      this.recordSegment(batch, segment, start, end);
      start = end;
      while (this.marks[mark]?.segmentEnd === segment + 1) {
        this.pass(this.marks[mark++]!);
      }
      if ((batch.segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        this.events = eventCounts(countsOf(batch.operationNoted, 0));
        this.priced = this.pricing.endOperation();
      }
    }
    this.marks.length = 0;
  }

  /** What was recorded of an operation that has come to its end. */
  finish(texts: TextTable): RecordedOperation {
    const { priced } = this;
    if (priced === undefined) {
      throw new Error('the operation has not ended yet');
    }
    this.story.append(this.run);
    return {
      ...priced,
      events: this.events,
      accesses: accessCounts(this.accesses),
      instructions: this.instructions,
      locks: this.locks.finish(priced.heldCycles),
      story: this.story.finish(this.machine.steps, new RunningCycles()),
      provenance: this.provenance.finish(texts),
    };
  }

  private recordSegment(batch: AccessStream, segment: number, start: number, end: number): void {
    const locks = batch.segmentFlags[segment]! & LOCK_MASK;
    const instructions = batch.segmentPriced[PRICED.instructions]![segment]!;
    this.run.instructions += instructions;
    this.instructions += instructions;
    this.addCosts(OWN, this.pricing.priceEvents(batch, segment), locks);
    for (let index = start; index < end; index++) {
      const group = this.countAccess(batch.entries[index]!);
      const costs = this.pricing.priceAccesses(batch, segment, index, index + 1);
      this.run.fromMemory += costs[FROM_MEMORY]! > 0 ? 1 : 0;
      this.addCosts(group, costs, locks);
    }
  }

  /** Counts an access and returns its group of provenance. */
  private countAccess(entry: number): number {
    this.run.countAccess(entry);
    this.accesses[entry & (KIND_COUNT - 1)]!++;
    return this.provenance.access(entry);
  }

  private addCosts(group: number, costs: CauseCosts, locks: number): void {
    this.run.addCosts(costs);
    this.provenance.addCosts(group, costs);
    this.locks.pass(locks, totalCost(costs));
  }

  private pass(mark: Mark): void {
    switch (mark.kind) {
      case 'step':
        this.endRun(mark.step, mark.times);
        break;
      case 'machine step begins':
        this.interruptedRun = this.run;
        this.run = new RunRecord();
        break;
      case 'machine step':
        this.endRun(mark.step, mark.times ?? Math.max(...this.run.accesses));
        this.run = this.interruptedRun;
        break;
    }
  }

  private endRun(step: Step | MachineStep, times: number): void {
    this.run.step = step;
    this.run.times = times;
    this.story.append(this.run);
    this.run = new RunRecord();
  }
}
