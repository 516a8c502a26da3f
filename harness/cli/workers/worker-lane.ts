import type { Cell } from '../../results/cell';
import type { CellReport, Lane } from '../../suite/run-cells';
import { portableName } from '../names/load-engine';
import { replayOf, type Task, type TaskOutcome } from './task';
import { WorkerProcess } from './worker-process';

/**
 * One worker process that runs one task after the other. It starts with its first task; when it dies in the middle of
 * one, or does not come to its end, that is the task's outcome, and the next task gets a new process.
 */
export class WorkerLane implements Lane {
  private process: WorkerProcess | undefined;
  /** Processor time of each cell that ended. */
  readonly milliseconds = new Map<Cell, number>();
  /** What is wrong with the recordings that were replayed. */
  readonly doubts = new Set<string>();

  /** @param replaySecondsMax a replay that takes longer has not come to an end */
  constructor(
    private readonly replaySecondsMax: number,
    private readonly readsStdin = false,
    /** Told of the cell that is under way how many events it has replayed. */
    private readonly reached: (cell: Cell, events: number) => void = () => undefined,
  ) {}

  run(cell: Cell): Promise<CellReport> {
    return this.runTask({ cell });
  }

  /** Rejects with the `UsageError` or `InputError` of a task that cannot be run as described. */
  async runTask(task: Task): Promise<CellReport> {
    const { replaySecondsMax } = this;
    if (this.process === undefined || this.process.hasEnded) {
      this.process = new WorkerProcess(this.readsStdin);
    }
    const end = await this.process.run<TaskOutcome>(portable(task), replaySecondsMax, (events) =>
      this.reached(task.cell, events),
    );
    if ('kind' in end) {
      const problem =
        end.kind === 'died'
          ? 'its worker process died'
          : `it did not end within ${replaySecondsMax} s (--replay-timeout)`;
      return { kind: 'crashed', problem };
    }
    this.milliseconds.set(task.cell, end.milliseconds);
    const { outcome } = end;
    switch (outcome.kind) {
      case 'measured':
        this.doubts.add(outcome.doubts);
        return { kind: 'measured', replay: outcome.replay };
      case 'usage':
      case 'input':
        return { kind: 'measured', replay: replayOf(outcome) };
      case 'differed':
        return outcome;
      case 'internal':
        return { kind: 'crashed', problem: outcome.problem };
    }
  }

  /** Ends the process, whatever it is doing. */
  close(): void {
    this.process?.end();
  }
}

/** The task with engines in C named by their built modules: a worker has no environment to build them in. */
function portable(task: Task): Task {
  const { cell } = task;
  const options = Object.entries(cell.options).map(([name, value]) => [name, portableEngine(value)] as const);
  return {
    ...task,
    cell: { ...cell, engine: portableName(cell.engine), options: Object.fromEntries(options) },
  };
}

/** Of the options' values those that are paths name engines. */
const portableEngine = (value: string): string => (/[\\/]/.test(value) ? portableName(value) : value);
