import type { Argv } from 'yargs';
import type { EmittedFile } from '../../../reports/ci/emitter';
import { EMITTERS } from '../../../reports/ci/registry';
import { didYouMean, UsageError } from '../../../traces/input-error';
import type { BrokenLimit } from '../../compare/broken-limits';
import { appendToHistory } from '../../compare/history';
import type { Results } from '../../results/results';
import { commaList } from './shared-options';
import { currentCommit } from '../sides/worktree';

/** Options of `run`, `suite` and `merge` by which results go to other tools and to a history. */

export interface CiArguments {
  emit: string[];
  append: string | undefined;
  commit: string | undefined;
  label: string | undefined;
}

/** What is made of results besides the reports. */
export interface CiOutputs {
  readonly emitted: (results: Results, broken?: readonly BrokenLimit[]) => EmittedFile[];
  readonly append: (results: Results) => void;
}

export function ciOptions<T>(parser: Argv<T>): Argv<T & CiArguments> {
  const group = 'Continuous integration:';
  return parser
    .option('emit', {
      type: 'string',
      array: true,
      default: [],
      group,
      describe: `With --out, also write: ${EMITTERS.map(({ name }) => name).join(', ')} (comma-separated)`,
    })
    .option('append', {
      type: 'string',
      group,
      describe: 'Append every metric to this history (CSV), for `trend`',
    })
    .option('commit', {
      type: 'string',
      group,
      describe: 'With --append: what was run (default: HEAD of git)',
    })
    .option('label', {
      type: 'string',
      group,
      describe: 'With --append: which series of runs this is (nightly, a branch, a host)',
    }) as unknown as Argv<T & CiArguments>;
}

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
  return {
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
