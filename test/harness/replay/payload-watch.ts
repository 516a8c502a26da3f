import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import type { Outcome } from '../../../harness/replay/outcome';
import { spoiltOutcome } from '../../../harness/replay/payload-writer';
import type { EngineDefinition } from '../../../harness/replay/port';
import { replay } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import type { Trace } from '../../../traces/trace';
import { traceOf } from './toy-engine';

export const HEAP_PAGES = 2048;
export const VIRTUAL_PAGES = 32_768;

/** How a replay under the eyes of the witness ends. */
async function watched(
  definition: EngineDefinition,
  trace: Trace,
  options: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const plan = {
    trace,
    createStack: (watch: object) =>
      createStack(
        definition,
        options,
        { heapPages: HEAP_PAGES, virtualPages: VIRTUAL_PAGES, ...watch },
        engineNamed,
      ),
    replay: { payload: 'throughout' as const },
  };
  return spoiltOutcome(plan, await replay(trace, plan.createStack({}), [], plan.replay));
}

export async function expectSpoilt(
  definition: EngineDefinition,
  rows: readonly string[],
  operation: number,
  problem: RegExp,
  options?: Readonly<Record<string, string>>,
): Promise<string> {
  const outcome = await watched(definition, traceOf(rows), options);
  assert.is(outcome.kind, 'corrupt');
  if (outcome.kind !== 'corrupt') {
    return '';
  }
  assert.match(outcome.problem, problem);
  assert.is(outcome.index, operation, outcome.problem);
  assert.is(outcome.op, rows[operation]!.split(',')[0]);
  return outcome.lastStep;
}

export async function expectIntact(
  definition: EngineDefinition,
  rows: readonly string[],
  options?: Readonly<Record<string, string>>,
): Promise<void> {
  const outcome = await watched(definition, traceOf(rows), options);
  assert.is(outcome.kind, 'ok', JSON.stringify(outcome));
}

export const allocations = (first: number, count: number, bytes: number): string[] =>
  Array.from({ length: count }, (_, index) => `alloc,${first + index},${bytes},0`);
