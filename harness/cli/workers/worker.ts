import { createRegistries } from '../names/registries';
import { taskOutcome, type Task, type TimedOutcome } from './task';

/** What a worker process does: it runs one task after the other and keeps the traces it has opened. */
const registries = createRegistries();

/** A task's outcome with the processor time of this process. */
export async function runTimed(task: Task, progress: (events: number) => void): Promise<TimedOutcome> {
  const before = process.cpuUsage();
  const outcome = await taskOutcome(task, registries, progress);
  const { user, system } = process.cpuUsage(before);
  return { outcome, milliseconds: Math.round((user + system) / 1000) };
}
