import type { EmittedFile } from '../../../reports/ci/emitter';
import { EMITTERS } from '../../../reports/ci/registry';
import { didYouMean, UsageError } from '../../../traces/input-error';
import type { BrokenLimit } from '../../compare/broken-limits';
import { TREND_FORMATS } from '../../../reports/comparison/trend';
import { appendToHistory, expectAppendable, readHistory } from '../../compare/history';
import { changesOfLastRun, trendOf } from '../../compare/trend';
import type { Results } from '../../results/results';
import { list, text, type ValuesOf } from './option';
import { commaList } from './shared-options';
import { currentCommit } from '../sides/worktree';
import { print, printLine, standardTerminal } from '../output/terminal';

/** Options of `run`, `suite` and `merge` by which results go to other tools and to a history. */

/** What is made of results besides the reports. */
export interface CiOutputs {
  /** Of what is emitted, the files that are there whatever the results are. */
  readonly names: readonly string[];
  readonly emitted: (results: Results, broken?: readonly BrokenLimit[]) => EmittedFile[];
  readonly append: (results: Results) => void;
}

const GROUP = 'Continuous integration:';

export const ciOptions = {
  emit: list(`With --out, also write: ${EMITTERS.map(({ name }) => name).join(', ')} (comma-separated)`, {
    group: GROUP,
  }),
  append: text('Append what this run changed to a history (CSV), for `trend`', {
    group: GROUP,
    completes: 'file',
  }),
  commit: text('With --append: what was run (default: HEAD of git)', { group: GROUP }),
  label: text('With --append: which series of runs this is (nightly, a branch, a host)', { group: GROUP }),
};

export type CiArguments = ValuesOf<typeof ciOptions>;

/** Checks the options, before anything runs. Throws a `UsageError`; the two functions do their part afterwards. */
export function ciOutputs(argv: CiArguments & { readonly out: string | undefined }): CiOutputs {
  const names = EMITTERS.map(({ name }) => name);
  const chosen = commaList(argv.emit).map((wanted) => {
    const emitter = EMITTERS.find(({ name }) => name === wanted);
    if (emitter === undefined) {
      throw new UsageError({
        where: '--emit',
        problem: `"${wanted}"${didYouMean(wanted, names)}`,
        expected: `some of ${names.join(', ')}`,
      });
    }
    return emitter;
  });
  if (chosen.length > 0 && argv.out === undefined) {
    throw new UsageError({ where: '--emit', problem: 'no --out', expected: 'a folder to write to' });
  }
  const commit = argv.append === undefined ? '' : commitOf(argv);
  if (argv.append !== undefined) {
    expectAppendable(argv.append);
  }
  return {
    names: chosen.flatMap((emitter) => emitter.names),
    emitted: (results, broken) => chosen.flatMap(({ files }) => files(results, broken)),
    append: (results) => {
      if (argv.append !== undefined) {
        const date = new Date().toISOString().replace(/\.\d+/, '');
        const label = argv.label ?? '';
        appendToHistory(argv.append, results, { commit, label, date });
        tellSinceLastRun(argv.append, label);
      }
    },
  };
}

/** A nightly run is compared with the one before it, of the same label, without being asked. */
function tellSinceLastRun(file: string, label: string): void {
  const trend = trendOf(readHistory(file), { metrics: [], label });
  if (trend.runs < 2) {
    return;
  }
  const changes = changesOfLastRun(trend);
  const worse = changes.filter(({ judgement }) => judgement === 'worse');
  if (worse.length > 0) {
    print(`\n${TREND_FORMATS[0]!.render({ ...trend, changes: worse }, standardTerminal())}`);
  }
  const [better, other] = ['better', 'not comparable'].map(
    (wanted) => changes.filter(({ judgement }) => judgement === wanted).length,
  );
  const counts = `${worse.length} worse, ${better} better, ${other} not comparable`;
  printLine(`Since the run before in ${file}: ${counts}.`);
}

function commitOf({ commit, append }: CiArguments): string {
  const found = commit ?? currentCommit();
  if (found === undefined) {
    throw new UsageError({
      where: `--append ${append ?? ''}`,
      problem: 'no commit, and the working directory is in no git repository',
      expected: '--commit REV',
    });
  }
  return found;
}
