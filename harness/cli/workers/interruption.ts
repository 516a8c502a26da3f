import { EXIT, type ExitCode } from '../exit-codes';
import { tell } from '../output/terminal';

/** So long cells under way may take to end. */
const GRACE_MILLISECONDS = 1000;

/**
 * Ctrl-C and the signal of a time limit, heard as a wish to stop: what is under way has a moment to end, and is stopped
 * then. A second signal is obeyed at once. What is heard elsewhere stays as it is after `end`.
 */
export class Interruption {
  private timer: NodeJS.Timeout | undefined;
  private heard: NodeJS.Signals | undefined;
  private readonly hear = (signal: NodeJS.Signals): void => {
    if (this.timer !== undefined) {
      this.end();
      process.kill(process.pid, signal);
      return;
    }
    this.heard = signal;
    this.timer = setTimeout(this.stop, GRACE_MILLISECONDS);
    tell('stopping; once more to stop at once\n');
  };

  /** @param stop stops what is under way */
  constructor(private readonly stop: () => void) {
    for (const signal of SIGNALS) {
      process.on(signal, this.hear);
    }
  }

  get isWanted(): boolean {
    return this.timer !== undefined;
  }

  /** What the process says that it ended with: Ctrl-C is no failure of what was run. */
  get exitCode(): ExitCode {
    return this.heard === 'SIGINT' ? EXIT.interrupted : EXIT.failed;
  }

  end(): void {
    clearTimeout(this.timer);
    for (const signal of SIGNALS) {
      process.off(signal, this.hear);
    }
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
