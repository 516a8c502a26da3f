import type { Explanation, Profile } from '../../harness/explain/explanation';
import { escapeControls } from '../../traces/input-error';
import { operationSpan, profileSpan, type Span } from './spans';

/**
 * An explanation as collapsed stacks, a line each: `trace;engine;operation;…;step;cause cycles`. flamegraph.pl and
 * everything that reads its input draw them; the cycles of all lines are those of the operations.
 */
export function explanationCollapsed({ engine, trace, operations }: Explanation): string {
  const stacks = new Map<string, number>();
  for (const operation of operations) {
    addStacks(operationSpan(operation, engine.name), [frame(trace.name)], stacks);
  }
  return stackLines(stacks);
}

/** A whole replay as collapsed stacks. */
export function profileCollapsed(profile: Profile): string {
  const stacks = new Map<string, number>();
  addStacks(profileSpan(profile), [frame(profile.trace.name)], stacks);
  return stackLines(stacks);
}

const stackLines = (stacks: ReadonlyMap<string, number>): string =>
  [...stacks].map(([stack, cycles]) => `${stack} ${cycles}\n`).join('');

function addStacks(span: Span, callers: readonly string[], stacks: Map<string, number>): void {
  const stack = [...callers, frame(span.name)];
  if (span.children.length > 0) {
    span.children.forEach((child) => addStacks(child, stack, stacks));
  } else if (span.cycles > 0) {
    const line = stack.join(';');
    stacks.set(line, (stacks.get(line) ?? 0) + span.cycles);
  }
}

/** `;` parts the frames of a stack. */
const frame = (name: string): string => escapeControls(name).replaceAll(';', ':');
