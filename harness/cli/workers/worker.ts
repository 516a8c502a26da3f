import { createRegistries } from '../names/registries';
import { taskOutcome, type Task, type TaskOutcome, type TimedOutcome } from './task';

/** The entry of a worker process: it runs one task after the other and keeps the traces it has opened. */
const registries = createRegistries();

export const run = (task: Task): Promise<TaskOutcome> => taskOutcome(task, registries);

/** The same with the processor time of this process. */
export async function runTimed(task: Task): Promise<TimedOutcome> {
  const before = process.cpuUsage();
  const outcome = await run(task);
  const { user, system } = process.cpuUsage(before);
  return { outcome, milliseconds: Math.round((user + system) / 1000) };
}
