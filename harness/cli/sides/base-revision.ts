import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { InputError, UsageError, type ProblemDetails } from '../../../traces/input-error';
import type { Results } from '../../results/results';
import { resultsAt } from './results-at';
import { isEngineModule } from '../names/load-engine';
import { commaList, type HostArguments, type MachineArguments } from '../options/shared-options';
import { sourceDifferences, type ReplayDifference } from './source-differences';
import { runSelf, runShell, type Finished } from './subprocess';
import { withWorktree, type Worktree } from './worktree';

/**
 * `compare --base-ref REV`: the same run twice, in a git worktree of REV and in the working directory. Traces and
 * profiles are the working directory's on both sides, because results over different ones could not be compared; what
 * differs is the engine module, which each side loads from its own tree.
 */

export interface RevisionRequest extends MachineArguments, HostArguments {
  readonly allocator: readonly string[];
  readonly pricing: readonly string[];
  readonly option: readonly string[];
  /** A shell command that leaves `results.json` in the folder `$ALLOC_REPLAY_OUT`, instead of our own `run`. */
  readonly command: string | undefined;
}

export interface RevisionSides {
  readonly labels: { readonly base: string; readonly head: string };
  readonly base: Results;
  readonly head: Results;
  /** Where engines in C differ, replay by replay. */
  readonly differences: readonly ReplayDifference[];
}

/** Throws `UsageError` and `InputError`; the worktree is gone afterwards, whatever happened. */
export function runBothRevisions(
  revision: string,
  traces: readonly string[],
  request: RevisionRequest,
): Promise<RevisionSides> {
  checkRequest(traces, request);
  return withWorktree(revision, async (worktree) => {
    const base = await runSide('base', worktree, traces, request);
    const head = await runSide('head', worktree, traces, request);
    return {
      labels: { base: `${revision} (${worktree.commit.slice(0, 12)})`, head: 'working directory' },
      base,
      head,
      differences: await differencesOf(base, head, worktree, traces, request),
    };
  });
}

/** A command says of no replay which engine it was: there nothing is looked at. */
function differencesOf(
  base: Results,
  head: Results,
  worktree: Worktree,
  traces: readonly string[],
  request: RevisionRequest,
): Promise<readonly ReplayDifference[]> | readonly ReplayDifference[] {
  if (request.command !== undefined) {
    return [];
  }
  const engines = commaList(request.allocator).map((name) => ({
    name,
    base: resolve(worktree.folder, inWorktree(name, worktree)),
    head: resolve(name),
  }));
  const { scratch } = worktree;
  return sourceDifferences(base.replays, head.replays, traces, engines, { ...request, scratch });
}

function checkRequest(traces: readonly string[], { allocator, command }: RevisionRequest): void {
  if (command !== undefined) {
    if (traces.length > 0 || allocator.length > 0) {
      throw new UsageError({
        where: '--command',
        problem: 'together with traces or engines',
        expected: 'the command alone: it says itself what to run',
      });
    }
    return;
  }
  if (traces.length === 0 || allocator.length === 0) {
    throw new UsageError({
      where: '--base-ref',
      problem: traces.length === 0 ? 'no traces' : 'no engine',
      expected: '--base-ref REV -a ENGINE TRACE…, or --base-ref REV --command COMMAND',
    });
  }
  if (!commaList(allocator).some(isEngineModule)) {
    throw new UsageError({
      where: '--base-ref',
      problem: `${commaList(allocator).join(', ')}: of this program, and the same on both sides`,
      expected: 'an engine by its path, or --command COMMAND that builds and runs what a revision holds',
    });
  }
  if (traces.includes('-')) {
    throw new UsageError({
      where: '--base-ref',
      problem: 'a trace from stdin, which can be read only once',
      expected: 'files',
    });
  }
}

async function runSide(
  side: 'base' | 'head',
  worktree: Worktree,
  traces: readonly string[],
  request: RevisionRequest,
): Promise<Results> {
  const folder = side === 'base' ? worktree.folder : process.cwd();
  const out = join(worktree.scratch, side);
  mkdirSync(out);
  const finished =
    request.command === undefined
      ? await runSelf(runArguments(side, worktree, traces, request, out), folder)
      : await runShell(request.command, folder, { ALLOC_REPLAY_OUT: out });
  if (!existsSync(join(out, 'results.json'))) {
    const isNew = side === 'base' && commaList(request.allocator).some((name) => isOnlyHere(name, worktree));
    throw new InputError(missingResults(side, finished, request.command, isNew));
  }
  return resultsAt(out);
}

function missingResults(
  side: 'base' | 'head',
  { code, lastLine }: Finished,
  command: string | undefined,
  isNew: boolean,
): ProblemDetails {
  const where = side === 'base' ? 'run at --base-ref' : 'run in the working directory';
  const said = lastLine.replace(/^alloc-replay: /, '');
  return command === undefined
    ? {
        where,
        problem: isNew ? `${said} (say with --command how to build an engine that is in no revision)` : said,
      }
    : {
        where,
        problem: `exit code ${code}${said === '' ? '' : `: ${said}`}`,
        expected: 'a command that writes results.json to $ALLOC_REPLAY_OUT',
      };
}

function runArguments(
  side: 'base' | 'head',
  worktree: Worktree,
  traces: readonly string[],
  request: RevisionRequest,
  out: string,
): string[] {
  const engines = commaList(request.allocator).map((name) =>
    side === 'base' ? inWorktree(name, worktree) : name,
  );
  const passed = {
    'heap-pages': request.heapPages,
    'virtual-pages': request.virtualPages,
    'access-limit': request.accessLimit,
    workers: request.workers,
  };
  return [
    ...['run', ...traces.map(fileHere)],
    ...['-a', engines.join(',')],
    ...['-p', commaList(request.pricing).map(pricingHere).join(',')],
    ...request.option.flatMap((pair) => ['-o', pair]),
    ...Object.entries(passed).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, String(value)],
    ),
    ...['--out', out],
  ];
}

/** An engine module by absolute path inside the repository, as it lies in the worktree; others stay as they are. */
export function inWorktree(name: string, { repository, root }: Worktree): string {
  if (!isAbsolute(name) || !isEngineModule(name) || !existsSync(name)) {
    return name;
  }
  const inside = relative(repository, realpathSync(name));
  return inside.startsWith('..') || isAbsolute(inside) ? name : join(root, inside);
}

/** Whether an engine's file lies here and not in the worktree. */
function isOnlyHere(name: string, worktree: Worktree): boolean {
  return existsSync(name) && !existsSync(resolve(worktree.folder, inWorktree(name, worktree)));
}

/** A file of the working directory by absolute path, so that the other folder finds it; what is no file stays. */
const fileHere = (name: string): string => (existsSync(name) ? resolve(name) : name);

/** `./profile.yaml@cold`: a pricing by the path of its profile. */
function pricingHere(pricing: string): string {
  const [, file, rest] = /^(.*\.ya?ml)(.*)$/.exec(pricing) ?? [];
  return file === undefined ? pricing : fileHere(file) + rest!;
}
