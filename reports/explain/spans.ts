import type { ExplainedOperation, StoryPart } from '../../harness/explain/explanation';
import { storySteps } from '../../harness/explain/story';
import { groupedInteger } from '../../harness/text/numbers';
import { wordsOf } from '../phrase';

/**
 * The story of an operation as nested spans of cycles: engine → loop → step → cause. Spans at one level follow each
 * other without a gap, and their children fill them exactly.
 */
export interface Span {
  readonly name: string;
  readonly kind: 'operation' | 'engine' | 'loop' | 'step' | 'cause';
  readonly cycles: number;
  readonly children: readonly Span[];
  /** More about it, in the order to be shown. */
  readonly facts: Readonly<Record<string, number>>;
}

/** The operation as a span that holds all others; `mainEngine` also gets what no step was reported for. */
export function operationSpan(operation: ExplainedOperation, mainEngine: string): Span {
  const { op, id, cycles, sizeBytes, instructions, events } = operation;
  return {
    name: `${op} #${groupedInteger(operation.operation)}`,
    kind: 'operation',
    cycles,
    children: engineSpans(operation.story, mainEngine),
    facts: { operation: operation.operation, id, sizeBytes, instructions, ...events },
  };
}

/** Consecutive parts of one engine make one span. */
function engineSpans(parts: readonly StoryPart[], mainEngine: string): Span[] {
  const spans: { name: string; children: Span[] }[] = [];
  for (const [index, part] of parts.entries()) {
    const name = engineOf(part) ?? engineOf(parts[index + 1]) ?? mainEngine;
    const last = spans[spans.length - 1];
    if (last?.name === name) {
      last.children.push(partSpan(part));
    } else {
      spans.push({ name, children: [partSpan(part)] });
    }
  }
  return spans.map(({ name, children }) => ({
    ...{ name, kind: 'engine', cycles: sumOf(children), children, facts: {} },
  }));
}

/** The engine of a part's first step that has one: bulk moves belong to the step that follows them. */
function engineOf(part: StoryPart | undefined): string | undefined {
  if (part === undefined) {
    return undefined;
  }
  return storySteps([part]).find(({ engine }) => engine !== '')?.engine;
}

function partSpan(part: StoryPart): Span {
  if (part.kind !== 'step') {
    const children = part.parts.map(partSpan);
    const name = part.kind === 'loop' ? `${groupedInteger(part.rounds)} rounds` : 'the rest';
    return { name, kind: 'loop', cycles: sumOf(children), children, facts: {} };
  }
  const { name, cycles, times, accesses, instructions, causes } = part;
  const children = Object.entries(causes).map(([cause, each]): Span => ({
    ...{ name: wordsOf(cause), kind: 'cause', cycles: each, children: [], facts: {} },
  }));
  return { name: wordsOf(name), kind: 'step', cycles, children, facts: { times, instructions, ...accesses } };
}

const sumOf = (spans: readonly Span[]): number => spans.reduce((sum, { cycles }) => sum + cycles, 0);
