import type { Trace } from '../../traces/trace';
import { END_OF_OPERATION, type AccessStream, type StepObserver } from '../machine/access-stream';
import { PRICED } from '../machine/domain-events';
import type { Machine } from '../machine/machine';
import type { Step } from '../machine/steps';
import { causeIndex } from '../pricing/costs';
import type { PricingSpecification } from '../pricing/specification';
import type { ReallocPolicy } from '../replay/operations';
import { replay } from '../replay/replay';
import { stoppedAt } from './explain';
import { PROFILE_SCHEMA, type Profile } from './explanation';
import { PiecewisePricing, RunningCycles } from './piecewise-pricing';
import type { StackMaker } from './step-machine';
import { NO_STEP, RunRecord, toldRun } from './story';

/** What is to be summed up. */
export interface ProfilePlan {
  readonly trace: Trace;
  readonly createStack: StackMaker;
  readonly pricing: PricingSpecification;
  readonly realloc?: ReallocPolicy;
}

/**
 * Sums up a whole replay by step: of a compiled engine by function and line of its source. Copies and clears belong to
 * the step that is reported after them. Rejects with an `InputError` when the trace is malformed.
 */
export async function profile(plan: ProfilePlan): Promise<Profile> {
  const sums = new StepSums(plan.pricing);
  const stack = plan.createStack({ drain: sums.drain, observer: sums });
  sums.begin(stack.machine);
  const realloc = plan.realloc === undefined ? {} : { realloc: plan.realloc };
  const report = await replay(plan.trace, stack, [], realloc);
  const { definition, options, machine } = stack;
  const { pricing } = sums.pricing;
  const { header } = plan.trace;
  return {
    schema: PROFILE_SCHEMA,
    engine: { name: definition.name, version: definition.version, options },
    machine: { heapPages: machine.heapPages, virtualPages: machine.virtualPages },
    trace: { name: header.name, sha256: report.traceSha256 ?? null, events: report.events },
    pricing: { id: pricing.id, profileSha256: pricing.profileSha256 },
    stopped: stoppedAt(report.outcome),
    operations: report.operations,
    ...sums.finish(machine),
  };
}

const FROM_MEMORY = causeIndex('dram');

class StepSums implements StepObserver {
  readonly pricing: PiecewisePricing;
  private machine: Machine | undefined;
  private readonly sums = new Map<number, RunRecord>();
  private run = new RunRecord();
  /** Where steps ended in the batch: segments, steps, times. */
  private marks: { readonly segmentEnd: number; readonly step: Step; readonly times: number }[] = [];

  constructor(specification: PricingSpecification) {
    this.pricing = new PiecewisePricing(specification);
  }

  /** The engine has started: what it does from here on belongs to operations. */
  begin(machine: Machine): void {
    this.machine = machine;
  }

  step(step: Step, times: number): void {
    if (this.machine !== undefined) {
      const { stream } = this.machine;
      this.marks.push({ segmentEnd: stream.segmentCount + 1, step, times });
      stream.cutSegment();
    }
  }

  readonly drain = (batch: AccessStream): void => {
    let start = 0;
    let mark = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      const end = batch.segmentEnds[segment]!;
      this.addSegment(batch, segment, start, end);
      start = end;
      for (; this.marks[mark]?.segmentEnd === segment + 1; mark++) {
        this.endRun(this.marks[mark]!.step, this.marks[mark]!.times);
      }
      if ((batch.segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        this.endRun(NO_STEP, 0);
        this.pricing.endOperation();
      }
    }
    this.marks = [];
  };

  /** The steps, those with most cycles first; those that cost nothing are left out. */
  finish({ steps }: Machine): Pick<Profile, 'cycles' | 'steps'> {
    const running = new RunningCycles();
    const cost = ({ costs }: RunRecord) => costs.reduce((sum, each) => sum + each, 0);
    const told = [...this.sums.values()]
      .filter((run) => !run.isEmpty)
      .sort((a, b) => cost(b) - cost(a) || a.step - b.step)
      .map((run) => toldRun(run, steps, running));
    return { cycles: told.reduce((sum, { cycles }) => sum + cycles, 0), steps: told };
  }

  private addSegment(batch: AccessStream, segment: number, start: number, end: number): void {
    const { run, pricing } = this;
    run.instructions += batch.segmentPriced[PRICED.instructions]![segment]!;
    run.addCosts(pricing.priceEvents(batch, segment));
    for (let index = start; index < end; index++) {
      const costs = pricing.priceAccesses(batch, segment, index, index + 1);
      run.fromMemory += costs[FROM_MEMORY]! > 0 ? 1 : 0;
      run.addCosts(costs);
      run.countAccess(batch.entries[index]!);
    }
  }

  private endRun(step: number, times: number): void {
    const { run } = this;
    run.step = step as Step;
    run.times = times;
    const sum = this.sums.get(step);
    if (sum === undefined) {
      this.sums.set(step, run);
    } else {
      sum.add(run);
    }
    this.run = new RunRecord();
  }
}
