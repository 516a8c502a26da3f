import { join, resolve } from 'node:path';
import { availableParallelism } from 'node:os';
import { differenceText } from '../../../reports/search/difference-text';
import { UsageError } from '../../../traces/input-error';
import { writeTrace } from '../../../traces/tools/write';
import { parsePricing } from '../../pricing/specification';
import {
  DIFFERENCE_METRICS,
  Differences,
  doesOtherwise,
  fails,
  worseningOf,
} from '../../studies/search/difference';
import type { EventList } from '../../studies/search/event-list';
import { expectMetric } from '../../studies/search/property';
import { search, SIGNATURE_METRICS, type Answer } from '../../studies/search/search';
import { shortestOf, type Shortest } from '../../studies/search/shrinking';
import { traceOfList } from '../names/event-lists';
import { createRegistries, type OpenedRegistries } from '../names/registries';
import { searchStarts, startsByDefault } from '../names/search-starts';
import { enginesWithOptions } from '../options/engine-options';
import { budgetOf, materialOf, SEARCH_HEAP_PAGES, type BudgetArguments } from '../options/search-options';
import {
  commaList,
  machineSizes,
  nameValuePairs,
  onlyOne,
  replaySecondsMax,
  type HostArguments,
  type MachineArguments,
} from '../options/shared-options';
import { OutputFolder } from '../output/output-folder';
import { Interruption } from '../workers/interruption';
import { Progress } from '../workers/progress';
import { trialLanes } from '../workers/trial-lane';
import { Laboratory, packed, type TrialSubject } from '../workers/trial-task';
import { inWorktree } from './base-revision';
import { withWorktree } from './worktree';

/** `compare --search N`: hunts for a trace on which HEAD is worse than BASE, or merely does otherwise. */

export interface DifferenceRequest extends BudgetArguments, MachineArguments, HostArguments {
  readonly engines: readonly [string, string] | undefined;
  readonly baseRef: string | undefined;
  readonly allocator: readonly string[];
  readonly pricing: readonly string[];
  readonly option: readonly string[];
  readonly search: number;
  readonly maximize: readonly string[];
  readonly save: string | undefined;
}

export interface FoundDifference {
  readonly text: string;
  readonly kind: 'worse' | 'different' | 'none';
}

/** Throws `UsageError` and `InputError`. */
export function searchDifference(
  starts: readonly string[],
  request: DifferenceRequest,
): Promise<FoundDifference> {
  if (request.engines !== undefined) {
    const [base, head] = request.engines;
    return searchBetween({ base, head }, { base, head }, starts, request);
  }
  if (request.baseRef === undefined) {
    throw new UsageError({
      where: '--search',
      problem: 'no engines',
      expected: '--engines BASE HEAD, or --base-ref REV -a ENGINE',
    });
  }
  const revision = request.baseRef;
  const head = resolve(onlyOne('-a', 'engine', request.allocator));
  return withWorktree(revision, (worktree) => {
    const base = inWorktree(head, worktree);
    if (base === head) {
      throw new UsageError({
        where: '-a',
        problem: `${request.allocator.join(', ')}: the same at ${revision} and here`,
        expected: 'an engine by its path in this repository',
      });
    }
    const labels = { base: `${revision} (${worktree.commit.slice(0, 12)})`, head: 'working directory' };
    return searchBetween({ base, head }, labels, starts, request);
  });
}

interface Pair {
  readonly base: string;
  readonly head: string;
}

/** Shrinking is for a first look. */
const SHRINK_TRIALS_MAX = 600;

async function searchBetween(
  { base, head }: Pair,
  labels: Pair,
  starts: readonly string[],
  request: DifferenceRequest,
): Promise<FoundDifference> {
  const registries = createRegistries();
  const save = request.save === undefined ? undefined : OutputFolder.at(request.save, '--save');
  const metrics = request.maximize.length > 0 ? commaList(request.maximize) : DIFFERENCE_METRICS;
  metrics.forEach((metric) => expectMetric(metric, '--maximize'));
  const pricing = onlyOne('-p', 'pricing', request.pricing);
  parsePricing(pricing);
  const choices = enginesWithOptions([base, head], nameValuePairs('-o', request.option), registries);
  const definitions = [base, head].map((name) => registries.engineNamed(name));
  const subjects = choices.map(({ name, options }): TrialSubject => ({
    engine: name,
    options,
    pricing,
    machine: machineSizes({ ...request, heapPages: request.heapPages ?? SEARCH_HEAP_PAGES }),
    metrics: [...metrics, ...SIGNATURE_METRICS],
  }));
  const budget = budgetOf(request, definitions);
  const { quotable, genomes } = await searchStarts(
    starts.length > 0 ? starts : startsByDefault(),
    budget.events,
  );
  const differences = new Differences(metrics);
  const hunted = await hunt(request, registries, subjects, (lanes, isStopping, generationDone) =>
    search({
      seed: request.seed,
      evaluations: request.search,
      accessesMax: Infinity,
      budget,
      material: materialOf(request, budget, definitions),
      starts: genomes,
      quotable,
      goal: differences,
      lanes,
      isStopping,
      generationDone,
    }),
  );
  const [worst] = differences.worsened;
  const list = differences.failure?.list ?? worst?.list ?? differences.firstDifferent;
  const shortest = list && (await shortened(list, subjects, registries, metrics, worst));
  if (save !== undefined && list !== undefined) {
    save.make();
    const write = async (some: EventList, name: string) => {
      await writeTrace(await traceOf(some).open(), join(save.path, name));
    };
    await write(list, 'difference.csv');
    await write(shortest!.list, 'difference-shrunk.csv');
  }
  return {
    kind:
      differences.failure !== undefined || worst !== undefined
        ? 'worse'
        : list !== undefined
          ? 'different'
          : 'none',
    text: differenceText({ labels, differences, shortest, ...hunted, saved: save?.path }),
  };
}

const traceOf = traceOfList('difference', { kind: 'recorded', format: 'search' });

type Search = (
  lanes: ReturnType<typeof trialLanes>,
  isStopping: () => boolean,
  generationDone: (state: { readonly evaluations: number }) => Promise<void>,
) => Promise<{ readonly evaluations: number }>;

async function hunt(
  request: DifferenceRequest,
  registries: OpenedRegistries,
  subjects: readonly TrialSubject[],
  run: Search,
): Promise<{ readonly traces: number; readonly perSecond: number }> {
  const started = Date.now();
  const workers = request.workers ?? availableParallelism();
  const lanes = trialLanes(subjects, registries, workers, replaySecondsMax(request), false);
  const close = () => lanes.forEach((lane) => lane.close());
  const interruption = new Interruption(close);
  const progress = new Progress(
    'looking for a difference',
    ['traces'],
    (shown) => shown.expect(0, request.search),
    undefined,
    'traces',
  );
  try {
    const { evaluations } = await run(
      lanes,
      () => interruption.isWanted,
      (state) => {
        progress.reached(0, state.evaluations);
        return Promise.resolve();
      },
    );
    const seconds = (Date.now() - started) / 1000;
    return { traces: evaluations, perSecond: seconds === 0 ? 0 : Math.round(evaluations / seconds) };
  } finally {
    progress.stop();
    interruption.end();
    close();
  }
}

/** The shortest trace on which HEAD is worse by half as much at least, or does otherwise. */
async function shortened(
  list: EventList,
  subjects: readonly TrialSubject[],
  registries: OpenedRegistries,
  metrics: readonly string[],
  worst: { readonly metric: string; readonly base: number; readonly head: number } | undefined,
): Promise<Shortest | undefined> {
  const laboratory = new Laboratory(registries);
  let trials = 0;
  let isFailure: boolean | undefined;
  const shows = async (some: EventList) => {
    trials++;
    const [answer] = await laboratory.tryLists({ subjects, lists: [packed(some)], heapScale: 1000 });
    await new Promise((resolve) => setImmediate(resolve));
    isFailure ??= headFails(answer!);
    return { holds: isDifferent(answer!) };
  };
  const isDifferent = (answer: Answer): boolean => {
    const [base, head] = answer;
    if (base === undefined || head === undefined) {
      return false;
    }
    if (isFailure === true) {
      return headFails(answer);
    }
    if (worst === undefined) {
      return doesOtherwise(base, head, metrics);
    }
    const [before, after] = [base, head].map(({ values }) => values[worst.metric]?.value);
    return (
      before !== undefined &&
      after !== undefined &&
      2 * worseningOf({ metric: worst.metric, base: before, head: after }) >= worseningOf(worst)
    );
  };
  return shortestOf(list, shows, () => trials < SHRINK_TRIALS_MAX);
}

const headFails = ([base, head]: Answer): boolean =>
  base !== undefined && head !== undefined && fails(head) && !fails(base);
