import type { Comparison, Reason } from '../../harness/compare/comparison';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { groupedInteger } from '../../harness/text/numbers';
import { causesText, operationText } from '../operation-text';
import { asciiText } from './ascii';
import { headline, nameText } from './headline';
import {
  absoluteText,
  byChange,
  folded,
  foldedTitle,
  relativeText,
  reportRows,
  statusRows,
  valueText,
  type FoldedRow,
} from './rows';
import { originText } from '../trace-groups';
import type { CalledReplay, RenderOptions } from './text';
import { countsText, mostText, scorecard, type ScoreLine } from './scorecard';

/**
 * The comparison for a project that reviews by mail: plain ASCII that no mail program folds, short enough to be read,
 * with the cause of the worst regression and the command that replays it.
 */
export function comparisonMail(
  comparison: Comparison,
  { called }: Pick<RenderOptions, 'called'> = {},
): string {
  const { base, head } = comparison;
  const failing = statusRows(comparison).filter(
    ({ status }) => status === 'newly failing' || status === 'missing',
  );
  const rows = folded(
    reportRows(comparison)
      .filter(({ row }) => row.judgement === 'regression')
      .sort(byChange),
  );
  const lines = [
    ...wrapped(headline(comparison)),
    `${nameText(base.label)} -> ${nameText(head.label)}`,
    '',
    ...scorecard(comparison).map(scoreText),
    ...failing
      .slice(0, FAILING_SHOWN)
      .map(
        ({ engine, trace, status, because }) =>
          `${status}: ${nameText(engine)} on ${nameText(trace)}${because === '' ? '' : `: ${because}`}`,
      ),
    ...(rows.length === 0
      ? []
      : [
          '',
          `Regressions, the worst ${Math.min(rows.length, ROWS_SHOWN)} of ${groupedInteger(rows.length)}:`,
        ]),
    ...rows.slice(0, ROWS_SHOWN).flatMap(rowText),
    ...causeText(comparison),
  ].map((line) => cut(asciiText(line)));
  const replay = replayLines(comparison, called);
  return [...lines.slice(0, LINES_MAX - replay.length), ...replay].map((line) => `${line}\n`).join('');
}

const COLUMNS_MAX = 72;
const LINES_MAX = 30;
const ROWS_SHOWN = 4;
const FAILING_SHOWN = 2;

const scoreText = (line: ScoreLine): string =>
  `${line.question.padEnd(16)} ${line.answer.padEnd(6)} ${mostText(line, '->')}${line.most === undefined ? '' : `; ${countsText(line)}`}`.trimEnd();

function rowText(each: FoldedRow): string[] {
  const { row, trace, engine } = each;
  return [
    `- ${foldedTitle(each)}: ${valueText(row, row.base)} -> ${valueText(row, row.head)}, ${absoluteText(row)} (${relativeText(row)})`,
    `  ${nameText(engine)} on ${nameText(trace)}${row.pricing === null ? '' : `, ${nameText(row.pricing)}`}`,
  ];
}

function causeText(comparison: Comparison): string[] {
  const [reason] = comparison.reasons;
  if (reason === undefined) {
    return [];
  }
  return ['', ...worstLines(reason)];
}

function worstLines({ pricing, kind }: Reason): string[] {
  const [before, after] = [pricing.base.kinds[kind].worst[0], pricing.head.kinds[kind].worst[0]];
  if (after === undefined) {
    return [];
  }
  const was = before === undefined ? '' : ` (was ${groupedInteger(before.cycles)})`;
  return [
    `Worst ${kind}: ${groupedInteger(after.cycles)} cycles${was}, ${operationText(after)}`,
    `  ${causesText(after)}`,
  ];
}

/** The command that explains the worst operation, which can be pasted as it stands; none where a name is no ASCII. */
function replayLines({ reasons }: Comparison, called: RenderOptions['called']): string[] {
  const [reason] = reasons;
  if (reason === undefined) {
    return [];
  }
  const { cell, pricing, kind } = reason;
  const worst = pricing.head.kinds[kind].worst[0];
  const { trace, engine, options } = called?.(cell.head) ?? calledByResults(cell.head);
  const groups = [
    ['alloc-replay', 'explain', `"${trace}"`],
    ['-a', engine, '-p', pricing.id, '--op', String(worst?.operation)],
    ...pairs(options),
  ];
  const isPlain = /^[ #%-[\]-_a-~]*$/.test([trace, ...groups.slice(1).flat()].join(' '));
  return worst === undefined || !isPlain ? [] : ['Replay it:', ...commandLines(groups.map(shellWords))];
}

/** Results alone do not say where a file lies, nor by which path an engine was loaded. */
function calledByResults({ trace, engine, machine }: MeasuredReplay): CalledReplay {
  return {
    trace: trace.origin.kind === 'synthetic' ? originText(trace) : trace.name,
    engine: engine.name,
    options: ['--heap-pages', String(machine.heapPages)],
  };
}

const pairs = (words: readonly string[]): string[][] =>
  words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1]!]] : []));

const shellWords = (words: readonly string[]): string =>
  words.map((word) => (/^(?:"[^"]*"|[\w./:=@,+%-]+)$/.test(word) ? word : `"${word}"`)).join(' ');

/** Groups of words over lines of the shell; one that is too long goes on at the very start of the next line. */
function commandLines(groups: readonly string[]): string[] {
  const [first = '', ...rest] = groups;
  const lines = [`  ${first}`, ...rest.map((group) => `    ${group}`)].flatMap((line, index, all) => {
    const parts = line.match(new RegExp(`.{1,${COLUMNS_MAX - SHELL_GOES_ON.length}}`, 'g'))!;
    const isLast = index === all.length - 1;
    return parts.map((part, at) =>
      at < parts.length - 1 ? `${part}\\` : isLast ? part : part + SHELL_GOES_ON,
    );
  });
  return lines;
}

const SHELL_GOES_ON = ' \\';

/** A line of words as lines that fit, the later ones indented. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= COLUMNS_MAX) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(last === undefined ? word : `  ${word}`);
    }
  }
  return lines;
}

const cut = (line: string): string =>
  line.length <= COLUMNS_MAX ? line : `${line.slice(0, COLUMNS_MAX - 3)}...`;
