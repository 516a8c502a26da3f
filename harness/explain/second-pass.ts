import { isBlock, TextTable, type Placement, type Trace, type TraceEvent } from '../../traces/trace';
import type { AccessStream, StepObserver } from '../machine/access-stream';
import { NOTED } from '../machine/domain-events';
import type { Step } from '../machine/steps';
import { NotDeterministic } from '../metrics/repetition';
import type { PricingSpecification } from '../pricing/specification';
import { replay, type ReplayObserver, type ReplayOptions, type ReplayState } from '../replay/replay';
import type { Stack } from '../replay/stack';
import type { HeapAround } from './explanation';
import { Failures } from './failures';
import { HeapBlocks } from './heap-blocks';
import { History } from './history';
import { OperationRecorder, type RecordedOperation } from './operation-recorder';
import { PiecewisePricing } from './piecewise-pricing';
import type { RankedOperation } from './ranking';
import { StepMachine, type MachineObserver, type StackMaker } from './step-machine';
import type { MachineStep } from './story';
import { watchedTrace } from '../replay/watched-trace';

/** An operation with all that the second pass saw of it. */
export interface SeenOperation {
  readonly recorded: RecordedOperation;
  readonly failed: boolean;
  readonly heap: HeapAround;
  readonly site: string;
  readonly call: string;
}

export interface SecondPassPlan {
  readonly trace: Trace;
  readonly createStack: StackMaker;
  readonly pricing: PricingSpecification;
  readonly operations: readonly RankedOperation[];
  readonly replay: Pick<ReplayOptions, 'realloc'>;
}

/**
 * Replays a trace once more, as far as the last of the operations, and looks at each of them closely: its steps, who
 * wrote what it reads, and the heap around it. Rejects with `NotDeterministic` when one costs other than it did in
 * the first pass.
 */
export async function seeOperations(plan: SecondPassPlan): Promise<SeenOperation[]> {
  const pass = new SecondPass(plan);
  const stack = plan.createStack(
    { drain: pass.drain, observer: pass },
    (options) => new StepMachine(options, pass),
  );
  pass.start(stack);
  const last = Math.max(...plan.operations.map(({ operation }) => operation));
  const watched = watchedTrace(plan.trace, last, (...event) => pass.before(...event));
  await replay(watched, stack, [pass], plan.replay);
  return plan.operations.map((ranked) => pass.seenOperation(ranked));
}

/** What the loop knew after the last operation. */
type LiveFigures = {
  -readonly [figure in 'liveObjects' | 'liveBytes' | 'grantedBytes' | 'heldBytes']: ReplayState[figure];
};

class SecondPass implements StepObserver, MachineObserver, ReplayObserver {
  private readonly wished: ReadonlySet<number>;
  private readonly failures: Failures;
  private readonly wishedIds: ReadonlySet<number>;
  private readonly seen = new Map<number, SeenOperation>();
  private readonly pricing: PiecewisePricing;
  private readonly history = new History();
  private stack!: Stack;
  /** The operation that is being recorded. */
  private recorder: OperationRecorder | undefined;
  private heapBefore: HeapAround | undefined;
  private texts = new TextTable();
  private readonly live: LiveFigures = { liveObjects: 0, liveBytes: 0, grantedBytes: 0, heldBytes: 0 };
  /** Where the objects of the wished operations are, as long as no engine has moved anything since. */
  private readonly places = new Map<number, Placement>();

  constructor({ pricing, operations }: SecondPassPlan) {
    this.pricing = new PiecewisePricing(pricing);
    this.wished = new Set(operations.map(({ operation }) => operation));
    this.failures = new Failures(this.wished);
    this.wishedIds = new Set(operations.map(({ id }) => id));
  }

  start(stack: Stack): void {
    this.stack = stack;
    this.live.heldBytes = stack.machine.ledger.heldBytes;
  }

  /** Before an event: from here on the stream belongs to it alone, if it is one of the wished. */
  before(index: number, event: TraceEvent, texts: TextTable): void {
    this.texts = texts;
    const { stream } = this.stack.machine;
    if (this.wished.has(index)) {
      stream.flush();
      this.beginRecording(event);
    }
    this.history.noteSite(stream.operationCount, event.site);
  }

  step(step: Step, times: number): void {
    this.recorder?.step(step, times);
  }

  machineStepBegins(): void {
    this.recorder?.machineStepBegins();
  }

  machineStepEnds(step: MachineStep, times?: number): void {
    this.recorder?.machineStepEnds(step, times);
  }

  readonly drain = (batch: AccessStream): void => {
    if (hasMoves(batch)) {
      this.places.clear();
    }
    if (this.recorder !== undefined) {
      this.recorder.record(batch);
    } else {
      this.pricing.price(batch);
      this.history.recordWrites(batch);
    }
  };

  operation(state: ReplayState, event: TraceEvent, placement: Placement): void {
    this.failures.operation(state);
    this.history.noteObjects(state.eventIndex, event, state.subject, placement);
    if (this.recorder !== undefined) {
      this.finishRecording(this.recorder, state.eventIndex, event, placement);
    }
    if (this.wishedIds.has(event.id) && isBlock(placement)) {
      this.places.set(event.id, placement);
    }
    const { live } = this;
    live.liveObjects = state.liveObjects;
    live.liveBytes = state.liveBytes;
    live.grantedBytes = state.grantedBytes;
    live.heldBytes = state.heldBytes;
  }

  seenOperation(ranked: RankedOperation): SeenOperation {
    const seen = this.seen.get(ranked.operation);
    if (seen === undefined) {
      throw new NotDeterministic(
        `operation ${ranked.operation} did not run when the trace was replayed again`,
      );
    }
    const { cycles } = seen.recorded;
    if (cycles !== ranked.cycles) {
      throw new NotDeterministic(
        `operation ${ranked.operation} cost ${ranked.cycles} cycles, and ${cycles} when it was replayed step by step`,
      );
    }
    return seen;
  }

  private beginRecording(event: TraceEvent): void {
    const { stack, live } = this;
    const blocks = HeapBlocks.of(stack);
    const place = this.places.get(event.id);
    this.recorder = new OperationRecorder(stack.machine, this.pricing, this.history, blocks);
    this.heapBefore = {
      ...live,
      survey: blocks.survey,
      before: place === undefined ? null : blocks.around(place),
      after: null,
    };
  }

  private finishRecording(
    recorder: OperationRecorder,
    index: number,
    event: TraceEvent,
    placement: Placement,
  ): void {
    const { stack, texts } = this;
    stack.machine.stream.flush();
    this.recorder = undefined;
    const recorded = recorder.finish(texts);
    const after = isBlock(placement) ? HeapBlocks.of(stack).around(placement) : null;
    this.seen.set(index, {
      recorded,
      failed: this.failures.has(index),
      heap: { ...this.heapBefore!, after },
      site: texts.text(event.site),
      call: texts.text(event.call),
    });
  }
}

/** Whether blocks moved during the operations that end in a batch. */
function hasMoves({ operationNoted, operationCount }: AccessStream): boolean {
  for (let row = 0; row < operationCount; row++) {
    if (operationNoted[NOTED.moves]![row] !== 0) {
      return true;
    }
  }
  return false;
}
