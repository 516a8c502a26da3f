import type { AccessCounts, StepRun, SourceLine } from '../../harness/explain/explanation';
import { groupedInteger } from '../../harness/text/numbers';
import { accessCount } from './words';

/** What was done at places of a compiled engine's source, summed up from steps. */

/** The lines of source files that are at hand, by the names that steps give the files. */
export type SourceTexts = ReadonlyMap<string, readonly string[]>;

export interface SourceCost {
  /** Innermost first, each inlined into the next. */
  readonly place: readonly SourceLine[];
  readonly times: number;
  readonly accesses: AccessCounts;
  readonly fromMemory: number;
  readonly instructions: number;
  readonly cycles: number;
}

/** `block_merge tlsf.c:512`; the function alone where nothing is known of lines. */
export function placeText({ functionName, file, line }: SourceLine): string {
  return line === 0 ? functionName : `${functionName} ${file}:${line}`;
}

/** Whether any step has a place in a source. */
export const hasSource = (steps: readonly StepRun[]): boolean =>
  steps.some(({ source }) => (source?.length ?? 0) > 0);

/** The places of steps, each with its callers; those with most cycles first. */
export function placeCosts(steps: readonly StepRun[]): SourceCost[] {
  return summedUp(steps, (place) => JSON.stringify(place)).sort((a, b) => b.cycles - a.cycles);
}

/** The lines of each file, whoever inlined them, in the order of the file; files by name. */
export function lineCosts(steps: readonly StepRun[]): ReadonlyMap<string, readonly SourceCost[]> {
  const files = new Map<string, SourceCost[]>();
  for (const cost of summedUp(steps, ([innermost]) => `${innermost!.file}\n${innermost!.line}`)) {
    const { file, line } = cost.place[0]!;
    if (line > 0) {
      files.set(file, [...(files.get(file) ?? []), cost]);
    }
  }
  files.forEach((costs) => costs.sort((a, b) => a.place[0]!.line - b.place[0]!.line));
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function summedUp(steps: readonly StepRun[], keyOf: (place: readonly SourceLine[]) => string): SourceCost[] {
  const sums = new Map<string, SourceCost>();
  for (const { source, times, accesses, fromMemory, instructions, cycles } of steps) {
    if (source !== null && source.length > 0) {
      const key = keyOf(source);
      const sum = sums.get(key);
      sums.set(key, {
        place: sum?.place ?? source,
        times: times + (sum?.times ?? 0),
        accesses: sum === undefined ? accesses : accessSum(accesses, sum.accesses),
        fromMemory: fromMemory + (sum?.fromMemory ?? 0),
        instructions: instructions + (sum?.instructions ?? 0),
        cycles: cycles + (sum?.cycles ?? 0),
      });
    }
  }
  return [...sums.values()];
}

function accessSum(a: AccessCounts, b: AccessCounts): AccessCounts {
  return {
    loads: a.loads + b.loads,
    chases: a.chases + b.chases,
    stores: a.stores + b.stores,
    updates: a.updates + b.updates,
  };
}

/** `4 loads, 1 store, 1 from memory`. */
export function accessesText({ accesses, fromMemory }: Pick<SourceCost, 'accesses' | 'fromMemory'>): string {
  const { loads, chases, stores, updates } = accesses;
  const counts: readonly (readonly [number, string, string])[] = [
    [loads + chases, 'load', 'loads'],
    [stores, 'store', 'stores'],
    [updates, 'update', 'updates'],
  ];
  const texts = counts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${groupedInteger(count)} ${count === 1 ? one : many}`);
  if (fromMemory > 0) {
    texts.push(
      fromMemory === accessCount(accesses) ? 'all from memory' : `${groupedInteger(fromMemory)} from memory`,
    );
  }
  return texts.join(', ');
}

/** Lines of a file that a reader wants to see: those that cost something, and around each what stands next to it. */
export interface AnnotatedLine {
  readonly line: number;
  readonly text: string;
  readonly cost: SourceCost | undefined;
}

const CONTEXT_LINES = 2;

/** Stretches of a file, each without a gap. */
export function annotatedStretches(
  costs: readonly SourceCost[],
  texts: readonly string[],
): AnnotatedLine[][] {
  const byLine = new Map(costs.map((cost) => [cost.place[0]!.line, cost]));
  const shown = new Set<number>();
  for (const line of byLine.keys()) {
    for (let near = line - CONTEXT_LINES; near <= line + CONTEXT_LINES; near++) {
      if (near >= 1 && near <= texts.length) {
        shown.add(near);
      }
    }
  }
  const stretches: AnnotatedLine[][] = [];
  for (const line of [...shown].sort((a, b) => a - b)) {
    const last = stretches.at(-1);
    const annotated = { line, text: texts[line - 1]!, cost: byLine.get(line) };
    if (last?.at(-1)?.line === line - 1) {
      last.push(annotated);
    } else {
      stretches.push([annotated]);
    }
  }
  return stretches;
}
