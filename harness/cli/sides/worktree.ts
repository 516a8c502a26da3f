import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, UsageError } from '../../../traces/input-error';
import { onEnding } from '../../../traces/output/ending';

/** A revision of the user's repository, checked out beside it for the time of one comparison. */
export interface Worktree {
  /** The repository's own top folder. */
  readonly repository: string;
  /** The top folder of the worktree. */
  readonly root: string;
  /** The folder of the worktree that corresponds to the working directory. */
  readonly folder: string;
  readonly commit: string;
  /** A folder for whatever else is needed; it goes with the worktree. */
  readonly scratch: string;
}

/**
 * Checks out a revision of the repository around the working directory, runs `action`, and removes the worktree again:
 * also when `action` throws or this process is told to end. What the repository has installed (`node_modules`) is
 * there too. Throws a `UsageError` outside a repository and for an unknown revision.
 */
export async function withWorktree<T>(
  revision: string,
  action: (worktree: Worktree) => Promise<T>,
): Promise<T> {
  const repository = realpathSync(git(['rev-parse', '--show-toplevel'], notARepository));
  const prefix = git(['rev-parse', '--show-prefix'], notARepository);
  const commit = git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], () =>
    unknownRevision(revision),
  );
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'alloc-replay-base-')));
  const root = join(scratch, 'worktree');
  const worktree = { repository, root, folder: join(root, prefix), commit, scratch };
  const remove = () => removeWorktree(worktree);
  const forget = onEnding(remove);
  try {
    // A hook of the repository has no business in a checkout that lives for seconds.
    git(
      ['-c', 'core.hooksPath=/dev/null', 'worktree', 'add', '--detach', '--force', root, commit],
      cannotCheckOut,
    );
    if (!existsSync(worktree.folder)) {
      throw new UsageError({ where: '--base-ref', problem: `${revision} has no folder ${prefix}` });
    }
    linkInstalled(worktree, prefix);
    return await action(worktree);
  } finally {
    forget();
    remove();
  }
}

/** Installed packages are in no revision: the worktree borrows them, of the top folder and of the current one. */
function linkInstalled({ repository, root }: Worktree, prefix: string): void {
  for (const folder of new Set(['', prefix])) {
    const installed = join(repository, folder, 'node_modules');
    const link = join(root, folder, 'node_modules');
    if (existsSync(installed) && !existsSync(link)) {
      symlinkSync(installed, link, 'junction');
    }
  }
}

function removeWorktree({ root, folder, scratch }: Worktree): void {
  for (const link of new Set([join(root, 'node_modules'), join(folder, 'node_modules')])) {
    try {
      // Fails on what is no link: a revision may contain a real folder.
      unlinkSync(link);
    } catch {
      // Nothing was linked.
    }
  }
  spawnGit(['worktree', 'remove', '--force', '--force', root]);
  rmSync(scratch, { recursive: true, force: true });
  spawnGit(['worktree', 'prune']);
}

/** What git prints, without the line's end; `problem` makes the error of what it says when it fails. */
function git(argv: readonly string[], problem: (said: string) => Error): string {
  const { status, stdout, stderr, error } = spawnGit(argv);
  if (error !== undefined) {
    throw new UsageError({ where: '--base-ref', problem: 'git cannot be run', expected: 'git on the PATH' });
  }
  if (status !== 0) {
    throw problem(stderr.trim().split('\n').at(-1) ?? '');
  }
  return stdout.replace(/\n$/, '');
}

/** Without the variables by which a hook ties git to one repository or index. */
function spawnGit(argv: readonly string[]) {
  const environment = Object.entries(process.env).filter(
    ([name]) => !/^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX)$/.test(name),
  );
  return spawnSync('git', [...argv], { encoding: 'utf8', env: Object.fromEntries(environment) });
}

const notARepository = () =>
  new UsageError({
    where: '--base-ref',
    problem: 'the working directory is in no git repository',
    expected: 'the repository of your engine',
  });

const unknownRevision = (revision: string) =>
  new UsageError({
    where: '--base-ref',
    problem: `no commit "${revision}"`,
    expected: 'a branch, tag or commit of this repository; in CI, one that was fetched',
  });

const cannotCheckOut = (said: string) => new InputError({ where: '--base-ref', problem: said });

/** The commit that the working directory is at, or undefined outside a repository. */
export function currentCommit(): string | undefined {
  const { status, stdout } = spawnGit(['rev-parse', '--verify', '--quiet', 'HEAD']);
  return status === 0 ? stdout.trim() : undefined;
}
