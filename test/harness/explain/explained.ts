import { engineNamed } from '../../../allocators/registry';
import { explain, type ExplanationPlan } from '../../../harness/explain/explain';
import type { Choice, ExplainedOperation, Explanation } from '../../../harness/explain/explanation';
import type { StackMaker } from '../../../harness/explain/step-machine';
import { Machine } from '../../../harness/machine/machine';
import { parsePricing } from '../../../harness/pricing/specification';
import type { EngineDefinition } from '../../../harness/replay/port';
import { createStackOn } from '../../../harness/replay/stack';
import type { Trace } from '../../../traces/trace';

/** Makes stacks of an engine on a small heap. */
export function stackMaker(
  definition: EngineDefinition,
  options: Readonly<Record<string, string>> = {},
  heapPages = 4096,
): StackMaker {
  return (watch, makeMachine = (machine) => new Machine(machine)) =>
    createStackOn(
      () => makeMachine({ ...watch, heapPages, virtualPages: 65_536 }),
      definition,
      options,
      engineNamed,
    );
}

export interface Request {
  readonly engine: string | EngineDefinition;
  readonly trace: Trace;
  readonly choice?: Choice;
  readonly pricing?: string;
  readonly against?: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
  readonly heapPages?: number;
}

export function explained({
  engine,
  trace,
  choice,
  pricing,
  against,
  options,
  heapPages,
}: Request): Promise<Explanation> {
  const plan: ExplanationPlan = {
    trace,
    createStack: stackMaker(typeof engine === 'string' ? engineNamed(engine) : engine, options, heapPages),
    others: (against ?? []).map((name) => ({ name, createStack: stackMaker(engineNamed(name)) })),
    pricing: parsePricing(pricing ?? 'zen4-2022'),
    choice: choice ?? { kind: 'worst', count: 1 },
  };
  return explain(plan);
}

/** The explanation of one operation. */
export async function explainedOperation(request: Request): Promise<ExplainedOperation> {
  const { operations } = await explained(request);
  return operations[0]!;
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
