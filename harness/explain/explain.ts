import type { Trace } from '../../traces/trace';
import { didYouMean, UsageError } from '../../traces/input-error';
import type { AccessStream } from '../machine/access-stream';
import { Pricing } from '../pricing/pricing';
import type { PricingSpecification } from '../pricing/specification';
import type { Outcome } from '../replay/outcome';
import type { ReallocPolicy } from '../replay/operations';
import { replay, type ReplayOptions, type ReplayReport } from '../replay/replay';
import type { Stack } from '../replay/stack';
import {
  EXPLANATION_SCHEMA,
  type Choice,
  type Elsewhere,
  type ExplainedOperation,
  type Explanation,
  type Refusal,
} from './explanation';
import { Failures } from './failures';
import { Ranking, type RankedOperation, type Wish } from './ranking';
import { refusalOf } from './refusal';
import { seeOperations, type SeenOperation } from './second-pass';
import type { StackMaker } from './step-machine';

/** What is to be explained. */
export interface ExplanationPlan {
  readonly trace: Trace;
  readonly createStack: StackMaker;
  /** Engines that the operations are compared on, by name; none where the trace adapts to placements. */
  readonly others: readonly { readonly name: string; readonly createStack: StackMaker }[];
  readonly pricing: PricingSpecification;
  readonly choice: Choice;
  /** What a realloc does on an engine without one. */
  readonly realloc?: ReallocPolicy;
  /** Told when one of the 2 + `others.length` passes over the trace is done. */
  readonly passDone?: () => void;
}

/**
 * Explains operations of a trace in two passes: one over the whole trace that finds them and ranks them, one up to the
 * last of them that looks at each step by step. What it keeps grows with the simulated memory, not with the trace.
 *
 * Rejects with a `UsageError` when there is no operation such as was chosen, with an `InputError` when the trace is
 * malformed, and with `NotDeterministic` when the two passes differ.
 */
export async function explain(plan: ExplanationPlan): Promise<Explanation> {
  const { trace, choice } = plan;
  const first = await rankOperations(plan, plan.createStack, (stack) => wishOf(choice, stack));
  const { stack, report, pricing, ranking } = first;
  const chosen = chosenOperations(choice, first);
  const seen = await seeOperations({
    trace,
    createStack: plan.createStack,
    pricing: plan.pricing,
    operations: chosen,
    replay: replayOptions(plan),
  });
  plan.passDone?.();
  const refusals = await refusalsOf(plan, chosen, seen, stack);
  const elsewhere = await operationsElsewhere(plan, chosen);
  return {
    schema: EXPLANATION_SCHEMA,
    engine: { name: stack.definition.name, version: stack.definition.version, options: stack.options },
    machine: { heapPages: stack.machine.heapPages, virtualPages: stack.machine.virtualPages },
    trace: {
      name: trace.header.name,
      adaptive: trace.header.origin.kind === 'synthetic' && trace.header.origin.adaptive,
      sha256: report.traceSha256 ?? null,
      events: report.events,
    },
    pricing: { id: pricing.id, profileSha256: pricing.profileSha256 },
    choice,
    stopped: stoppedAt(report.outcome),
    operations: chosen.map((operation, index) =>
      explainedOperation(operation, ranking, seen[index]!, refusals[index]!, elsewhere[index]!),
    ),
  };
}

interface RankedReplay {
  readonly stack: Stack;
  readonly report: ReplayReport;
  readonly pricing: Pricing;
  readonly ranking: Ranking;
  /** Of the operations that were wished for by their index. */
  readonly failures: Failures;
}

/** Replays the whole trace with every operation priced and ranked. */
async function rankOperations(
  plan: ExplanationPlan,
  createStack: StackMaker,
  wish: (stack: Stack) => Wish,
): Promise<RankedReplay> {
  const pricing = new Pricing(plan.pricing);
  const drain = (batch: AccessStream): void => {
    pricing.price(batch);
    ranking.record(batch, pricing);
  };
  const stack = createStack({ drain });
  const wished = wish(stack);
  const ranking = new Ranking(wished);
  const failures = new Failures(wished.operations);
  const report = await replay(plan.trace, stack, [failures], replayOptions(plan));
  plan.passDone?.();
  return { stack, report, pricing, ranking, failures };
}

function replayOptions({ realloc }: ExplanationPlan): Pick<ReplayOptions, 'realloc'> {
  return realloc === undefined ? {} : { realloc };
}

function wishOf(choice: Choice, { machine, definition }: Stack): Wish {
  switch (choice.kind) {
    case 'operation':
      return { operations: new Set([choice.operation]), count: 0 };
    case 'worst':
      return { operations: new Set(), count: choice.count };
    case 'lock': {
      const names = machine.locks.list().map(({ name }) => name);
      const lock = names.indexOf(choice.lock);
      if (lock < 0) {
        throw new UsageError({
          where: '--lock',
          problem: `${definition.name} has no lock "${choice.lock}"${didYouMean(choice.lock, names)}`,
          expected: names.length === 0 ? 'no --lock: it has no locks' : `one of ${names.join(', ')}`,
        });
      }
      return { operations: new Set(), count: choice.count, lock };
    }
  }
}

/** The operations of the choice; throws a `UsageError` where there are none. */
function chosenOperations(choice: Choice, { ranking, report }: RankedReplay): readonly RankedOperation[] {
  if (choice.kind === 'operation') {
    return [ranking.operation(choice.operation) ?? refuseOperation(choice.operation, report)];
  }
  if (ranking.dearest.length === 0) {
    const stopped = stoppedAt(report.outcome);
    throw new UsageError(
      choice.kind === 'lock' && stopped === null
        ? { where: '--lock', problem: `no operation of the trace takes the lock "${choice.lock}"` }
        : {
            problem: `nothing to explain: ${stopped?.problem ?? 'no operation of the trace reaches the engine'}`,
          },
    );
  }
  return ranking.dearest;
}

function refuseOperation(operation: number, { events, outcome }: ReplayReport): never {
  const stopped = stoppedAt(outcome);
  const where = '--op';
  if (stopped !== null && operation >= stopped.operation) {
    const problem = `the engine stopped at operation ${stopped.operation}: ${stopped.problem}`;
    throw new UsageError({ where, problem, expected: 'an operation before that' });
  }
  if (operation >= events) {
    const expected = events === 0 ? 'a trace with events' : `a number from 0 to ${events - 1}`;
    throw new UsageError({ where, problem: `${operation}: the trace has ${events} events`, expected });
  }
  throw new UsageError({
    where,
    problem: `event ${operation} was skipped: it is about an object without a block, or no allocator sees it`,
    expected: 'an operation that reaches the engine',
  });
}

export function stoppedAt(outcome: Outcome): Explanation['stopped'] {
  switch (outcome.kind) {
    case 'ok':
      return null;
    case 'unsupported':
      return { kind: outcome.kind, operation: outcome.index, problem: outcome.reason };
    default:
      return { kind: outcome.kind, operation: outcome.index, problem: outcome.problem };
  }
}

function explainedOperation(
  ranked: RankedOperation,
  ranking: Ranking,
  { recorded, failed, heap, site, call }: SeenOperation,
  refusal: Refusal | null,
  elsewhere: readonly Elsewhere[],
): ExplainedOperation {
  const { operation, op, id, sizeBytes, alignBytes, cycles } = ranked;
  const { causes, events, accesses, instructions, locks, story, provenance } = recorded;
  return {
    ...{ operation, op, id, sizeBytes, alignBytes, site, call, cycles, failed, refusal },
    standing: ranking.standing(ranked),
    ...{ causes, events, accesses, instructions, locks, story, provenance, heap, elsewhere },
  };
}

/** Why those failed that did; an operation that allocates nothing cannot be tried otherwise. */
async function refusalsOf(
  plan: ExplanationPlan,
  chosen: readonly RankedOperation[],
  seen: readonly SeenOperation[],
  stack: Stack,
): Promise<(Refusal | null)[]> {
  const refusals: (Refusal | null)[] = [];
  for (const [index, { operation, op, sizeBytes, alignBytes: align }] of chosen.entries()) {
    const { failed, heap } = seen[index]!;
    const refused = { operation, op, sizeBytes, align, oldBytes: 0, oldAlign: 0 };
    const isTried = failed && ['alloc', 'alignedalloc', 'realloc'].includes(op);
    const about = { trace: plan.trace, createStack: plan.createStack, replay: replayOptions(plan) };
    refusals.push(isTried ? await refusalOf(about, refused, heap, stack) : null);
  }
  return refusals;
}

/** The chosen operations on each of the other engines: a list for every operation, in the engines' order. */
async function operationsElsewhere(
  plan: ExplanationPlan,
  chosen: readonly RankedOperation[],
): Promise<Elsewhere[][]> {
  const wish: Wish = { operations: new Set(chosen.map(({ operation }) => operation)), count: 0 };
  const found: Elsewhere[][] = chosen.map(() => []);
  for (const { name, createStack } of plan.others) {
    const ranked = await rankOperations(plan, createStack, () => wish);
    for (const [index, { operation }] of chosen.entries()) {
      found[index]!.push(operationElsewhere(name, operation, ranked));
    }
  }
  return found;
}

function operationElsewhere(
  engine: string,
  operation: number,
  { ranking, report, failures }: RankedReplay,
): Elsewhere {
  const ranked = ranking.operation(operation);
  if (ranked !== undefined) {
    const { cycles, causes } = ranked;
    return {
      kind: 'ran',
      engine,
      cycles,
      failed: failures.has(operation),
      causes,
      standing: ranking.standing(ranked),
    };
  }
  const stopped = stoppedAt(report.outcome);
  const reason =
    stopped === null
      ? 'its object has no block there'
      : stopped.kind === 'unsupported'
        ? stopped.problem
        : `${stopped.kind} at #${stopped.operation}: ${stopped.problem}`;
  return { kind: 'none', engine, reason };
}
