import { RandomStream } from '../../../traces/random';
import { OP, TextTable, TraceEvent } from '../../../traces/trace';
import { isFailure } from '../../metrics/measured-replay';
import { sizeClassOf } from '../../metrics/op-kinds';
import { Archive, isBetter, parentOf, type Bred } from './archive';
import { bred, randomGenome, type Material } from './breeding';
import { isBeginning, type EventList } from './event-list';
import { expand, scaledBudget, type Budget, type Quotable } from './expansion';
import type { Genome } from './genome';
import { ladder, thresholdSizes } from './learnt-sizes';
import type { Tried } from './trial';

/**
 * The hunt for a trace on which a goal is reached best. Genomes are bred by generations of a fixed number, tried by any
 * number of lanes, and taken into the archive in the order in which they were bred: so the result depends on the seed
 * and the plan alone. All that a generation follows from is in the state, from which a search that was stopped goes on.
 */

export interface SearchPlan {
  readonly seed: number;
  /** How many traces are tried. */
  readonly evaluations: number;
  /** The search ends earlier where all traces together have come to so many accesses; Infinity for no such end. */
  readonly accessesMax: number;
  readonly budget: Budget;
  /** Known sizes are those of the engine's constants. */
  readonly material: Material;
  /** What to begin with. */
  readonly starts: readonly Genome[];
  readonly quotable: Quotable;
  readonly goal: Goal;
  /** Tries traces, each on every engine that the goal is about. */
  readonly lanes: readonly Lane[];
  readonly isStopping?: () => boolean;
  /** Told after every generation; waited for. */
  readonly generationDone?: (state: SearchState) => Promise<void>;
}

/** What is looked for. */
export interface Goal {
  /** The greater the better; negative where it says nothing. Asked of every trace once, in their order. */
  score(tried: Answer, list: EventList): number;
  /** Whether an engine ended as none may, and the trace is no candidate for the best. */
  isFailure(tried: Answer): boolean;
}

/** The value of a metric on the one engine that is tried. */
export const maximal = (metric: string): Goal => ({
  score: ([tried]) => tried?.values[metric]?.value ?? -1,
  isFailure: ([tried]) => tried !== undefined && isFailure(tried.outcome),
});

/** What a trace came to on each engine; undefined on one that it broke the rules of. */
export type Answer = readonly (Tried | undefined)[];

export interface Lane {
  /**
   * Tries traces that were made for so many thousandths of the budget. Rejects with `SearchStopped` where it was told
   * to stop meanwhile.
   */
  tryAll(lists: readonly EventList[], scale: number): Promise<readonly Answer[]>;
}

/** A lane was closed: what is under way counts for nothing, and the state before it stands. */
export class SearchStopped extends Error {
  override readonly name = 'SearchStopped';
}

/** Plain data, as it is kept on disk. */
export interface SearchState {
  readonly evaluations: number;
  readonly accesses: number;
  readonly generations: number;
  /** Which of `STAGES` it is in. */
  readonly stage: number;
  /** Sizes that were found to make a difference; null before that is known. */
  readonly learntSizes: readonly number[] | null;
  /** What is tried before anything is bred. */
  readonly waiting: readonly Genome[];
  readonly cells: readonly Found[];
  /** The best of the stage: what counts in the end is the last one, where the whole budget may be spent. */
  readonly best: Found | null;
  /** The best of those that it began with. */
  readonly bestStart: Found | null;
  /** The first on which an engine ended as none may. */
  readonly failure: Found | null;
}

export interface Found extends Bred {
  /** Of the budget it was tried with, in thousandths. */
  readonly scale: number;
}

/** Short traces show patterns at a fraction of the cost; what they showed is tried again at greater length. */
const WHOLE = 1000;
const STAGES = [
  { untilPerMille: 500, scale: 125 },
  { untilPerMille: 750, scale: 500 },
  { untilPerMille: 1000, scale: WHOLE },
] as const;

/** The pages of a heap for so many thousandths of the budget: small ones make an engine in less time. */
export const scaledHeapPages = (heapPages: number, scale: number): number =>
  Math.min(heapPages, Math.max(HEAP_PAGES_LEAST, Math.floor((heapPages * scale) / WHOLE)));

const HEAP_PAGES_LEAST = 512;

/** A multiple of what lanes there may be, and few enough that children learn from their parents soon. */
const GENERATION = 32;
/** Fewer evaluations than these are spent at full length at once. */
const STAGED_MIN = 400;
const RANDOM_STARTS = 64;
const KEPT_BETWEEN_STAGES = 96;

export const SEARCH_BEGINS: SearchState = {
  evaluations: 0,
  accesses: 0,
  generations: 0,
  stage: -1,
  learntSizes: null,
  waiting: [],
  cells: [],
  best: null,
  bestStart: null,
  failure: null,
};

/** Searches from a state to the end of the plan, or until it is told to stop. */
export async function search(plan: SearchPlan, from: SearchState = SEARCH_BEGINS): Promise<SearchState> {
  let state = from;
  while (progressPerMille(plan, state) < 1000 && plan.isStopping?.() !== true) {
    const next = await nextState(plan, state);
    if (next === undefined) {
      return state;
    }
    state = next;
    await plan.generationDone?.(state);
  }
  return state;
}

/** Undefined where it was stopped on the way. */
async function nextState(plan: SearchPlan, state: SearchState): Promise<SearchState | undefined> {
  try {
    return await (state.learntSizes === null ? learn(plan, state) : generation(plan, entered(plan, state)));
  } catch (error) {
    if (error instanceof SearchStopped) {
      return undefined;
    }
    throw error;
  }
}

/** How much of the plan is done. */
export function progressPerMille(
  { evaluations, accessesMax }: Pick<SearchPlan, 'evaluations' | 'accessesMax'>,
  state: SearchState,
): number {
  const share = Math.max(state.evaluations / evaluations, state.accesses / accessesMax);
  return Math.min(1000, Math.floor(share * 1000));
}

function stageAt(plan: SearchPlan, state: SearchState): number {
  const progress = progressPerMille(plan, state);
  return plan.evaluations < STAGED_MIN
    ? STAGES.length - 1
    : STAGES.findIndex(({ untilPerMille }) => progress < untilPerMille);
}

/** The state at the start of the next generation: at a new stage what was best is tried anew. */
function entered(plan: SearchPlan, state: SearchState): SearchState {
  const stage = stageAt(plan, state);
  if (stage === state.stage) {
    return state;
  }
  const kept = new Archive(state.cells).list().slice(0, KEPT_BETWEEN_STAGES);
  const material = materialOf(plan, state);
  const random = Array.from({ length: state.stage < 0 ? RANDOM_STARTS : 0 }, (_, index) =>
    randomGenome(new RandomStream(plan.seed, `start ${index}`), material),
  );
  const waiting = [...kept.map(({ genome }) => genome), ...plan.starts, ...random];
  return { ...state, stage, waiting, cells: [], best: null, bestStart: null };
}

const materialOf = ({ material }: SearchPlan, { learntSizes }: SearchState): Material => ({
  ...material,
  sizes: [...material.sizes, ...(learntSizes ?? [])],
});

async function generation(plan: SearchPlan, state: SearchState): Promise<SearchState> {
  const genomes = nextGenomes(plan, state);
  const { scale } = STAGES[state.stage]!;
  const budget = scaledBudget(plan.budget, scale);
  const lists = genomes.map((genome) => expand(genome, budget, plan.quotable));
  const answers = await tryAll(plan.lanes, lists, scale);
  const archive = new Archive(state.cells);
  const starts = new Set(plan.starts.map((start) => JSON.stringify(start)));
  let { best, bestStart, failure, accesses } = state;
  for (const [index, genome] of genomes.entries()) {
    const answer = answers[index]!;
    accesses += accessesOfAnswer(answer);
    const list = lists[index]!;
    const isFailing = plan.goal.isFailure(answer);
    const found: Found = {
      number: state.evaluations + index,
      genome,
      scale,
      score: isFailing ? -1 : plan.goal.score(answer, list),
      events: list.events.length,
      cell: cellOf(list, answer),
    };
    archive.offer(found);
    best = better(best, found);
    bestStart = starts.has(JSON.stringify(genome)) ? better(bestStart, found) : bestStart;
    failure ??= isFailing ? found : null;
  }
  return {
    ...state,
    evaluations: state.evaluations + genomes.length,
    accesses,
    generations: state.generations + 1,
    waiting: state.waiting.slice(genomes.length),
    cells: archive.list() as Found[],
    best,
    bestStart,
    failure,
  };
}

const better = (before: Found | null, found: Found): Found =>
  before === null || isBetter(found, before) ? found : before;

function nextGenomes(plan: SearchPlan, state: SearchState): readonly Genome[] {
  const count = Math.min(GENERATION, plan.evaluations - state.evaluations);
  if (state.waiting.length > 0) {
    return state.waiting.slice(0, count);
  }
  const parents = new Archive(state.cells).list();
  const material = materialOf(plan, state);
  return Array.from({ length: count }, (_, index) => {
    const stream = new RandomStream(plan.seed, `generation ${state.generations} child ${index}`);
    return stream.chance(1, 16)
      ? randomGenome(stream, material)
      : bred(stream, material, parentOf(stream, parents), parentOf(stream, parents));
  });
}

/** In the order of the lists, whichever lane was quicker. */
async function tryAll(
  lanes: readonly Lane[],
  lists: readonly EventList[],
  scale: number,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const atOnce = Math.max(1, Math.ceil(lists.length / (4 * lanes.length)));
  let next = 0;
  const work = async (lane: Lane): Promise<void> => {
    while (next < lists.length) {
      const start = next;
      next += atOnce;
      const some = await lane.tryAll(lists.slice(start, start + atOnce), scale);
      some.forEach((answer, index) => (answers[start + index] = answer));
    }
  };
  await Promise.all(lanes.map(work));
  return answers;
}

/** So many lone requests are tried at most, and no more than a quarter of all traces. */
const LEARNING_MAX = 256;

/** Finds the sizes at which the engine changes its ways. */
async function learn(plan: SearchPlan, state: SearchState): Promise<SearchState> {
  let { evaluations, accesses } = state;
  const signaturesOf = async (sizes: readonly number[]): Promise<string[]> => {
    const answers = await tryAll(plan.lanes, sizes.map(loneRequest), WHOLE);
    evaluations += answers.length;
    accesses += answers.reduce((sum, answer) => sum + accessesOfAnswer(answer), 0);
    return answers.map(signatureOf);
  };
  const trialsMax = Math.min(LEARNING_MAX, plan.evaluations >> 2);
  const rungs = ladder(plan.material.requestBytes);
  const sizes = rungs.length > trialsMax ? [] : rungs;
  const signatures = await signaturesOf(sizes);
  const seen = sizes.map((size, index) => ({ size, signature: signatures[index]! }));
  const learntSizes = await thresholdSizes(seen, signaturesOf, trialsMax - sizes.length);
  return { ...state, evaluations, accesses, learntSizes };
}

function loneRequest(size: number): EventList {
  const [allocation, release] = [new TraceEvent(), new TraceEvent()];
  allocation.set(OP.alloc, 0, size, 0);
  release.set(OP.free, 0, 0, 0);
  return { events: [allocation, release], texts: new TextTable() };
}

/** What a lone request is told apart by. */
export const SIGNATURE_METRICS = [
  'allocations.failed',
  'alloc.instructions.max',
  'free.instructions.max',
  'events.splits',
  'events.pagesTaken',
] as const;

const signatureOf = (answer: Answer): string =>
  answer.flatMap((tried) => SIGNATURE_METRICS.map((name) => tried?.values[name]?.value ?? 'none')).join(' ');

const accessesOfAnswer = (answer: Answer): number =>
  answer.reduce((sum, tried) => sum + TRIAL_ACCESSES + (tried?.accesses ?? 0), 0);

/** What making an engine costs beside the accesses of a trace, in these. */
const TRIAL_ACCESSES = 200_000;

/** Size mix, number of live objects, and outcome, each in powers of two. */
function cellOf({ events }: EventList, answer: Answer): string {
  let [requests, bytes, live, livePeak] = [0, 0, 0, 0];
  const classes = new Set<number>();
  for (const event of events) {
    if (isBeginning(event)) {
      requests++;
      bytes += event.size;
      live++;
      livePeak = Math.max(livePeak, live);
      classes.add(sizeClassOf(event.size));
    } else if (event.op === OP.free) {
      live--;
    }
  }
  const mean = sizeClassOf(Math.floor(bytes / Math.max(1, requests)));
  const outcomes = answer.map((tried) =>
    tried === undefined
      ? 'broken'
      : tried.outcome.kind === 'ok'
        ? `ok${sizeClassOf(tried.outcome.failedAllocations)}`
        : tried.outcome.kind,
  );
  return [mean, Math.min(4, classes.size), sizeClassOf(livePeak), ...outcomes].join(' ');
}
