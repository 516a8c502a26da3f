import type { ExplainedOperation, Explanation, StepRun, StoryPart } from '../../harness/explain/explanation';
import { storySteps } from '../../harness/explain/story';
import { countText, groupedInteger } from '../../harness/text/numbers';
import { wordsOf } from '../phrase';
import type { Terminal } from '../text-columns';
import { columns, sectionText, type Section } from './columns';
import { annotatedLines, placeLines } from './source-text';
import { hasSource, type SourceTexts } from './source-words';
import { refusalLines } from './refusal-text';
import { summary } from './summary';
import { elsewhereLines, heapLines, provenanceLines } from './text-state';
import { accessCount, mainCauseText, shareText, stepTitle, stepTotals, type StepTotal } from './words';

/** An explanation for one look: what happened and why in a few sentences, then the figures behind each of them. */
export function explanationText(
  explanation: Explanation,
  sources: SourceTexts = new Map(),
  terminal: Terminal = {},
): string {
  const { engine, trace, pricing, stopped, operations } = explanation;
  const head = `${engine.name} on ${trace.name}, ${countText(trace.events, 'event')}, priced ${pricing.id}`;
  const stop =
    stopped === null
      ? []
      : [`The replay ended ${stopped.kind} at #${groupedInteger(stopped.operation)}: ${stopped.problem}`];
  const sections = operations.map((operation) => operationLines(operation, explanation, sources));
  return sectionText([head, ...stop, ...sections.flat()], terminal);
}

function operationLines(
  operation: ExplainedOperation,
  explanation: Explanation,
  sources: SourceTexts,
): Section {
  const steps = storySteps(operation.story);
  const sections: Section[] = [
    ['', ...summary(operation, explanation)],
    refusalLines(operation, explanation),
    placeLines(steps, operation.cycles),
    stepLines(operation, explanation.engine.name),
    annotatedLines(steps, sources),
    causeLines(operation),
    lockLines(operation),
    provenanceLines(operation),
    heapLines(operation),
    elsewhereLines(operation, explanation),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index): Section => (index === 0 ? lines : ['', ...lines]));
}

/** More lines than these are no story for one look: then the steps are summed up. */
const STORY_LINES_MAX = 24;

function stepLines({ story, cycles }: ExplainedOperation, engine: string): Section {
  const rows = storyRows(story, '', cycles, engine);
  const isShort = rows.length <= STORY_LINES_MAX;
  // The places in the source have been summed up before.
  const others = stepTotals(story).filter(({ step }) => (step.source?.length ?? 0) === 0);
  const shown = isShort ? rows : others.map((total) => totalRow(total, cycles, engine));
  if (shown.length === 0) {
    return [];
  }
  const header = ['step', 'times', 'accesses', 'instructions', 'cycles', '', 'mostly'];
  const where = hasSource(storySteps(story)) ? 'What it did outside its source' : 'What it did';
  return [
    isShort ? 'What it did:' : `${where}, summed up by step (--format json tells it in order):`,
    ...columns(['left', 'right', 'right', 'right', 'right', 'right', 'left'], header, shown),
  ];
}

function storyRows(parts: readonly StoryPart[], indent: string, all: number, engine: string): string[][] {
  return parts.flatMap((part) => {
    if (part.kind === 'step') {
      return [stepRow(part, indent, all, engine)];
    }
    const title = part.kind === 'loop' ? `${groupedInteger(part.rounds)} rounds of` : 'and then, summed up';
    return [[indent + title], ...storyRows(part.parts, `${indent}  `, all, engine)];
  });
}

function stepRow(step: StepRun, indent: string, all: number, engine: string): string[] {
  const { times, accesses, instructions, cycles, causes } = step;
  return [
    indent + stepTitle(step, engine),
    ...[times, accessCount(accesses), instructions, cycles].map(groupedInteger),
    shareText(cycles, all),
    mainCauseText(causes, cycles),
  ];
}

function totalRow(total: StepTotal, all: number, engine: string): string[] {
  const { step, times, accesses, instructions, cycles, causes } = total;
  const figures = [times, accesses, instructions, cycles].map(groupedInteger);
  return [stepTitle(step, engine), ...figures, shareText(cycles, all), mainCauseText(causes, cycles)];
}

function causeLines({ causes, cycles }: ExplainedOperation): Section {
  const rows = Object.entries(causes)
    .sort(([, a], [, b]) => b - a)
    .map(([name, part]) => [wordsOf(name), groupedInteger(part), shareText(part, cycles)]);
  const total = ['together', groupedInteger(cycles)];
  return [
    'What its cycles went into:',
    ...columns(['left', 'right', 'right'], ['cause', 'cycles', ''], [...rows, total]),
  ];
}

function lockLines({ locks, cycles }: ExplainedOperation): Section {
  const rows = locks.map(({ name, heldCycles, holds, intervals }) => [
    name,
    groupedInteger(heldCycles),
    shareText(heldCycles, cycles),
    intervals.length === 1
      ? `from cycle ${groupedInteger(intervals[0]!.from)} to ${groupedInteger(intervals[0]!.to)}`
      : `${groupedInteger(holds)} times`,
  ]);
  const table = columns(['left', 'right', 'right', 'left'], ['lock', 'cycles', '', ''], rows);
  return table.length === 0 ? [] : ['Locks that it held, for which others wait:', ...table];
}
