import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError, UsageError, type ProblemDetails } from '../../../traces/input-error';
import { reasonOf } from '../../../traces/output/whole-file';
import type { MeasuredReplay } from '../../metrics/measured-replay';
import { NotDeterministic } from '../../metrics/repetition';
import { runCell, type Cell, type CellHooks, type Registries } from '../../results/cell';
import { isScript, type OpenedRegistries } from '../names/registries';
import { doubtsText } from '../output/import-text';
import { tellingChance } from './repeated';

/** One cell to run and, if wanted, the file its placements go to: what is sent to a worker process. */
export interface Task {
  readonly cell: Cell;
  readonly placementsFile?: string;
  /** Whether it may price in a second thread; no by default. */
  readonly pricesBeside?: boolean;
}

/** What comes back from a worker: errors do not survive the way between processes as objects of their class. */
export type TaskOutcome =
  /** `doubts` say what is wrong with the recording that was replayed. */
  | { readonly kind: 'measured'; readonly replay: MeasuredReplay; readonly doubts: string }
  | { readonly kind: 'usage' | 'input'; readonly details: ProblemDetails }
  | { readonly kind: 'differed'; readonly problem: string }
  | { readonly kind: 'internal'; readonly problem: string; readonly stack: string };

/** An outcome and the processor time that it took, which a busy host does not change. */
export interface Timed<Outcome> {
  readonly outcome: Outcome;
  readonly milliseconds: number;
}

/**
 * Runs a task, which says how far it is. Rejects with `UsageError` and `InputError` as its cell does. Only an engine
 * that is none of ours may ask for chance or the time.
 */
export async function runTask(
  task: Task,
  registries: Registries,
  progress: (events: number) => void,
): Promise<MeasuredReplay> {
  const { cell, pricesBeside = false } = task;
  const again = isScript(cell.engine, cell.options, registries);
  const how = { progress, pricesBeside, again };
  return again ? tellingChance(() => runCellOf(task, registries, how)) : runCellOf(task, registries, how);
}

async function runCellOf(task: Task, registries: Registries, how: CellHooks): Promise<MeasuredReplay> {
  const { cell } = task;
  if (task.placementsFile === undefined) {
    return runCell(cell, registries, how);
  }
  const file = task.placementsFile;
  const descriptor = written(file, () => openSync(file, 'r+'));
  try {
    const placements = (chunk: Uint8Array): void => {
      for (let bytes = 0; bytes < chunk.length;) {
        bytes += written(file, () => writeSync(descriptor, chunk, bytes));
      }
    };
    const replay = await runCell(cell, registries, { ...how, placements });
    written(file, () => fsyncSync(descriptor));
    return replay;
  } finally {
    closeSync(descriptor);
  }
}

/** What the operating system refuses of a placements file is no fault of the engine. */
function written<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const where = `--placements ${dirname(file)}`;
    throw new InputError({ where, problem: reasonOf(error), expected: 'room for the placements' });
  }
}

/** What is wrong with the recording that a task has replayed, which the registries still hold; nothing as a rule. */
export async function doubtsOf({ cell }: Task, registries: OpenedRegistries): Promise<string> {
  return doubtsText(await registries.openTrace(cell.trace));
}

/** The task's outcome as plain data. */
export async function taskOutcome(
  task: Task,
  registries: OpenedRegistries,
  progress: (events: number) => void,
): Promise<TaskOutcome> {
  try {
    const replay = await runTask(task, registries, progress);
    return { kind: 'measured', replay, doubts: await doubtsOf(task, registries) };
  } catch (error) {
    if (error instanceof UsageError || error instanceof InputError) {
      const { where, problem, expected } = error;
      const details = {
        problem,
        ...(where !== undefined && { where }),
        ...(expected !== undefined && { expected }),
      };
      return { kind: error instanceof UsageError ? 'usage' : 'input', details };
    }
    if (error instanceof NotDeterministic) {
      return { kind: 'differed', problem: error.message };
    }
    const [problem = ''] = String(error).split('\n');
    return { kind: 'internal', problem, stack: error instanceof Error ? (error.stack ?? problem) : problem };
  }
}

/** The measured replay of an outcome; throws the error that it describes. */
export function replayOf(outcome: TaskOutcome): MeasuredReplay {
  switch (outcome.kind) {
    case 'measured':
      return outcome.replay;
    case 'usage':
      throw new UsageError(outcome.details);
    case 'input':
      throw new InputError(outcome.details);
    case 'differed':
      throw new NotDeterministic(outcome.problem);
    case 'internal':
      throw new Error(`in a worker process: ${outcome.stack}`);
  }
}
