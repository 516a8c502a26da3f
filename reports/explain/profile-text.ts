import type { Profile } from '../../harness/explain/explanation';
import { countText, groupedInteger } from '../../harness/text/numbers';
import type { Terminal } from '../text-columns';
import { columns, sectionText, type Section } from './columns';
import { annotatedLines, placeLines } from './source-text';
import { hasSource, type SourceTexts } from './source-words';
import { accessCount, mainCauseText, shareText, stepTitle } from './words';

/** A whole replay by step, or by line of the source, for a terminal. */
export function profileText(profile: Profile, sources: SourceTexts, terminal: Terminal = {}): string {
  const { engine, trace, pricing, operations, cycles, steps, stopped } = profile;
  const head =
    `${engine.name} on ${trace.name}, ${countText(operations, 'operation')}, ` +
    `${groupedInteger(cycles)} cycles under ${pricing.id}`;
  const stop =
    stopped === null
      ? []
      : [`The replay ended ${stopped.kind} at #${groupedInteger(stopped.operation)}: ${stopped.problem}`];
  const rows = steps
    .filter(({ source }) => (source?.length ?? 0) === 0)
    .map((step) => [
      stepTitle(step, engine.name),
      ...[step.times, accessCount(step.accesses), step.instructions, step.cycles].map(groupedInteger),
      shareText(step.cycles, cycles),
      mainCauseText(step.causes, step.cycles),
    ]);
  const table = columns(
    ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    ['step', 'times', 'accesses', 'instructions', 'cycles', '', 'mostly'],
    rows,
  );
  const stepTitleLine = hasSource(steps) ? 'And outside its source:' : 'What it did, summed up by step:';
  const sections: Section[] = [
    placeLines(steps, cycles),
    table.length === 0 ? [] : [stepTitleLine, ...table],
    annotatedLines(steps, sources),
  ];
  const parts = sections.filter((lines) => lines.length > 0).flatMap((lines): Section => ['', ...lines]);
  return sectionText([head, ...stop, ...parts], terminal);
}
