import { CHASE, KIND_COUNT, LOAD, STORE, UPDATE } from '../machine/access-stream';
import type { Step, StepTable } from '../machine/steps';
import { CAUSE_COUNT } from '../pricing/costs';
import type { AccessCounts, StepRun, StoryPart } from './explanation';
import type { CauseCosts, RunningCycles } from './piecewise-pricing';

/**
 * What an operation did, told step by step and yet in bounded space: consecutive executions of one step are one run,
 * a sequence of runs that repeats is one loop, and behind `PARTS_MAX` parts the steps are only summed up.
 */

/** More than a person reads. */
const PARTS_MAX = 256;
/** Longest sequence that is looked for: a page taken, prepared and mapped is about ten steps. */
const PERIOD_MAX = 16;
/** What an operation did after the last step that its engine reported. */
export const NO_STEP = -1;
/** Verbs of the machine that cost much by themselves and are steps here, whatever step of an engine they belong to. */
export const MACHINE_STEPS = { copy: -2, clear: -3, fill: -4, map: -5, unmap: -6, tlbFlush: -7 } as const;
export type MachineStep = (typeof MACHINE_STEPS)[keyof typeof MACHINE_STEPS];

const STEPS_WITHOUT_ENGINE: Readonly<Record<number, Pick<StepRun, 'name' | 'event'>>> = {
  [NO_STEP]: { name: 'return', event: null },
  [MACHINE_STEPS.copy]: { name: 'copyLine', event: 'linesCopied' },
  [MACHINE_STEPS.clear]: { name: 'clearLine', event: 'linesCleared' },
  [MACHINE_STEPS.fill]: { name: 'fillLine', event: null },
  [MACHINE_STEPS.map]: { name: 'mapPage', event: null },
  [MACHINE_STEPS.unmap]: { name: 'unmapPage', event: null },
  [MACHINE_STEPS.tlbFlush]: { name: 'flushTlb', event: null },
};

/** Executions of one step, summed up: costs in 1/256 cycle. */
export class RunRecord {
  step: Step | MachineStep | typeof NO_STEP = NO_STEP;
  times = 0;
  instructions = 0;
  fromMemory = 0;
  readonly accesses = new Float64Array(KIND_COUNT);
  readonly costs: CauseCosts = new Float64Array(CAUSE_COUNT);

  get isEmpty(): boolean {
    return this.times === 0 && this.instructions === 0 && this.accesses.every((count) => count === 0);
  }

  countAccess(entry: number): void {
    this.accesses[entry & (KIND_COUNT - 1)]!++;
  }

  addCosts(costs: CauseCosts): void {
    for (let cause = 0; cause < CAUSE_COUNT; cause++) {
      this.costs[cause]! += costs[cause]!;
    }
  }

  add(other: RunRecord): void {
    this.times += other.times;
    this.instructions += other.instructions;
    this.fromMemory += other.fromMemory;
    for (let kind = 0; kind < KIND_COUNT; kind++) {
      this.accesses[kind]! += other.accesses[kind]!;
    }
    this.addCosts(other.costs);
  }
}

/** A run, or a sequence of parts that was done `rounds` times in a row. */
type Part = RunRecord | LoopRecord;

class LoopRecord {
  constructor(
    public rounds: number,
    readonly parts: readonly Part[],
  ) {}
}

export class StoryRecorder {
  private readonly parts: Part[] = [];
  private rest: Map<number, RunRecord> | undefined;

  /** Appends a run, which is the story's from now on. */
  append(run: RunRecord): void {
    if (run.isEmpty) {
      return;
    }
    const last = lastRun(this.parts);
    if (this.rest !== undefined) {
      this.addToRest(this.rest, run);
    } else if (last !== undefined && last.step === run.step) {
      last.add(run);
    } else if (this.parts.length === PARTS_MAX) {
      this.addToRest((this.rest = new Map()), run);
    } else {
      this.parts.push(run);
      let folded: boolean;
      do {
        folded = this.foldRepetition();
      } while (folded);
    }
  }

  /** The story with its cycles, which add up to the operation's when `running` starts from none. */
  finish(steps: StepTable, running: RunningCycles): StoryPart[] {
    const told = this.parts.map((part) => toldPart(part, steps, running));
    if (this.rest === undefined) {
      return told;
    }
    const parts = [...this.rest.values()].map((run) => toldPart(run, steps, running));
    return [...told, { kind: 'rest', parts }];
  }

  private addToRest(rest: Map<number, RunRecord>, run: RunRecord): void {
    const sum = rest.get(run.step);
    if (sum === undefined) {
      rest.set(run.step, run);
    } else {
      sum.add(run);
    }
  }

  /**
   * Makes one loop of a sequence at the end of the story that repeats the one before it, or one more round of a loop
   * there; returns whether there was one.
   */
  private foldRepetition(): boolean {
    const { parts } = this;
    for (let period = 2; period <= PERIOD_MAX && period < parts.length; period++) {
      const tail = parts.length - period;
      const before = parts[tail - 1]!;
      if (before instanceof LoopRecord && areAlike(before.parts, parts.slice(tail))) {
        mergeParts(before.parts, parts.splice(tail));
        before.rounds++;
        return true;
      }
      if (tail >= period && areAlike(parts.slice(tail - period, tail), parts.slice(tail))) {
        const again = parts.splice(tail);
        const body = parts.splice(tail - period);
        mergeParts(body, again);
        parts.push(new LoopRecord(2, body));
        return true;
      }
    }
    return false;
  }
}

/** The run that was appended last, in however many loops it lies. */
function lastRun(parts: readonly Part[]): RunRecord | undefined {
  const last = parts[parts.length - 1];
  return last instanceof LoopRecord ? lastRun(last.parts) : last;
}

/** Whether two sequences are the same steps in the same loops, however often each was done. */
function areAlike(parts: readonly Part[], others: readonly Part[]): boolean {
  return parts.length === others.length && parts.every((part, index) => isAlike(part, others[index]!));
}

function isAlike(part: Part, other: Part): boolean {
  if (part instanceof LoopRecord) {
    return other instanceof LoopRecord && areAlike(part.parts, other.parts);
  }
  return other instanceof RunRecord && part.step === other.step;
}

function mergeParts(parts: readonly Part[], others: readonly Part[]): void {
  for (const [index, part] of parts.entries()) {
    const other = others[index]!;
    if (part instanceof RunRecord && other instanceof RunRecord) {
      part.add(other);
    } else if (part instanceof LoopRecord && other instanceof LoopRecord) {
      part.rounds += other.rounds;
      mergeParts(part.parts, other.parts);
    }
  }
}

function toldPart(part: Part, steps: StepTable, running: RunningCycles): StoryPart {
  if (part instanceof LoopRecord) {
    const parts = part.parts.map((each) => toldPart(each, steps, running));
    return { kind: 'loop', rounds: part.rounds, parts };
  }
  return toldRun(part, steps, running);
}

export function toldRun(run: RunRecord, steps: StepTable, running: RunningCycles): StepRun {
  return {
    kind: 'step',
    ...namedStep(run.step, steps),
    times: run.times,
    accesses: accessCounts(run.accesses),
    fromMemory: run.fromMemory,
    instructions: run.instructions,
    ...running.addCauses(run.costs),
  };
}

function namedStep(
  step: RunRecord['step'],
  steps: StepTable,
): Pick<StepRun, 'engine' | 'name' | 'event' | 'source'> {
  const withoutEngine = STEPS_WITHOUT_ENGINE[step];
  if (withoutEngine !== undefined) {
    return { engine: '', ...withoutEngine, source: null };
  }
  const { engine, name, event, place } = steps.step(step);
  return {
    engine,
    name,
    event: event === undefined || event === 'none' ? null : event,
    source: place ?? null,
  };
}

export function accessCounts(byKind: Float64Array): AccessCounts {
  return {
    loads: byKind[LOAD]!,
    chases: byKind[CHASE]!,
    stores: byKind[STORE]!,
    updates: byKind[UPDATE]!,
  };
}

/** The steps of a story, the loops unrolled into theirs. */
export function storySteps(parts: readonly StoryPart[]): StepRun[] {
  return parts.flatMap((part) => (part.kind === 'step' ? [part] : storySteps(part.parts)));
}
