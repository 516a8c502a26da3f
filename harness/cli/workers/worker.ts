import { createRegistries } from '../names/registries';
import { taskOutcome, type Task, type TaskOutcome, type Timed } from './task';
import { Laboratory, trialOutcome, type TrialOutcome, type TrialTask } from './trial-task';

/** What a worker process does: it runs one task after the other, with what earlier ones have opened and made. */
const registries = createRegistries();
const laboratory = new Laboratory(registries);

/** A task's outcome with the processor time of this process. */
export async function runTimed(
  task: Task | TrialTask,
  progress: (events: number) => void,
): Promise<Timed<TaskOutcome | TrialOutcome>> {
  const before = process.cpuUsage();
  const outcome = await ('lists' in task
    ? trialOutcome(task, laboratory)
    : taskOutcome(task, registries, progress));
  const { user, system } = process.cpuUsage(before);
  return { outcome, milliseconds: Math.round((user + system) / 1000) };
}
