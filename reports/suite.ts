import type { BrokenLimit } from '../harness/compare/broken-limits';
import { countText, groupedInteger } from '../harness/text/numbers';
import { isFailure, type MeasuredReplay } from '../harness/metrics/measured-replay';
import { LABELS, type Label, type Results } from '../harness/results/results';
import { escapeControls } from '../traces/input-error';
import { beyondText } from './beyond-text';
import { ANNOTATIONS_MAX, workflowCommand } from './ci/workflow-commands';
import { shortened } from './comparison/headline';
import { escapeName } from './markdown/table';
import { phraseText } from './phrase';
import { stopText } from './trace-groups';
import { verdict } from './verdict';

/** What a suite says of itself: which limits it breaks and how its cells ended, for a terminal and for GitHub. */

/** `quick: 12 cells (4 recorded, primary; 8 synthetic, secondary): 11 ok, 1 n/a, 2 limits broken`. */
export function suiteHeadline(results: Results, broken: readonly BrokenLimit[]): string {
  const { replays, suite } = results;
  const labels = LABELS.map((label) => [label, countOf(suite?.labels ?? [], label)] as const)
    .filter(([, count]) => count > 0)
    .map(([label, count]) => `${groupedInteger(count)} ${label}, ${RANK[label]}`);
  const kinds = replays.map(({ outcome }) => (outcome.kind === 'unsupported' ? 'n/a' : outcome.kind));
  const ends = [...new Set(kinds)].map((kind) => `${groupedInteger(countOf(kinds, kind))} ${kind}`);
  const limits = broken.length === 0 ? [] : [`${countText(broken.length, 'limit')} broken`];
  const cells = countText(replays.length, 'cell');
  const named = labels.length === 0 ? cells : `${cells} (${labels.join('; ')})`;
  return `${suite?.name ?? 'suite'}: ${named}: ${[...ends, ...limits].join(', ')}`;
}

const RANK: Readonly<Record<Label, string>> = {
  recorded: 'primary',
  synthetic: 'secondary',
  adversarial: 'secondary',
};

const countOf = <T>(items: readonly T[], wanted: T): number => items.filter((item) => item === wanted).length;

/** One line a limit that is broken, for a terminal. */
export function brokenLimitsText(broken: readonly BrokenLimit[]): string {
  return broken
    .map((each) => `limit broken: ${escapeControls(`${placeOf(each)}: ${beyondText(each)}`)}\n`)
    .join('');
}

/** Annotations for a job on GitHub Actions: cells that did not finish, limits that are broken, then all in a line. */
export function suiteAnnotations(results: Results, broken: readonly BrokenLimit[]): string {
  const stopped = stoppedReplays(results).map((replay) =>
    workflowCommand('error', `${cellOf(replay)}: ${replay.outcome.kind}`, stopText(replay) ?? ''),
  );
  const beyond = broken.map((each) => workflowCommand('error', placeOf(each), beyondText(each)));
  return [
    ...[...stopped, ...beyond].slice(0, ANNOTATIONS_MAX),
    workflowCommand('notice', 'alloc-replay', suiteHeadline(results, broken)),
  ].join('');
}

/** The same for the page of the job, in Markdown, with the verdict on every trace. */
export function suiteSummary(results: Results, broken: readonly BrokenLimit[]): string {
  const item = (text: string) => `- ${text}\n`;
  const sentences = verdict(results).map((phrase) => item(phraseText(phrase, escapeName)));
  return [
    `### alloc-replay: ${escapeName(suiteHeadline(results, broken))}\n\n`,
    ...stoppedReplays(results).map((replay) =>
      item(`❌ ${escapeName(cellOf(replay))}: ${escapeName(stopText(replay) ?? '')}`),
    ),
    ...broken.map((each) => item(`❌ ${escapeName(placeOf(each))}: ${beyondText(each)}`)),
    ...sentences,
    '\n',
  ].join('');
}

const stoppedReplays = ({ replays }: Results): MeasuredReplay[] =>
  replays.filter(({ outcome }) => isFailure(outcome));

const cellOf = ({ engine, trace }: MeasuredReplay): string =>
  `${shortened(engine.name)} on ${shortened(trace.name)}`;

const placeOf = ({ replay, pricing, metric }: BrokenLimit): string =>
  `${cellOf(replay)}${pricing === null ? '' : `, ${pricing}`}: ${metric}`;
