import { SingleBar } from 'cli-progress';
import { EXIT } from '../exit-codes';

/**
 * A progress bar on stderr where that is a terminal, and nothing otherwise: logs and files stay clean. It hides the
 * cursor and stops the wrapping of lines, which Ctrl-C must not leave so.
 */
export class Progress {
  private readonly bar: SingleBar | undefined;

  constructor(title: string, total: number) {
    if (!process.stderr.isTTY || total <= 0) {
      return;
    }
    this.bar = new SingleBar({
      format: `${title} {bar} {percentage}% | {value}/{total} | {task}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
    });
    process.on('SIGINT', this.interrupted);
    this.bar.start(total, 0, { task: '' });
  }

  /** Whoever else listens has something to end in order, and stops the bar by itself. */
  private readonly interrupted = (): void => {
    if (process.listenerCount('SIGINT') === 1) {
      this.stop();
      process.exit(EXIT.interrupted);
    }
  };

  /** What is being worked on now. */
  task(text: string): void {
    this.bar?.update({ task: text });
  }

  done(units: number): void {
    this.bar?.increment(units);
  }

  stop(): void {
    process.off('SIGINT', this.interrupted);
    this.bar?.stop();
  }
}
