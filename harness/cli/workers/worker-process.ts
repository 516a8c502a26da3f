import { fork, type ChildProcess } from 'node:child_process';
import { extname, join } from 'node:path';
import { onEnding } from '../../../traces/output/ending';
import { PACKAGE_ROOT } from '../tool-version';
import type { Task, Timed } from './task';
import type { TrialTask } from './trial-task';

/** How a task ended whose process did not live to say so. */
export interface Death {
  readonly kind: 'died' | 'overdue';
}

/**
 * A process of our own that runs one task at a time: whatever an engine does in it, ending it included, happens to
 * that process alone. It ends with this one, however this one ends.
 */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly forgetEnding: () => void;
  private isGone = false;

  /** @param readsStdin whether our standard input is the worker's: only one may read it */
  constructor(readsStdin: boolean) {
    const fromSources = extname(__filename) === '.ts';
    this.child = fork(join(__dirname, 'worker-entry.cjs'), [String(process.pid)], {
      serialization: 'advanced',
      // What an engine prints is for its author to see, and no part of what we print.
      stdio: [readsStdin ? 'inherit' : 'ignore', process.stderr.fd, process.stderr.fd, 'ipc'],
      execArgv: fromSources ? ['-r', join(PACKAGE_ROOT, '.ci/register.cjs')] : [],
      // Of the language and the time zone even names of months would depend.
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
    this.forgetEnding = onEnding(() => this.child.kill('SIGKILL'));
    this.child.on('error', () => undefined);
    this.child.on('exit', () => this.leave());
  }

  /**
   * What the task came to, having told how many events it had replayed meanwhile. A process that takes longer than the
   * limit is ended.
   */
  run<Outcome>(
    task: Task | TrialTask,
    secondsMax: number,
    reached: (events: number) => void = () => undefined,
  ): Promise<Timed<Outcome> | Death> {
    const { child } = this;
    return new Promise((resolve) => {
      const settle = (end: Timed<Outcome> | Death) => {
        clearTimeout(timer);
        child.off('message', hear);
        child.off('exit', die);
        resolve(end);
      };
      const hear = (message: Timed<Outcome> | { readonly events: number }) => {
        if ('events' in message) {
          reached(message.events);
        } else {
          settle(message);
        }
      };
      const die = () => settle({ kind: 'died' });
      const timer = setTimeout(() => {
        this.end();
        settle({ kind: 'overdue' });
      }, secondsMax * 1000);
      if (this.isGone) {
        die();
        return;
      }
      child.on('message', hear);
      child.on('exit', die);
      // A process that died meanwhile is told by its exit.
      child.send({ task }, () => undefined);
    });
  }

  /** Ends the process, whatever it is doing. */
  end(): void {
    this.child.kill('SIGKILL');
    this.leave();
  }

  get hasEnded(): boolean {
    return this.isGone;
  }

  private leave(): void {
    this.isGone = true;
    this.forgetEnding();
  }
}
