import type { MeasuredReplay } from '../../metrics/measured-replay';
import { Progress } from './progress';
import { createRegistries } from '../names/registries';
import { workersFor, type HostArguments } from '../options/shared-options';
import { replayOf, runTask, withKernel, type Task, type TaskOutcome } from './task';
import { startWorkers } from './worker-pool';

/**
 * Runs tasks in this process or in worker processes. Results come back in the order of the tasks, whatever finished
 * first: the number of workers never shows in them.
 */

/** Rejects with the error of the first task, in their order, that failed. */
export async function runTasks(
  asked: readonly Task[],
  host: HostArguments,
  title: string,
): Promise<MeasuredReplay[]> {
  const workers = workersFor(host);
  const tasks = asked.map((task) => withKernel(task, host.pricingKernel));
  const progress = new Progress(title, tasks.length);
  try {
    return workers > 1 && tasks.length > 1 && !tasks.some(readsStdin)
      ? await runInWorkers(tasks, Math.min(workers, tasks.length), progress)
      : await runHere(tasks, progress);
  } finally {
    progress.stop();
  }
}

/** One after the other, so that the memory of one machine is free before the next is made. */
async function runHere(tasks: readonly Task[], progress: Progress): Promise<MeasuredReplay[]> {
  const registries = createRegistries();
  const replays: MeasuredReplay[] = [];
  for (const task of tasks) {
    progress.task(taskName(task));
    replays.push(await runTask(task, registries));
    progress.done(1);
  }
  return replays;
}

async function runInWorkers(
  tasks: readonly Task[],
  workers: number,
  progress: Progress,
): Promise<MeasuredReplay[]> {
  const pool = startWorkers(workers, 'run');
  try {
    const outcomes = await Promise.all(
      tasks.map(async (task) => {
        const outcome = (await pool.run(task)) as TaskOutcome;
        progress.task(taskName(task));
        progress.done(1);
        return outcome;
      }),
    );
    return outcomes.map(replayOf);
  } finally {
    await pool.destroy();
  }
}

/** Standard input is this process's alone: a worker would wait for it for ever. */
const readsStdin = ({ cell }: Task): boolean => cell.trace.specification === '-';

const taskName = ({ cell }: Task): string => `${cell.trace.specification} × ${cell.engine}`;
