import type { ChangedLine, Figures, SourceDifference } from '../../harness/explain/source-difference';
import { groupedInteger } from '../../harness/text/numbers';
import type { Terminal } from '../text-columns';
import { columns, sectionText, type Section } from './columns';

/** What `sourceDifferencesText` tells of one replay. */
export interface ToldDifference {
  readonly trace: string;
  readonly engine: string;
  readonly placedElsewhere: number | null;
  readonly difference: SourceDifference;
}

const FUNCTIONS_SHOWN_MAX = 12;
const LINES_SHOWN_MAX = 24;

/** Where in the source two revisions differ, for a terminal; empty where nothing does. */
export function sourceDifferencesText(
  differences: readonly ToldDifference[],
  terminal: Terminal = {},
): string {
  return sectionText(
    differences.flatMap((difference): Section => ['', ...differenceLines(difference)]),
    terminal,
  );
}

function differenceLines({ trace, engine, placedElsewhere, difference }: ToldDifference): Section {
  const { lines, functions, pricing } = difference;
  const placed =
    placedElsewhere === null
      ? 'placements are identical'
      : `placements differ first at #${groupedInteger(placedElsewhere)}`;
  const shownLines = lines.slice(0, LINES_SHOWN_MAX);
  const shownFunctions = functions.slice(0, FUNCTIONS_SHOWN_MAX);
  const rest = (count: number) => (count > 0 ? [`  and ${groupedInteger(count)} more`] : []);
  return [
    `Where in its source ${engine} differs on ${trace}, over the whole replay under ${pricing}; ${placed}:`,
    ...columns(
      ['left', 'left', 'left', 'right', 'right', 'right'],
      ['', 'line', '', 'accesses', 'instructions', 'cycles'],
      shownLines.map(lineRow),
    ),
    ...rest(lines.length - shownLines.length),
    ...columns(
      ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
      ['function', 'accesses', '', 'instructions', '', 'cycles', ''],
      shownFunctions.map(({ functionName, file, base, head }) => [
        `${functionName} ${file}`,
        ...(['accesses', 'instructions', 'cycles'] as const).flatMap((figure) => [
          figureText(base, figure),
          `-> ${figureText(head, figure)}`,
        ]),
      ]),
    ),
    ...rest(functions.length - shownFunctions.length),
  ];
}

function lineRow({ side, functionName, file, line, text, figures }: ChangedLine): string[] {
  return [
    side === 'base' ? '-' : '+',
    `${functionName} ${file}:${line}`,
    text,
    ...[figures.accesses, figures.instructions, figures.cycles].map(groupedInteger),
  ];
}

const figureText = (figures: Figures | null, name: keyof Figures): string =>
  figures === null ? 'none' : groupedInteger(figures[name]);
