import type { StepRun, SourceLine } from '../../harness/explain/explanation';
import { groupedInteger } from '../../harness/text/numbers';
import { columns, type Section } from './columns';
import {
  accessesText,
  annotatedStretches,
  lineCosts,
  placeCosts,
  placeText,
  type AnnotatedLine,
  type SourceTexts,
} from './source-words';
import { shareText } from './words';

/** What a compiled engine did, by function and line of its source, for a terminal. */

/** Behind these come places that nobody looks for. */
const PLACES_SHOWN_MAX = 30;

/** The places in the source, those with most cycles first; nothing for an engine without a source. */
export function placeLines(steps: readonly StepRun[], cycles: number): Section {
  const costs = placeCosts(steps);
  if (costs.length === 0) {
    return [];
  }
  const rows = costs.slice(0, PLACES_SHOWN_MAX).map((cost) => {
    const [innermost, ...callers] = cost.place;
    return [
      placeText(innermost!),
      groupedInteger(cost.times),
      accessesText(cost),
      groupedInteger(cost.instructions),
      groupedInteger(cost.cycles),
      shareText(cost.cycles, cycles),
      callersText(innermost!, callers),
    ];
  });
  const more = costs.length - rows.length;
  return [
    'Where in the source its cycles went:',
    ...columns(
      ['left', 'right', 'left', 'right', 'right', 'right', 'left'],
      ['function and line', 'times', 'accesses', 'instructions', 'cycles', '', 'inlined'],
      rows,
    ),
    ...(more > 0 ? [`  and ${groupedInteger(more)} more (--format json has them all)`] : []),
  ];
}

/** `in pool_grow:198, pool_allocate:238`: by name and line, with the file where it is another. */
function callersText({ file }: SourceLine, callers: readonly SourceLine[]): string {
  const texts = callers.map((caller) =>
    caller.file === file ? `${caller.functionName}:${caller.line}` : placeText(caller),
  );
  return texts.length === 0 ? '' : `in ${texts.join(', ')}`;
}

/** The source beside what each line cost, as far as it is at hand. */
export function annotatedLines(steps: readonly StepRun[], sources: SourceTexts): Section {
  return [...lineCosts(steps)].flatMap(([file, costs]) => {
    const texts = sources.get(file);
    if (texts === undefined) {
      return [];
    }
    const rows = annotatedStretches(costs, texts).flatMap((stretch, index) => [
      ...(index === 0 ? [] : [['', '', '…', '']]),
      ...stretch.map(annotatedRow),
    ]);
    const header = ['cycles', 'instructions', 'line', file];
    return [
      'The source, and what its lines cost:',
      ...columns(['right', 'right', 'right', 'left'], header, rows),
    ];
  });
}

function annotatedRow({ line, text, cost }: AnnotatedLine): string[] {
  const source = `${text.replaceAll('\t', '    ').trimEnd()}`;
  const accesses = cost === undefined ? '' : accessesText(cost);
  return [
    cost === undefined ? '' : groupedInteger(cost.cycles),
    cost === undefined ? '' : groupedInteger(cost.instructions),
    String(line),
    accesses === '' ? source : `${source.padEnd(SOURCE_WIDTH)}  | ${accesses}`,
  ];
}

/** Most lines of C are shorter; beside these what they touched stands in one column. */
const SOURCE_WIDTH = 80;
