import type { Comparison, Reason } from '../../harness/compare/comparison';
import { groupedInteger } from '../../harness/text/numbers';
import { causesText, operationText } from '../operation-text';
import { asciiText } from './ascii';
import { headline, nameText } from './headline';
import {
  absoluteText,
  byChange,
  cellLabels,
  folded,
  foldedTitle,
  relativeText,
  reportRows,
  statusRows,
  valueText,
  type FoldedRow,
} from './rows';
import { countsText, mostText, scorecard, type ScoreLine } from './scorecard';

/**
 * The comparison for a project that reviews by mail: plain ASCII that no mail program folds, short enough to be read,
 * with the cause of the worst regression and the command that replays it.
 */
export function comparisonMail(comparison: Comparison): string {
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
  ];
  return lines
    .slice(0, LINES_MAX)
    .map((line) => `${cut(asciiText(line))}\n`)
    .join('');
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
  return ['', ...worstLines(reason), ...replayLines(reason, comparison)];
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

function replayLines({ cell, pricing, kind }: Reason, comparison: Comparison): string[] {
  const worst = pricing.head.kinds[kind].worst[0];
  const { trace } = cellLabels(cell, comparison);
  const { name } = cell.head.engine;
  const { origin } = cell.head.trace;
  const specification = origin.kind === 'synthetic' ? syntheticText(origin) : trace;
  return worst === undefined
    ? []
    : [
        'Replay it:',
        `  alloc-replay explain "${specification}" \\`,
        `    -a ${name} -p ${pricing.id} --op ${worst.operation}`,
      ].map(nameText);
}

function syntheticText({
  generator,
  parameters,
  seed,
}: {
  readonly generator: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly seed: unknown;
}): string {
  const pairs = Object.entries(parameters).map(([parameter, value]) => `${parameter}=${String(value)}`);
  return `synth:${generator}?${[...pairs, `seed=${String(seed)}`].join('&')}`;
}

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
