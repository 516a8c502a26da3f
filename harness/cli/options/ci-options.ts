import type { EmittedFile } from '../../../reports/ci/emitter';
import { EMITTERS } from '../../../reports/ci/registry';
import { didYouMean, UsageError } from '../../../traces/input-error';
import type { BrokenLimit } from '../../compare/broken-limits';
import { appendToHistory, expectAppendable } from '../../compare/history';
import type { Results } from '../../results/results';
import { list, text, type ValuesOf } from './option';
import { commaList } from './shared-options';
import { currentCommit } from '../sides/worktree';

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
  append: text('Append every metric to this history (CSV), for `trend`', { group: GROUP, completes: 'file' }),
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
        appendToHistory(argv.append, results, { commit, label: argv.label ?? '', date });
      }
    },
  };
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
