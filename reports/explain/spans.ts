import type { ExplainedOperation, Profile, StoryPart, SourceLine } from '../../harness/explain/explanation';
import { storySteps } from '../../harness/explain/story';
import { groupedInteger } from '../../harness/text/numbers';
import { wordsOf } from '../phrase';

/**
 * The story of an operation as nested spans of cycles: engine → loop → step → cause; a step of a compiled engine is a
 * line, within the functions that it was inlined into. Spans at one level follow each
 * other without a gap, and their children fill them exactly.
 */
export interface Span {
  readonly name: string;
  readonly kind: 'operation' | 'engine' | 'function' | 'loop' | 'step' | 'cause';
  readonly cycles: number;
  readonly children: readonly Span[];
  /** More about it, in the order to be shown. */
  readonly facts: Readonly<Record<string, number>>;
  /** Where a function or line of a compiled engine stands. */
  readonly source?: { readonly file: string; readonly line?: number };
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

/** A whole replay as a span; its steps stand in the order of their cycles. */
export function profileSpan({ engine, operations, cycles, steps }: Profile): Span {
  return {
    name: `all ${groupedInteger(operations)} operations`,
    ...{ kind: 'operation', cycles, children: engineSpans(steps, engine.name), facts: {} },
  };
}

/** Consecutive parts of one engine make one span. */
function engineSpans(parts: readonly StoryPart[], mainEngine: string): Span[] {
  const engines: { name: string; parts: StoryPart[] }[] = [];
  for (const [index, part] of parts.entries()) {
    const name = engineOf(part) ?? engineOf(parts[index + 1]) ?? mainEngine;
    const last = engines[engines.length - 1];
    if (last?.name === name) {
      last.parts.push(part);
    } else {
      engines.push({ name, parts: [part] });
    }
  }
  return engines.map(({ name, parts: own }) => {
    const children = partSpans(own, 0);
    return { name, kind: 'engine', cycles: sumOf(children), children, facts: {} };
  });
}

/** The engine of a part's first step that has one: bulk moves belong to the step that follows them. */
function engineOf(part: StoryPart | undefined): string | undefined {
  if (part === undefined) {
    return undefined;
  }
  return storySteps([part]).find(({ engine }) => engine !== '')?.engine;
}

/**
 * The spans of parts in order. Consecutive lines that were inlined into one function lie within a span of that, from
 * the outermost, of which `depth` have been told already, to the innermost.
 */
function partSpans(parts: readonly StoryPart[], depth: number): Span[] {
  const spans: Span[] = [];
  for (let index = 0; index < parts.length;) {
    const frame = functionAt(parts[index]!, depth);
    let end = index + 1;
    if (frame === undefined) {
      spans.push(partSpan(parts[index]!));
    } else {
      while (end < parts.length && isSameFunction(functionAt(parts[end]!, depth), frame)) {
        end++;
      }
      const children = partSpans(parts.slice(index, end), depth + 1);
      const { functionName, file } = frame;
      spans.push({
        ...{ name: functionName, kind: 'function', cycles: sumOf(children), children, facts: {} },
        source: { file },
      });
    }
    index = end;
  }
  return spans;
}

/** The function that a step lies in, `depth` inlined functions below the outermost; a loop of such steps has theirs. */
function functionAt(part: StoryPart, depth: number): SourceLine | undefined {
  if (part.kind === 'step') {
    const { source } = part;
    return source === null ? undefined : source[source.length - 1 - depth];
  }
  const [first, ...others] = part.parts.map((each) => functionAt(each, depth));
  return others.every((other) => isSameFunction(other, first)) ? first : undefined;
}

function isSameFunction(one: SourceLine | undefined, other: SourceLine | undefined): boolean {
  return one?.functionName === other?.functionName && one?.file === other?.file;
}

function partSpan(part: StoryPart): Span {
  if (part.kind !== 'step') {
    const children = partSpans(part.parts, commonDepth(part));
    const name = part.kind === 'loop' ? `${groupedInteger(part.rounds)} rounds` : 'the rest';
    return { name, kind: 'loop', cycles: sumOf(children), children, facts: {} };
  }
  const { name, source, cycles, times, accesses, fromMemory, instructions, causes } = part;
  const children = Object.entries(causes).map(([cause, each]): Span => ({
    ...{ name: wordsOf(cause), kind: 'cause', cycles: each, children: [], facts: {} },
  }));
  const facts = { times, instructions, ...accesses, fromMemory };
  const [place] = source ?? [];
  return place === undefined
    ? { name: wordsOf(name), kind: 'step', cycles, children, facts }
    : {
        ...{ name: lineName(place), kind: 'step', cycles, children, facts },
        source: { file: place.file, line: place.line },
      };
}

/** How many functions around a loop all its steps share: the spans that it lies in already. */
function commonDepth(part: StoryPart): number {
  let depth = 0;
  while (functionAt(part, depth) !== undefined) {
    depth++;
  }
  return depth;
}

const lineName = ({ functionName, file, line }: SourceLine): string =>
  line === 0 ? functionName : `${file}:${line}`;

const sumOf = (spans: readonly Span[]): number => spans.reduce((sum, { cycles }) => sum + cycles, 0);
