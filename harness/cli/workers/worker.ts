import { createRegistries } from '../names/registries';
import { taskOutcome, type Task, type TaskOutcome, type Timed } from './task';
import { trialOutcome, type TrialOutcome, type TrialTask } from './trial-task';

/** What a worker process does: it runs one task after the other and keeps the traces it has opened. */
const registries = createRegistries();

/** A task's outcome with the processor time of this process. */
export async function runTimed(
  task: Task | TrialTask,
  progress: (events: number) => void,
): Promise<Timed<TaskOutcome | TrialOutcome>> {
  const before = process.cpuUsage();
  const outcome = await ('lists' in task
    ? trialOutcome(task, registries)
    : taskOutcome(task, registries, progress));
  const { user, system } = process.cpuUsage(before);
  return { outcome, milliseconds: Math.round((user + system) / 1000) };
}
