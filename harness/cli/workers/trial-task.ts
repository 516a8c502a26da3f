import { EventColumns } from '../../../traces/columns';
import { TraceEvent, type Trace } from '../../../traces/trace';
import { NotDeterministic } from '../../metrics/repetition';
import { parsePricing } from '../../pricing/specification';
import type { ReallocPolicy } from '../../replay/operations';
import { createStack } from '../../replay/stack';
import type { Registries } from '../../results/cell';
import { isScript } from '../names/registries';
import { tellingChance } from './repeated';
import type { EventList } from '../../studies/search/event-list';
import { scaledHeapPages, type Answer } from '../../studies/search/search';
import { Trials, type Tried, type TrialPlan } from '../../studies/search/trial';

/** Short traces to try on some engines, as they are sent to a worker process. */

export interface TrialTask {
  readonly subjects: readonly TrialSubject[];
  readonly lists: readonly PackedList[];
  /** Thousandths of the heap. */
  readonly heapScale: number;
}

/** An engine in words, and what is read of each trial. */
export interface TrialSubject {
  readonly engine: string;
  readonly options: Readonly<Record<string, string>>;
  readonly pricing: string;
  readonly machine: {
    readonly heapPages: number;
    readonly virtualPages: number;
    readonly accessesMax?: number;
  };
  readonly realloc?: ReallocPolicy;
  readonly metrics: readonly string[];
}

export interface PackedList {
  readonly ops: Uint8Array;
  readonly ids: Float64Array;
  readonly sizes: Float64Array;
  readonly aligns: Float64Array;
}

export type TrialOutcome =
  | { readonly kind: 'tried'; readonly answers: readonly Answer[] }
  | { readonly kind: 'differed' | 'internal'; readonly problem: string };

/** A list by the four columns that bred traces have. */
export function packed({ events }: EventList): PackedList {
  const ops = new Uint8Array(events.length);
  const [ids, sizes, aligns] = [0, 1, 2].map(() => new Float64Array(events.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const [index, { op, id, size, align }] of events.entries()) {
    ops[index] = op;
    ids[index] = id;
    sizes[index] = size;
    aligns[index] = align;
  }
  return { ops, ids, sizes, aligns };
}

function unpacked({ ops, ids, sizes, aligns }: PackedList): Trace {
  const columns = new EventColumns();
  const event = new TraceEvent();
  for (const [index, op] of ops.entries()) {
    event.set(op, ids[index]!, sizes[index]!, aligns[index]!);
    columns.append(event);
  }
  return columns.trace({ name: 'tried', origin: { kind: 'recorded', format: 'csv' } });
}

/** How traces are tried on an engine in words. */
function trialPlanOf(
  { engine, options, pricing, machine: whole, realloc }: TrialSubject,
  registries: Registries,
  heapScale: number,
): TrialPlan {
  const definition = registries.engineNamed(engine);
  const machine = { ...whole, heapPages: scaledHeapPages(whole.heapPages, heapScale) };
  return {
    createStack: (watch) =>
      createStack(definition, options, { ...machine, ...watch }, (name) => registries.engineNamed(name)),
    pricing: parsePricing(pricing),
    again: isScript(engine, options, registries),
    ...(realloc !== undefined && { realloc }),
  };
}

/** Where lists are tried: task after task, with what earlier ones have made. */
export class Laboratory {
  private readonly trialsOf = new Map<string, Trials>();
  private heapScale = NaN;

  constructor(private readonly registries: Registries) {}

  /** Tries every list on every engine; what a list came to holds no more metrics than were asked for. */
  async tryLists(
    { subjects, lists, heapScale }: TrialTask,
    breathe: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Answer[]> {
    const trials = subjects.map((subject) => this.trials(subject, heapScale));
    const answers: Answer[] = [];
    for (const list of lists) {
      const trace = unpacked(list);
      const answer: (Tried | undefined)[] = [];
      for (const [index, each] of trials.entries()) {
        const tried = await each.of(trace);
        answer.push(tried && withMetrics(tried, subjects[index]!.metrics));
      }
      answers.push(answer);
      await breathe();
    }
    return answers;
  }

  private trials(subject: TrialSubject, heapScale: number): Trials {
    if (heapScale !== this.heapScale) {
      this.trialsOf.clear();
      this.heapScale = heapScale;
    }
    const key = JSON.stringify(subject);
    const known = this.trialsOf.get(key);
    const trials = known ?? new Trials(trialPlanOf(subject, this.registries, heapScale), subject.metrics);
    this.trialsOf.set(key, trials);
    return trials;
  }
}

const withMetrics = (tried: Tried, metrics: readonly string[]): Tried => ({
  ...tried,
  values: Object.fromEntries(metrics.map((name) => [name, tried.values[name] ?? null])),
});

/** The same as plain data, whatever an engine threw. */
export async function trialOutcome(task: TrialTask, laboratory: Laboratory): Promise<TrialOutcome> {
  try {
    return { kind: 'tried', answers: await tellingChance(() => laboratory.tryLists(task)) };
  } catch (error) {
    if (error instanceof NotDeterministic) {
      return { kind: 'differed', problem: error.message };
    }
    const [problem = ''] = String(error).split('\n');
    return { kind: 'internal', problem };
  }
}
