import { createRegistries } from './registries';
import { taskOutcome, type Task, type TaskOutcome } from './task';

/** The entry of a worker process: it runs one task after the other and keeps the traces it has opened. */
const registries = createRegistries();

export const run = (task: Task): Promise<TaskOutcome> => taskOutcome(task, registries);
