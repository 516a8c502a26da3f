import type { Comparison, VerdictCounts } from '../../harness/compare/comparison';
import { countText, groupedInteger } from '../../harness/text/numbers';
import { escapeControls } from '../../traces/input-error';

/** What came out, in one line: counts, then what to do. */
export function headline({ verdict }: Comparison, marks = PLAIN_MARKS): string {
  const { counts, word, callToAction } = verdict;
  const parts = [
    part(counts.newlyFailing, `${marks.worse}${groupedInteger(counts.newlyFailing)} newly failing`),
    part(counts.regressions, marks.worse + regressionsText(counts)),
    part(counts.improvements, marks.better + countText(counts.improvements, 'improvement')),
    part(counts.nowWorking, `${marks.better}${groupedInteger(counts.nowWorking)} now working`),
    part(counts.notComparable, `${groupedInteger(counts.notComparable)} not comparable`),
    part(
      counts.missing,
      `${verdict.allowMissing ? '' : marks.worse}${groupedInteger(counts.missing)} missing`,
    ),
    part(counts.added, `${groupedInteger(counts.added)} added`),
    part(counts.changed, `${groupedInteger(counts.changed)} changed`),
    part(counts.stillFailing, `${groupedInteger(counts.stillFailing)} still failing`),
    part(counts.unsupported, `${groupedInteger(counts.unsupported)} n/a`),
    `${groupedInteger(counts.same)} unchanged`,
  ].flat();
  return `${word}: ${parts.join(', ')} ${marks.dash} ${callToAction}`;
}

function regressionsText({ regressions, regressionsUnlimited }: VerdictCounts): string {
  const unlimited =
    regressionsUnlimited === 0 ? '' : ` (${groupedInteger(regressionsUnlimited)} that no limit names)`;
  return countText(regressions, 'regression') + unlimited;
}

export interface Marks {
  readonly worse: string;
  readonly better: string;
  readonly dash: string;
}

const PLAIN_MARKS: Marks = { worse: '', better: '', dash: '-' };

const part = (count: number, text: string): string[] => (count === 0 ? [] : [text]);

/** No column is wide enough for a name without end. */
const NAME_LENGTH_MAX = 80;

export function shortened(name: string): string {
  const characters = [...name.slice(0, 2 * NAME_LENGTH_MAX)];
  return characters.length <= NAME_LENGTH_MAX && name.length <= 2 * NAME_LENGTH_MAX
    ? name
    : `${characters.slice(0, NAME_LENGTH_MAX - 1).join('')}…`;
}

/** A name as a terminal may show it. */
export const nameText = (name: string): string => escapeControls(shortened(name));
