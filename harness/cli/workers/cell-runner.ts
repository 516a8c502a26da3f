import { availableParallelism } from 'node:os';
import { InputError, UsageError } from '../../../traces/input-error';
import type { MeasuredReplay } from '../../metrics/measured-replay';
import { NotDeterministic } from '../../metrics/repetition';
import type { Cell, Registries } from '../../results/cell';
import { crashedReplay } from '../../suite/crashed';
import type { CellReport } from '../../suite/run-cells';
import { dearestFirst } from '../../suite/shard';
import { createRegistries, isScript, type OpenedRegistries } from '../names/registries';
import { headerNamed } from '../names/suite-registries';
import { replaySecondsMax, workersFor, type HostArguments } from '../options/shared-options';
import { Progress } from './progress';
import { estimatedCosts, expectEvents } from './suite-costs';
import { doubtsOf, runTask, type Task } from './task';
import { WorkerLane } from './worker-lane';
import { tell } from '../output/terminal';

/**
 * Runs tasks in this process or in worker processes. Results come back in the order of the tasks, whatever finished
 * first: the number of workers never shows in them.
 *
 * An engine that a user brings runs in a process of its own, so that whatever it does there, never ending included, is
 * the outcome of its replay. The registered ones are ours: what they do is bounded by the accesses of an operation.
 */

/**
 * Rejects with the error of the first task, in their order, that cannot be run as described.
 *
 * @param registries what the command has opened already
 */
export async function runTasks(
  tasks: readonly Task[],
  host: HostArguments,
  title: string,
  registries = createRegistries(),
): Promise<MeasuredReplay[]> {
  const readsStdin = tasks.some(({ cell }) => cell.trace.specification === '-');
  // Standard input is read by one process alone.
  const workers = readsStdin ? 1 : Math.min(workersFor(host), tasks.length);
  const isApart =
    workers > 1 ||
    host.replayTimeout !== undefined ||
    tasks.some(({ cell }) => isScript(cell.engine, cell.options, registries));
  const progress = new CellProgress(title, tasks, registries);
  const { done, reached } = progress;
  try {
    if (!isApart) {
      // A replay that is alone, where nobody has said how many processors it may take, has two.
      const pricesBeside = tasks.length === 1 && host.workers === undefined && availableParallelism() > 1;
      return await runHere(tasks, registries, reached, done, pricesBeside);
    }
    const lanes = Array.from(
      { length: workers },
      () => new WorkerLane(replaySecondsMax(host), readsStdin, reached),
    );
    return await runInLanes(tasks, lanes, registries, done);
  } finally {
    progress.stop();
  }
}

/** How far cells are, by the events of their traces and under their names. */
export class CellProgress {
  private readonly progress: Progress;
  private readonly parts: ReadonlyMap<Cell, number>;

  constructor(title: string, cells: readonly { readonly cell: Cell }[], registries: Registries) {
    const names = cells.map(({ cell }) => `${cell.engine} on ${cell.trace.specification}`);
    this.progress = new Progress(title, names, (progress) => void expectEvents(progress, cells, registries));
    this.parts = new Map(cells.map(({ cell }, part) => [cell, part]));
  }

  readonly reached = (cell: Cell, events: number): void =>
    this.progress.reached(this.parts.get(cell)!, events);

  readonly done = ({ cell }: { readonly cell: Cell }): void => this.progress.done(this.parts.get(cell)!);

  stop(): void {
    this.progress.stop();
  }
}

/** One after the other, so that the memory of one machine is free before the next is made. */
async function runHere(
  tasks: readonly Task[],
  registries: OpenedRegistries,
  reached: (cell: Cell, events: number) => void,
  done: (task: Task) => void,
  pricesBeside: boolean,
): Promise<MeasuredReplay[]> {
  const doubts = new Set<string>();
  const replays: MeasuredReplay[] = [];
  for (const task of tasks) {
    const how = { ...task, pricesBeside };
    replays.push(await runTask(how, registries, (events) => reached(task.cell, events)));
    doubts.add(await doubtsOf(task, registries));
    done(task);
  }
  sayDoubts(doubts);
  return replays;
}

async function runInLanes(
  tasks: readonly Task[],
  lanes: readonly WorkerLane[],
  registries: Registries,
  done: (task: Task) => void,
): Promise<MeasuredReplay[]> {
  const ends = new Map<Task, () => MeasuredReplay>();
  const waiting =
    lanes.length === 1 ? tasks.map(among) : await dearestFirstOf(tasks, lanes.length, registries);
  const work = async (lane: WorkerLane): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { task: own, pricesBeside } = next;
      try {
        const report = await lane.runTask({ ...own, pricesBeside });
        ends.set(own, () => replayOfReport(report, own, registries));
      } catch (error) {
        ends.set(own, () => {
          throw error;
        });
      }
      done(own);
    }
  };
  try {
    await Promise.all(lanes.map(work));
  } finally {
    lanes.forEach((lane) => lane.close());
  }
  sayDoubts(lanes.flatMap((lane) => [...lane.doubts]));
  return tasks.map((task) => ends.get(task)!());
}

interface WaitingTask {
  readonly task: Task;
  readonly pricesBeside: boolean;
}

const among = (task: Task): WaitingTask => ({ task, pricesBeside: false });

/**
 * The dearest first, so that no lane is left with a long one when the others have nothing more to do. One that makes up
 * half of a lane's share has a second thread: sooner or later there will be a processor for it. Where something is
 * wrong with a trace they come as they were given, for that is said by the replays.
 */
async function dearestFirstOf(
  tasks: readonly Task[],
  lanes: number,
  registries: Registries,
): Promise<WaitingTask[]> {
  try {
    const costs = await estimatedCosts(tasks, registries);
    const total = costs.reduce((sum, cost) => sum + cost, 0);
    return dearestFirst(costs).map((index) => ({
      task: tasks[index]!,
      pricesBeside: costs[index]! * 2 * lanes >= total && availableParallelism() > 1,
    }));
  } catch (error) {
    if (error instanceof InputError || error instanceof UsageError) {
      return tasks.map(among);
    }
    throw error;
  }
}

/** A recording that several engines replayed has the same doubts each time; whichever came first does not show. */
function sayDoubts(doubts: Iterable<string>): void {
  tell([...new Set(doubts)].sort().join(''));
}

function replayOfReport(report: CellReport, { cell }: Task, registries: Registries): MeasuredReplay {
  switch (report.kind) {
    case 'measured':
      return report.replay;
    case 'crashed':
      return crashedReplay(cell, headerNamed(cell.trace), report.problem, (name) =>
        registries.engineNamed(name),
      );
    case 'differed':
      throw new NotDeterministic(`${cell.trace.specification} × ${cell.engine}: ${report.problem}`);
  }
}
